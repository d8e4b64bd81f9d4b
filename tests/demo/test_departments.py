"""The departments' databases are real: owners, readers that may only read and replicate, publications, a receiving schema."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from jiangyuan.demo.departments import DepartmentDatabase, create_departments, describe, register_death, withdraw_death
from jiangyuan.demo.observation import observe
from jiangyuan.demo.population import Population, make_population
from jiangyuan.demo.schemas import DEPARTMENTS
from jiangyuan.demo.story import pick_family
from jiangyuan.supervisor.cluster import Cluster


@pytest.fixture(scope="module")
def population() -> Population:
    return make_population(people=300)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def departments(cluster: Cluster, home: Path, population: Population) -> Iterator[dict[str, DepartmentDatabase]]:
    yield create_departments(cluster, home, population)
    for spec in DEPARTMENTS:
        cluster.drop_database(spec)
    cluster.drop_database("civil_affairs_receiving")


def test_every_table_holds_what_the_department_sees(
    departments: dict[str, DepartmentDatabase], population: Population
) -> None:
    assert set(departments) == set(DEPARTMENTS)
    for table in observe(population).tables.values():
        one = departments[table.department]
        with psycopg.connect(one.dsn(one.reader)) as connection:
            rows = connection.execute(
                sql.SQL("SELECT * FROM {} ORDER BY record_id").format(sql.Identifier(table.spec.name))
            ).fetchall()
            *seen, changed = zip(*table.rows, strict=True)
            *kept, now = zip(*rows, strict=True)
            assert kept == seen
            newest = max(changed)
            assert [moment for moment in now if moment in set(changed)] == [one for one in changed if one != newest]
            assert datetime.now(UTC) - max(now) < timedelta(hours=1), "the newest rows were changed today"
            comments = connection.execute(
                "SELECT count(*) FROM pg_description WHERE objoid = %s::regclass", [table.spec.name]
            ).fetchone()
            assert comments == (len(table.spec.columns) + 1,)


def test_the_reader_reads_and_does_nothing_else(departments: dict[str, DepartmentDatabase]) -> None:
    one = departments["public_security"]
    with psycopg.connect(one.dsn(one.reader), autocommit=True) as connection:
        for order in ("DELETE FROM resident", "CREATE TABLE mine (a int)", "UPDATE resident SET name = 'x'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(order)
        flags = connection.execute(
            "SELECT rolsuper, rolreplication, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert flags == (False, True, False)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(one.dsn(one.reader, database="civil_affairs"))


def test_a_change_can_be_captured_through_the_publication(departments: dict[str, DepartmentDatabase]) -> None:
    one = departments["natural_resources"]
    with psycopg.connect(one.dsn(one.reader), autocommit=True) as connection:
        published = connection.execute("SELECT tablename FROM pg_publication_tables WHERE pubname = 'jiangyuan'")
        assert [row[0] for row in published] == ["real_estate_right"]
        connection.execute("SELECT pg_create_logical_replication_slot('demo_test', 'pgoutput')")
        try:
            with psycopg.connect(one.dsn(one.owner), autocommit=True) as owner:
                # the test's server writes lazily, and decoding reads what is written
                owner.execute("SET synchronous_commit = on")
                owner.execute("UPDATE real_estate_right SET mortgaged = NOT mortgaged WHERE record_id = 1")
            changes = connection.execute(
                "SELECT count(*) FROM pg_logical_slot_get_binary_changes("
                "'demo_test', NULL, NULL, 'proto_version', '1', 'publication_names', 'jiangyuan')"
            ).fetchone()
            assert changes is not None and changes[0] >= 3
        finally:
            connection.execute("SELECT pg_drop_replication_slot('demo_test')")


def test_civil_affairs_receives_tables_in_its_own_place(departments: dict[str, DepartmentDatabase]) -> None:
    one = departments["civil_affairs"]
    assert one.receiving is not None
    place = one.receiving
    assert place.schema == "delivered"
    with psycopg.connect(one.dsn(place.writer, database=place.database), autocommit=True) as connection:
        connection.execute("CREATE TABLE delivered.delivered_row (a int PRIMARY KEY)")
        connection.execute("INSERT INTO delivered.delivered_row VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.elsewhere (a int)")
    with psycopg.connect(one.dsn(one.owner, database=place.database)) as connection:
        assert connection.execute("SELECT a FROM delivered.delivered_row").fetchall() == [(1,)]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(one.dsn(place.writer))


def test_a_death_is_registered_once_and_can_be_taken_back(
    departments: dict[str, DepartmentDatabase], population: Population
) -> None:
    one = departments["public_security"]
    elder = pick_family(population).elder.citizen_id
    known = sum(person.died is not None for person in population.persons)

    def state() -> tuple[str, int]:
        with psycopg.connect(one.dsn(one.reader)) as connection:
            status = connection.execute("SELECT life_status FROM resident WHERE citizen_id = %s", [elder]).fetchone()
            count = connection.execute("SELECT count(*) FROM death_registration").fetchone()
            assert status is not None and count is not None
            return status[0], count[0]

    assert state() == ("正常", known)
    for _time in range(2):
        assert register_death(one, population)["citizen_id"] == elder
        assert state() == ("死亡注销", known + 1)
    assert withdraw_death(one, population) and not withdraw_death(one, population)
    assert state() == ("正常", known)


def test_running_it_again_keeps_passwords_and_what_the_story_changed(
    departments: dict[str, DepartmentDatabase], cluster: Cluster, home: Path, population: Population
) -> None:
    one = departments["public_security"]
    with psycopg.connect(one.dsn(one.owner), autocommit=True) as connection:
        connection.execute("UPDATE resident SET phone = '13900000000' WHERE record_id = 1")
    assert create_departments(cluster, home, population) == departments
    with psycopg.connect(one.dsn(one.reader)) as connection:
        assert connection.execute("SELECT phone FROM resident WHERE record_id = 1").fetchone() == ("13900000000",)


def test_another_population_replaces_the_rows(
    departments: dict[str, DepartmentDatabase], cluster: Cluster, home: Path, population: Population
) -> None:
    create_departments(cluster, home, make_population(people=60))
    one = departments["public_security"]
    with psycopg.connect(one.dsn(one.reader)) as connection:
        assert connection.execute("SELECT count(*) FROM resident").fetchone() == (60,)
    create_departments(cluster, home, population)
    with psycopg.connect(one.dsn(one.reader)) as connection:
        assert connection.execute("SELECT count(*) FROM resident").fetchone() == (300,)


def test_passwords_stay_out_of_listings(departments: dict[str, DepartmentDatabase], home: Path) -> None:
    for one in departments.values():
        assert one.reader.password not in repr(one) and one.reader.password not in str(describe(one))
    assert (home / "department-passwords.json").stat().st_mode & 0o077 == 0
