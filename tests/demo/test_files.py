"""The county's register and the township's files are as offices make them, and still about the same people."""

import csv
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from jiangyuan.demo.files import CSV_HEADER, WrittenFiles, write_files
from jiangyuan.demo.population import Population, make_population
from jiangyuan.kernel.checksums import normalize


@pytest.fixture(scope="module")
def population() -> Population:
    return make_population(people=4000)


@pytest.fixture(scope="module")
def files(population: Population, tmp_path_factory: pytest.TempPathFactory) -> WrittenFiles:
    return write_files(tmp_path_factory.mktemp("files"), population)


def test_the_register_is_a_database_about_people_of_the_county(population: Population, files: WrittenFiles) -> None:
    connection = sqlite3.connect(files.database)
    try:
        for table in ("disabled_person", "veteran"):
            ids = [row[0] for row in connection.execute(f"SELECT citizen_id FROM {table} ORDER BY rowid")]
            assert ids == [population.persons[number].citizen_id for number in files.about[table]]
            assert ids
        schema = "".join(row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    finally:
        connection.close()
    assert "残疾人证号" in schema


def test_the_subsidy_list_is_gb18030_with_guarded_numbers(population: Population, files: WrittenFiles) -> None:
    content = files.subsidy_list.read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    header, *lines, total = csv.reader(content.decode("gb18030").splitlines())
    assert tuple(header) == CSV_HEADER and total[0] == "合计" and lines
    ids = [population.persons[number].citizen_id for number in files.about["subsidy"]]
    assert [line[3] for line in lines] == [f"\t{number}" for number in ids]
    assert any("," in line[6] for line in lines)
    amounts = [float(line[6].replace(",", "")) for line in lines]
    assert float(total[6].replace(",", "")) == pytest.approx(sum(amounts), abs=0.01)


def test_the_workbook_has_title_merged_header_and_footnote(population: Population, files: WrittenFiles) -> None:
    workbook = openpyxl.load_workbook(files.relief_roll)
    sheet = workbook["花名册"]
    rows: list[Any] = list(sheet.iter_rows(values_only=True))
    ranges = {str(one) for one in sheet.merged_cells.ranges}
    workbook.close()
    assert "花名册" in rows[0][0] and {"A1:I1", "B3:C3", "D3:F3"} <= ranges
    assert rows[-2][0].startswith("注：")
    ids = [row[4] for row in rows[4:-2]]
    assert [normalize(one) for one in ids] == [population.persons[n].citizen_id for n in files.about["relief"]]
    assert len(ids) > 5
    assert sum(one != normalize(one) for one in ids) == sum(one.kind == "fullwidth" for one in files.spoiled)


@pytest.mark.parametrize("seed", range(5))
def test_writing_again_gives_the_same_bytes(seed: int, tmp_path: Path) -> None:
    population = make_population(people=60, seed=seed)
    first = write_files(tmp_path / "a", population)
    second = write_files(tmp_path / "b", population)
    for one in ("subsidy_list", "relief_roll"):
        assert getattr(first, one).read_bytes() == getattr(second, one).read_bytes()
    again = write_files(tmp_path / "a", population)
    assert again.about == first.about


@pytest.mark.parametrize("seed", range(20))
def test_any_population_can_be_written(seed: int, tmp_path: Path) -> None:
    population = make_population(people=400, seed=seed)
    files = write_files(tmp_path, population)
    connection = sqlite3.connect(files.database)
    try:
        for issued, number in connection.execute("SELECT issued_on, citizen_id FROM disabled_person"):
            assert number[6:14] <= issued.replace("-", "") <= f"{population.as_of:%Y%m%d}"
        latest = connection.execute("SELECT max(discharged_year) FROM veteran").fetchone()[0]
        assert latest <= population.as_of.year
    finally:
        connection.close()
