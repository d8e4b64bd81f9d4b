"""Whether the static files under home are those of this program: a stamp that spares a start the gathering."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import jiangyuan
from jiangyuan.supervisor.installation import write_private

PACKAGE = Path(jiangyuan.__file__).parent


class Gathered:
    """The stamp of one home, kept in `home/static.stamp`; the files stand in `home/static`."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "static"
        self.file = home / "static.stamp"

    def holds(self) -> bool:
        """Return whether these very files were gathered here; makes the folder, by which the settings know the place."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            return self.file.read_text(encoding="utf-8") == _state()
        except OSError:
            return False

    def write(self) -> None:
        """Note that the gathering has ended well."""
        write_private(self.file, _state())


def _state() -> str:
    seen = hashlib.sha256(f"django {version('django')} whitenoise {version('whitenoise')}\n".encode())
    for file in sorted(PACKAGE.glob("**/static/**/*")):
        if file.is_file():
            seen.update(f"{file.relative_to(PACKAGE)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return seen.hexdigest() + "\n"
