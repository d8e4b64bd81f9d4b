"""The message catalogues: Chinese is written in the source, English stands in one catalogue beside it.

`python tools/messages.py update` brings the catalogue up to the source, `check` fails for anything not translated or
translated with other placeholders, `compile` makes what Django loads. No gettext programs are needed.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "jiangyuan"
CATALOGUE = SOURCE / "locale" / "en" / "LC_MESSAGES" / "django.po"
# how many leading arguments are message, plural and context: (context, singular, plural) positions
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\w*\}")
TEMPLATE_CALL = re.compile(r"\b(_|n?p?gettext)\(")
LITERAL = re.compile(r"""\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*(,|\))""", re.DOTALL)

Message = tuple[str, str, str | None]  # context or nothing, singular, plural


def in_python(text: str) -> Iterator[tuple[int, Message]]:
    """Yield the line and message of each call of gettext and its kin in a module."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in CALLS:
            continue
        words: list[object] = [each.value if isinstance(each, ast.Constant) else None for each in node.args]
        message = _message(name, words)
        if message:
            yield node.lineno, message


def in_template(text: str) -> Iterator[tuple[int, Message]]:
    """Yield the line and message of each translated piece of a Django template."""
    plain = templatize(text)
    for call in TEMPLATE_CALL.finditer(plain):
        words: list[object] = []
        place = call.end()
        while literal := LITERAL.match(plain, place):
            words.append(ast.literal_eval(literal.group(1).replace("\n", "\\n")))
            place = literal.end()
            if literal.group(2) == ")":
                break
        message = _message(call.group(1), words)
        if message:
            yield plain.count("\n", 0, call.start()) + 1, message


def _message(name: str, words: list[object]) -> Message | None:
    context, singular, plural = [words[i] if i is not None and i < len(words) else None for i in CALLS[name]]
    if not isinstance(singular, str) or not singular:
        return None
    return (context if isinstance(context, str) else "", singular, plural if isinstance(plural, str) else None)


def messages() -> dict[Message, list[tuple[str, str]]]:
    """Return every message of the source, with the places where it stands."""
    found: dict[Message, list[tuple[str, str]]] = {}
    for file in sorted(SOURCE.rglob("*")):
        if file.suffix == ".py" and "migrations" not in file.parts:
            pieces = in_python(file.read_text(encoding="utf-8"))
        elif file.suffix in (".html", ".txt") and "templates" in file.parts:
            pieces = in_template(file.read_text(encoding="utf-8"))
        else:
            continue
        for _line, message in pieces:
            # without line numbers, so that the catalogue changes only when a message does
            found.setdefault(message, []).append((file.relative_to(ROOT).as_posix(), ""))
    return found


def update() -> int:
    """Add what is new, drop what is gone, keep what is translated."""
    old = {(each.msgctxt or "", each.msgid): each for each in _read()}
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.metadata = {
        "Project-Id-Version": "jiangyuan",
        "Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for (context, singular, plural), places in sorted(messages().items(), key=lambda item: (item[1], item[0][1])):
        kept = old.get((context, singular))
        entry = polib.POEntry(msgctxt=context or None, msgid=singular, occurrences=sorted(set(places)))
        if plural:
            entry.msgid_plural = plural
            entry.msgstr_plural = dict(kept.msgstr_plural) if kept and kept.msgstr_plural else {0: "", 1: ""}
        else:
            entry.msgstr = kept.msgstr if kept else ""
        if PLACEHOLDER.search(singular):
            entry.flags.append("python-format")
        catalogue.append(entry)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))
    print(f"{len(catalogue)} messages, {len(catalogue.untranslated_entries())} to translate")
    return 0


def check() -> int:
    """Name every message without a translation, and every translation that lost a placeholder."""
    entries = {(each.msgctxt or "", each.msgid): each for each in _read()}
    faults: list[str] = []
    for (context, singular, plural), places in messages().items():
        entry = entries.get((context, singular))
        texts = [] if entry is None else list(entry.msgstr_plural.values()) if plural else [entry.msgstr]
        if not texts or not all(texts):
            faults.append(f"{places[0][0]}: not translated: {singular!r}")
            continue
        wanted = sorted(set(PLACEHOLDER.findall(singular)) | set(PLACEHOLDER.findall(plural or "")))
        if sorted({each for text in texts for each in PLACEHOLDER.findall(text)}) != wanted:
            faults.append(f"{places[0][0]}: placeholders differ: {singular!r} -> {texts!r}")
    print("\n".join(sorted(faults)) or f"{len(entries)} messages, all translated")
    return 1 if faults else 0


def compile_catalogues() -> int:
    """Write the .mo file beside every .po file that is newer."""
    for source in SOURCE.rglob("LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))
    return 0


def _read() -> polib.POFile:
    return polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else polib.POFile()


if __name__ == "__main__":
    commands = {"update": update, "check": check, "compile": compile_catalogues}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]]())
