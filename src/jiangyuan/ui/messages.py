"""Message catalogues: from the written form (.po) to the one that is read at run time (.mo).

`python -m jiangyuan.ui.messages compile` needs nothing but Python, so that setting up needs no tool of the developers.
Gathering and checking messages is `tools/messages.py`.
"""

from __future__ import annotations

import ast
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"
_KEYWORDS = ("msgctxt", "msgid_plural", "msgid", "msgstr")


class BadCatalogue(ValueError):
    """A line of a catalogue is neither comment, keyword nor text."""


def _fields(block: list[tuple[int, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    current = ""
    for number, line in block:
        if not line.startswith('"'):
            current, _space, line = line.partition(" ")
            if not current.startswith(_KEYWORDS):
                raise BadCatalogue(f"line {number}: {current}")
            found[current] = ""
        try:
            found[current] += ast.literal_eval(line)
        except (SyntaxError, ValueError, KeyError) as exc:
            raise BadCatalogue(f"line {number}: {line}") from exc
    return found


def _blocks(text: str) -> Iterator[tuple[bool, list[tuple[int, str]]]]:
    """Give the entries: whether it is fuzzy, and its numbered lines."""
    fuzzy, block = False, list[tuple[int, str]]()
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        line = raw.strip()
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif line:
            block.append((number, line))
        else:
            if block:
                yield fuzzy, block
            fuzzy, block = False, []


def read(text: str) -> dict[str, str]:
    """Read a .po text: {key: translation}, as gettext keys them; what is fuzzy or empty is left out.

    Raises `BadCatalogue`.
    """
    catalogue: dict[str, str] = {}
    for fuzzy, block in _blocks(text):
        entry = _fields(block)
        if "msgid" not in entry:
            raise BadCatalogue(f"line {block[0][0]}: an entry without msgid")
        forms = [v for k, v in sorted(entry.items()) if k.startswith("msgstr")]
        if (fuzzy and entry["msgid"]) or not all(forms):
            continue
        key = entry["msgid"] + ("\0" + entry["msgid_plural"] if "msgid_plural" in entry else "")
        catalogue[entry["msgctxt"] + "\x04" + key if "msgctxt" in entry else key] = "\0".join(forms)
    return catalogue


def binary(catalogue: dict[str, str]) -> bytes:
    """Give the .mo form of a catalogue (GNU gettext, little-endian, without hash table)."""
    pairs = sorted((key.encode(), value.encode()) for key, value in catalogue.items())
    count, table = len(pairs), 28
    place = table + 16 * count
    originals, translations, body = b"", b"", b""
    for side in (0, 1):
        for pair in pairs:
            text = pair[side]
            row = struct.pack("<II", len(text), place + len(body))
            originals, translations = (originals + row, translations) if side == 0 else (originals, translations + row)
            body += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, table, table + 8 * count, 0, table)
    return head + originals + translations + body


def compile_catalogues(locale: Path = LOCALE) -> list[Path]:
    """Compile every catalogue under a locale folder; returns the files written. Raises `BadCatalogue`."""
    written: list[Path] = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        beside = target.with_suffix(f".{os.getpid()}")
        beside.write_bytes(binary(read(source.read_text("utf-8"))))
        beside.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    if sys.argv[1:] != ["compile"]:
        sys.exit("usage: python -m jiangyuan.ui.messages compile")
    compile_catalogues()
