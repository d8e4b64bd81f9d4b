"""The message catalogues: gather what people read, keep the English complete, compile.

    python tools/messages.py update     gather messages into the English catalogue, keeping its translations
    python tools/messages.py check      fail on what is missing, fuzzy, outdated or not marked for translation
    python tools/messages.py compile    make the files that are read at run time (needs nothing but Python)

Chinese is the language of the source, and every text of it must be marked; `# i18n: why` on a line says that its Chinese is not for translation.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "jiangyuan"
CATALOGUE = SOURCE / "locale" / "en" / "LC_MESSAGES" / "django.po"
CALLS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "gettext_noop": 0, "ngettext": 1, "ngettext_lazy": 1,
         "pgettext": 2, "pgettext_lazy": 2, "npgettext": 3, "npgettext_lazy": 3}  # fmt: skip
"""Functions that mark a message: +1 has a plural, +2 a context."""
NOT_SHOWN = {
    "demo": "a story's content, told in Chinese",
    "supervisor": "speaks before the catalogues can be read",
    "kernel/config.py": "speaks before the catalogues can be read",
    "kernel/identifiers.py": "names of standards, patterns of number plates",
    "catalog/entries/classes.py": "names of the national classes",
    "catalog/entries/proposals.py": "how tables are named in data",
    "catalog/interchange/rules.py": "how lists are parted in cells",
    "catalog/interchange/spelling.py": "how values are spelt in files",
    "catalog/interchange/workbook.py": "the sheet's own headings, which people fill in",
    "cli/guide.py": "how lines break",
    "organization/divisions.py": "names of divisions",
    "catalog/grading/rules.py": "how columns are named in data",
    "standards/actions.py": "names of standards",
    "standards/conformity/documents.py": "documents of record, valid in Chinese",
    "standards/elements.py": "names of data elements and codes",
    "standards/rules.py": "how names in data are read",
    "data/connectors/folder": "how cells of files are read",
    "data/disclosure.py": "how columns are named in data",
    "data/profile.py": "shapes of values",
    "data/sql/allow.py": "a list of functions inside a text that is marked",
    "exchange/sharing/agreement.py": "a legal text, valid in Chinese",
    "exchange/sharing/documents.py": "documents of record, valid in Chinese",
    "ui/printing.py": "how documents of record are numbered",
}
"""Folders and modules whose Chinese is not the portal's words, and what it is."""
CHINESE = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff01-\uff5e]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%%")
IN_TEMPLATE = re.compile(r"\b(n?p?gettext|_)\(((?:u?(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')\s*,?\s*)+)", re.DOTALL)
LITERAL = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
MARKING_TAG = re.compile(r"^(?:translate|trans|blocktranslate|blocktrans)\b")

Key = tuple[str, str, str]  # context, message, plural


@dataclass
class Gathered:
    """What the source holds: messages with the files they stand in, and faults found on the way."""

    messages: dict[Key, set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, kind: int, texts: list[str], file: str) -> None:
        """Take in one marked message."""
        context = texts.pop(0) if kind & 2 else ""
        plural = texts[1] if kind & 1 and len(texts) > 1 else ""
        self.messages.setdefault((context, texts[0], plural), set()).add(file)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _unmarked(tree: ast.Module, marked: set[int], lines: list[str]) -> Iterator[int]:
    """Give the lines with Chinese text that is neither marked, nor a docstring, nor excused."""
    documents = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or not CHINESE.search(node.value):
            continue
        last = node.end_lineno or node.lineno
        if id(node) not in marked | documents and not any(
            "# i18n:" in lines[n - 1] for n in range(node.lineno, last + 1)
        ):
            yield node.lineno


def _python(file: Path, name: str, gathered: Gathered) -> None:
    text = file.read_text("utf-8")
    tree, marked = ast.parse(text), set[int]()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node) not in CALLS:
            continue
        kind = CALLS[_name(node)]
        wanted = node.args[: 1 + (kind & 1) + (kind >> 1)]
        strings = [a for a in wanted if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        marked |= {id(s) for s in strings}
        if strings and len(strings) == len(wanted):
            gathered.add(kind, [str(s.value) for s in strings], name)
        elif _name(node) != "_" or (wanted and isinstance(wanted[0], ast.JoinedStr)):
            gathered.faults.append(
                f"{name}:{node.lineno}: a message must be a plain text, with %(name)s for what varies"
            )
    if not any(file.is_relative_to(SOURCE / place) for place in NOT_SHOWN):
        for line in _unmarked(tree, marked, text.splitlines()):
            gathered.faults.append(f'{name}:{line}: Chinese text that is not marked: write _("…"), or # i18n: why not')


def _template(file: Path, name: str, gathered: Gathered) -> None:
    from django.template.base import Lexer, TokenType
    from django.utils.translation.template import templatize

    text = file.read_text("utf-8")
    for match in IN_TEMPLATE.finditer(templatize(text, origin=name)):
        texts = [str(ast.literal_eval(literal)) for literal in LITERAL.findall(match[2])]
        gathered.add(CALLS[match[1]], texts, name)
    inside = False
    for token in Lexer(text).tokenize():
        tag = token.contents.split(None, 1)[0] if token.token_type == TokenType.BLOCK and token.contents else ""
        if tag in ("endblocktranslate", "endblocktrans"):
            inside = False
        elif tag in ("blocktranslate", "blocktrans"):
            inside = True
        plain = re.sub(r"_\((\"[^\"]*\"|'[^']*')\)", "", token.contents)
        marked = inside or token.token_type == TokenType.COMMENT or MARKING_TAG.match(token.contents)
        if not marked and CHINESE.search(plain):
            gathered.faults.append(
                f"{name}:{token.lineno}: Chinese text outside {{% translate %}}: {plain.strip()[:40]}"
            )


def gather() -> Gathered:
    """Gather every message of the source."""
    gathered = Gathered()
    for file in sorted(SOURCE.rglob("*")):
        name = file.relative_to(ROOT).as_posix()
        if file.suffix == ".py" and "migrations" not in file.parts:
            _python(file, name, gathered)
        elif file.suffix in (".html", ".txt") and "templates" in file.parts:
            _template(file, name, gathered)
    return gathered


def _key(entry: Any) -> Key:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def _merged(gathered: Gathered) -> Any:
    """Make the catalogue that belongs to the source, with the translations there are."""
    import polib

    known = {_key(e): e for e in polib.pofile(str(CATALOGUE), wrapwidth=0)} if CATALOGUE.is_file() else {}
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.metadata = {
        "Project-Id-Version": "jiangyuan",
        "Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for key in sorted(gathered.messages, key=lambda k: (min(gathered.messages[k]), k)):
        context, message, plural = key
        entry = polib.POEntry(msgid=message, occurrences=[(file, "") for file in sorted(gathered.messages[key])])
        entry.msgctxt = context or None
        old = known.get(key)
        if plural:
            entry.msgid_plural = plural
            entry.msgstr_plural = old.msgstr_plural if old else {0: "", 1: ""}
        elif old:
            entry.msgstr = old.msgstr
        if old:
            entry.flags, entry.tcomment = list(old.flags), old.tcomment
        catalogue.append(entry)
    return catalogue


def _entry_faults(entry: Any) -> Iterator[str]:
    forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if not all(forms):
        yield "no translation"
        return
    if entry.fuzzy:
        yield "fuzzy"
    names = set(PLACEHOLDER.findall(entry.msgid))
    for form in forms:
        if set(PLACEHOLDER.findall(form)) != names:
            yield "the placeholders differ"
        if CHINESE.search(form):
            yield "Chinese in the translation"


def check() -> list[str]:
    """Give everything that is wrong with the source and its catalogue."""
    gathered = gather()
    faults = list(gathered.faults)
    merged = _merged(gathered)
    for entry in merged:
        faults += [f"{entry.occurrences[0][0]}: {entry.msgid!r}: {fault}" for fault in _entry_faults(entry)]
    written = CATALOGUE.read_text("utf-8") if CATALOGUE.is_file() else ""
    if written != f"{merged}\n" and written != str(merged):
        faults.append(f"{CATALOGUE.relative_to(ROOT)}: not what the source holds; run `make messages`")
    return faults


def update() -> int:
    """Write the catalogue anew; returns how many messages wait for their translation."""
    gathered = gather()
    merged = _merged(gathered)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_text(str(merged), "utf-8")
    return len(merged.untranslated_entries())


def compile_catalogues() -> None:
    """Compile, by the platform's own module, which is loaded alone so that nothing else must be installed."""
    spec = importlib.util.spec_from_file_location("messages_compiler", SOURCE / "ui" / "messages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.compile_catalogues()


def main(words: list[str]) -> int:
    """Do what the command line says; returns the exit status."""
    match [word.removeprefix("--") for word in words]:
        case ["update"]:
            print(f"{update()} messages wait for their English in {CATALOGUE.relative_to(ROOT)}")
            return 0
        case ["check"]:
            faults = check()
            print("\n".join(faults[:200]) or "message catalogues are complete")
            if len(faults) > 200:
                print(f"... and {len(faults) - 200} more")
            return 1 if faults else 0
        case ["compile"]:
            compile_catalogues()
            return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
