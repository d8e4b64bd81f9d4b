"""Makes the fonts in which documents are printed, out of the packages that hold them in slices for the web.

Noto Serif SC and, for what it lacks, Noto Serif HK (both SIL OFL 1.1) come as a hundred small variable fonts each; a
printed document embeds one. Each weight is drawn from all slices into one TrueType font. What both lack is in
Hanazono Mincho, which knows every character to Extension F: its slices are only unpacked, and `rare.json` tells which
characters are in which. All of it stays out of the repository. Run by `make setup`: python tools/fonts.py
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules" / "@fontsource-variable"
RARE = ROOT / "node_modules" / "hanamin"
TARGET = ROOT / "src" / "jiangyuan" / "ui" / "fonts"
PACKAGES = ("noto-serif-sc", "noto-serif-hk")
WEIGHTS = {"Regular": 400, "Bold": 700}
RARE_LICENCE = """Hanazono Mincho (HanaMinA, HanaMinB), created by GlyphWiki, https://fonts.jp/hanazono/

This font is free software. Unlimited permission is granted to use, copy and distribute it, with or without
modification, either commercially or noncommercially. It is provided "as is" without warranty. It may be used under the
SIL Open Font License 1.1 instead. The slices, in which it comes, are put together under the licence that follows.

"""

Glyphs = dict[int, tuple[Any, int]]


def covered(ranges: str) -> set[int]:
    """Read the code points of one slice from how CSS writes them: U+4E00-4E05, U+4E07."""
    found: set[int] = set()
    for part in ranges.split(","):
        first, _dash, last = part.strip().removeprefix("U+").partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


def slices(package: str, without: set[int]) -> list[tuple[Path, frozenset[int]]]:
    """List the slices of a package with the code points each adds to those already there."""
    folder = MODULES / package
    found: list[tuple[Path, frozenset[int]]] = []
    for name, ranges in json.loads((folder / "unicode.json").read_text("utf-8")).items():
        added = covered(ranges) - without
        file = folder / "files" / f"{package}-{name.strip('[]')}-wght-normal.woff2"
        if added and file.is_file():
            found.append((file, frozenset(added)))
    return found


def drawn(job: tuple[Path, frozenset[int]], *, weight: int) -> Glyphs:
    """Draw the glyphs of one slice at a weight: {code point: (glyph, width)}."""
    file, wanted = job
    with TTFont(file, lazy=True) as font:
        names = {code: name for code, name in (font.getBestCmap() or {}).items() if code in wanted}
        at_weight = font.getGlyphSet(location={"wght": weight})
        made: Glyphs = {}
        for code, name in names.items():
            record = DecomposingRecordingPen(at_weight)
            at_weight[name].draw(record)
            pen = TTGlyphPen(None)
            record.replay(pen)
            made[code] = (pen.glyph(), round(at_weight[name].width))
        return made


def build(style: str, glyphs: Glyphs) -> None:
    """Write one font."""
    order = [".notdef", *(f"u{code:04X}" for code in sorted(glyphs))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({code: f"u{code:04X}" for code in glyphs})
    empty = TTGlyphPen(None).glyph()
    builder.setupGlyf({".notdef": empty, **{f"u{code:04X}": glyph for code, (glyph, _width) in glyphs.items()}})
    left = {name: getattr(glyph, "xMin", 0) for name, glyph in builder.font["glyf"].glyphs.items()}
    widths = {".notdef": 1000, **{f"u{code:04X}": width for code, (_glyph, width) in glyphs.items()}}
    builder.setupHorizontalMetrics({name: (width, left[name]) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=1151, descent=-286)
    builder.setupNameTable(
        {"familyName": "Jiangyuan Print Serif", "styleName": style, "psName": f"JiangyuanPrint-{style}"}
    )
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=1151, usWinDescent=286, fsType=0)
    builder.setupPost(keepGlyphNames=False)
    builder.save(TARGET / f"print-{style.lower()}.ttf")


def runs(codes: Iterable[int]) -> list[tuple[int, int]]:
    """Write code points as runs from the first to the last."""
    found: list[tuple[int, int]] = []
    for code in sorted(codes):
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found


def rare(known: set[int]) -> None:
    """Unpack the slices that hold what the printing faces lack, and list which characters are in which."""
    for old in TARGET.glob("rare-*.ttf"):
        old.unlink()
    subprocess.run(["node", str(ROOT / "tools" / "slices.mjs"), str(TARGET)], check=True)
    listed: dict[str, list[tuple[int, int]]] = {}
    have = set(known)
    for file in sorted(TARGET.glob("rare-*.ttf")):
        with TTFont(file, lazy=True) as font:
            added = set(font.getBestCmap() or {}) - have
        if added:
            listed[file.stem] = runs(added)
            have |= added
        else:
            file.unlink()
    (TARGET / "rare.json").write_text(json.dumps(listed), "utf-8")
    (TARGET / "LICENSE-hanamin.txt").write_text(RARE_LICENCE + (RARE / "LICENSE").read_text("utf-8"), "utf-8")


def main() -> None:
    """Make every weight anew."""
    TARGET.mkdir(parents=True, exist_ok=True)
    jobs: list[tuple[Path, frozenset[int]]] = []
    known: set[int] = set()
    for package in PACKAGES:
        found = slices(package, known)
        jobs += found
        known = known.union(*(added for _file, added in found))
        shutil.copyfile(MODULES / package / "LICENSE", TARGET / f"LICENSE-{package}.txt")
    drawable: set[int] = set()
    with ProcessPoolExecutor() as pool:
        for style, weight in WEIGHTS.items():
            glyphs: Glyphs = {}
            for made in pool.map(partial(drawn, weight=weight), jobs):
                for code, one in made.items():
                    glyphs.setdefault(code, one)
            build(style, glyphs)
            drawable = set(glyphs)
    rare(drawable)


if __name__ == "__main__":
    main()
