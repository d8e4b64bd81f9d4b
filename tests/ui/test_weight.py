"""What a browser fetches: light on the first visit, next to nothing after; every icon that the source names is there."""

import gzip
import re
from pathlib import Path

import pytest

import jiangyuan

SOURCE = Path(jiangyuan.__file__).parent
STATIC = SOURCE / "ui" / "static"
FIRST = 400 * 1024
NAMED = re.compile(r"""\{% icon ["']([a-z0-9-]+)["'] %\}|icon="([a-z0-9-]+)\"""")


@pytest.fixture(autouse=True)
def vendored() -> None:
    assert (STATIC / "vendor" / "LICENSES.txt").is_file(), "the vendored files come with `make setup`"


def weight(name: str) -> int:
    content = (STATIC / name).read_bytes()
    return len(content) if name.endswith(".woff2") else len(gzip.compress(content, 6, mtime=0))


def test_a_first_visit_with_charts_is_light() -> None:
    own = [f"ui/{f.name}" for f in (STATIC / "ui").iterdir() if f.suffix in (".js", ".css", ".svg")]
    vendor = [
        str(f.relative_to(STATIC)) for f in (STATIC / "vendor").rglob("*") if f.suffix in (".js", ".css", ".woff2")
    ]
    total = sum(map(weight, own + vendor))
    assert total < FIRST - 60 * 1024, f"{total} bytes, and a page takes up to 60 KB"


def test_every_icon_that_is_named_was_vendored() -> None:
    sheet = (STATIC / "vendor" / "icons" / "tabler-icons.min.css").read_text("utf-8")
    known = set(re.findall(r"\.ti-([a-z0-9-]+):", sheet))
    files = [f for f in SOURCE.rglob("*") if f.suffix in (".py", ".html") and "static" not in f.parts]
    named = {a or b for f in files for a, b in NAMED.findall(f.read_text("utf-8"))}
    assert named
    assert named - known == set(), "run: npm run vendor"
