"""The truth beside the demonstration's data, for tests: who everybody is, which row is whom, what was spoiled.

Written below the demonstration's home as JSON Lines, readable by any engine:

- `persons.jsonl`: every person with name, citizen id, household, family ties and day of death.
- `rows.jsonl`: relation (department.table, or the name of a file's table), record, column, person.
- `spoiled.jsonl`: relation, record, column, kind, truth, written.
- `story.json`: the family, the expected answers and figures, the death and the warning.
- `manifest.json`: the population's fingerprint and the number of lines in each file; written last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from jiangyuan.demo.files import WrittenFiles
from jiangyuan.demo.observation import Observation, Spoiled
from jiangyuan.demo.people import Population
from jiangyuan.demo.story import death_of_elder, expected_answers, expected_figures, expected_warning, pick_family

_BLOCK = 5_000


def write_truth(home: Path, *, seen: Observation, files: WrittenFiles | None = None) -> Path:
    """Write the truth of an observation (and of the files) to `home`/truth; return that folder."""
    folder = home / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    spoiled = [*seen.spoiled, *(files.spoiled if files else ())]
    counts = {
        "persons": _write(folder / "persons.jsonl", _persons(seen.population)),
        "rows": _write(folder / "rows.jsonl", _rows(seen, files)),
        "spoiled": _write(folder / "spoiled.jsonl", (asdict(one) for one in spoiled)),
    }
    (folder / "story.json").write_bytes(_dump(story(seen.population), option=orjson.OPT_INDENT_2))
    manifest = {"population": seen.population.fingerprint, "lines": counts}
    (folder / "manifest.json").write_bytes(_dump(manifest, option=orjson.OPT_INDENT_2))
    return folder


def read_lines(folder: Path, *, name: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of persons, rows or spoiled from a truth folder. Raises `FileNotFoundError`."""
    with (folder / f"{name}.jsonl").open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def read_story(folder: Path) -> dict[str, Any]:
    """Return the story of a truth folder; days are ISO texts, money is text. Raises `FileNotFoundError`."""
    return orjson.loads((folder / "story.json").read_bytes())


def story(population: Population) -> dict[str, object]:
    """Return the story's family and everything that must come out of it, as plain values."""
    family = pick_family(population)
    return {
        "household": family.household,
        "members": [
            {"citizen_id": one.citizen_id, "name": one.name, "relation": one.relation, "birth": one.birth}
            for one in family.members
        ],
        "application": family.application.number,
        "elder": family.elder.citizen_id,
        "answers": expected_answers(population),
        "figures": expected_figures(population),
        "death": death_of_elder(population),
        "warning": expected_warning(population),
    }


def spoiled_cells(spoiled: Iterable[Spoiled]) -> dict[tuple[str, int, str], Spoiled]:
    """Index spoiled cells by (relation, record, column)."""
    return {(one.relation, one.record, one.column): one for one in spoiled}


def _persons(population: Population) -> Iterator[dict[str, object]]:
    for one in population.persons:
        home = population.households[one.household]
        yield {
            "person": one.number, "name": one.name, "citizen_id": one.citizen_id, "ethnicity": one.ethnicity,
            "male": one.male, "birth": one.birth, "household": home.register, "township": home.town.code,
            "relation": one.relation, "father": one.father, "mother": one.mother, "spouse": one.spouse, "died": one.died,
        }  # fmt: skip


def _rows(seen: Observation, files: WrittenFiles | None) -> Iterator[dict[str, object]]:
    for table in seen.tables.values():
        columns = tuple(table.spec.persons)
        for row, about in zip(table.rows, table.about, strict=True):
            for column, person in zip(columns, about, strict=True):
                yield {"relation": table.relation, "record": row[0], "column": column, "person": person}
    for relation, people in (files.about if files else {}).items():
        for record, person in enumerate(people, start=1):
            yield {"relation": relation, "record": record, "column": "", "person": person}


def _write(place: Path, lines: Iterable[dict[str, object]]) -> int:
    count = 0
    block: list[bytes] = []
    with place.open("wb") as file:
        for line in lines:
            block.append(_dump(line, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
            if len(block) >= _BLOCK:
                file.writelines(block)
                block.clear()
        file.writelines(block)
    return count


def _dump(value: object, *, option: int = 0) -> bytes:
    return orjson.dumps(value, default=_plain, option=option | orjson.OPT_SORT_KEYS)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
