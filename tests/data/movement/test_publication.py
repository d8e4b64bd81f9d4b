"""A reading role that may not publish listens to what the department itself publishes, or is told what to ask for."""

from dataclasses import replace

import psycopg
import pytest

from jiangyuan.data.movement.removal import release_source
from jiangyuan.data.movement.slots import open_publications, publish_table
from jiangyuan.data.movement.state import MovementRefused, Phase
from jiangyuan.data.movement.verify import verify_copy
from jiangyuan.data.plan import Column

from .road import spec_of

PEOPLE = [Column("id", "integer"), Column("name", "text")]
MADE = "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people VALUES (1, 'a')"


@pytest.fixture
def reader(road, cluster):
    """Narrow the road's source to a role that may read and replicate, and nothing else."""
    role, password = f"reader_{road.source.rsplit('/', 1)[1]}", "river-reader-7"
    database = road.source.rsplit("/", 1)[1].split("?")[0]
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN REPLICATION PASSWORD '{password}'")
        connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
        connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {role}")
    road.run(MADE, f"GRANT USAGE ON SCHEMA public TO {role}", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    spec = replace(spec_of(road.source), user=role, password=password)
    yield spec
    for runner in road.runners:
        runner.stop(timeout=20)
    road.run(f"DROP OWNED BY {role}")
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"REVOKE ALL ON DATABASE {database} FROM {role}")
        connection.execute(f"DROP ROLE {role}")


def _subscription(road, spec):
    made = road.subscription("people", columns=PEOPLE)
    return replace(made, source=replace(made.source, connection=spec))


def _runner(road, spec, *subscriptions):
    made = road.runner(*subscriptions, start=False)
    made._spec = spec
    made.start()
    return made


def _session(spec):
    return psycopg.connect(
        host=spec.host, port=spec.port, dbname=spec.database, user=spec.user, password=spec.password, autocommit=True
    )


def test_the_departments_own_publication_is_used(road, reader, until):
    road.run("CREATE PUBLICATION jiangyuan FOR ALL TABLES")
    runner = _runner(road, reader, _subscription(road, reader))
    until(lambda: road.rows("SELECT name FROM delivered.people") == [("a",)], tell=runner.status)
    until(lambda: [d.phase for d in runner.status().deliveries] == [Phase.STREAMING], tell=runner.status)
    road.run("INSERT INTO people VALUES (2, 'b')", "UPDATE people SET name = 'A' WHERE id = 1")
    until(lambda: road.rows("SELECT name FROM delivered.people ORDER BY id") == [("A",), ("b",)], tell=runner.status)
    assert road.rows("SELECT pubname FROM pg_publication", at="source") == [("jiangyuan",)]


def test_without_a_publication_the_refusal_says_what_to_run(road, reader, until):
    runner = _runner(road, reader, _subscription(road, reader))
    until(lambda: runner.status().refused, tell=runner.status)
    error = runner.status().error
    assert error["code"] == "movement.unpublished" and "FOR ALL TABLES" in error["mend"]
    road.run("CREATE PUBLICATION jiangyuan FOR ALL TABLES")
    until(lambda: road.rows("SELECT name FROM delivered.people") == [("a",)], tell=runner.status)
    until(lambda: not runner.status().refused, tell=runner.status)


@pytest.mark.parametrize(
    "publication",
    [
        "FOR TABLE people WHERE (id > 1)",
        "FOR TABLE people (id)",
        "FOR TABLE people WITH (publish = 'insert, update')",
        "FOR TABLE elsewhere",
    ],
)
def test_a_publication_that_does_not_hold_the_whole_table_is_not_used(road, reader, publication):
    road.run("CREATE TABLE elsewhere (id int PRIMARY KEY)", f"CREATE PUBLICATION partly {publication}")
    with _session(reader) as connection, pytest.raises(MovementRefused) as refusal:
        publish_table(connection, "ours", ("public", "people"))
    assert refusal.value.code == "movement.unpublished"


def test_a_role_that_may_publish_some_tables_listens_to_both(road, reader, cluster):
    database = reader.database
    road.run(
        "CREATE TABLE mine (id int PRIMARY KEY)",
        f"ALTER TABLE mine OWNER TO {reader.user}",
        "CREATE PUBLICATION jiangyuan FOR TABLE people",
        f"GRANT CREATE ON DATABASE {database} TO {reader.user}",
    )
    with _session(reader) as connection:
        assert open_publications(connection, "ours") == ("ours", "jiangyuan")
        assert publish_table(connection, "ours", ("public", "mine"))
        assert not publish_table(connection, "ours", ("public", "mine"))
        assert not publish_table(connection, "ours", ("public", "people"))


def test_release_drops_slot_and_own_publication_only(road, reader, until):
    road.run("CREATE PUBLICATION jiangyuan FOR ALL TABLES")
    runner = _runner(road, reader, _subscription(road, reader))
    until(lambda: road.rows("SELECT name FROM delivered.people") == [("a",)], tell=runner.status)
    assert runner.stop(timeout=20)
    until(lambda: release_source(reader, name="test"), tell=runner.status)
    assert not release_source(reader, name="test")
    assert road.rows("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()", at="source") == [
        (0,)
    ]
    assert road.rows("SELECT pubname FROM pg_publication", at="source") == [("jiangyuan",)]


def test_a_copy_is_verified_while_it_flows_and_a_changed_one_is_found_out(road, until):
    road.run(MADE, "INSERT INTO people SELECT n, 'n' || n FROM generate_series(2, 500) n")
    made = road.subscription("people", columns=PEOPLE)
    runner = road.runner(made)
    until(lambda: [d.phase for d in runner.status().deliveries] == [Phase.STREAMING], tell=runner.status)
    road.run("UPDATE people SET name = NULL WHERE id = 7", "DELETE FROM people WHERE id = 8")
    found = verify_copy(made)
    assert found.rows == 499 and found.checksum_source == found.checksum_store
    with psycopg.connect(road.target, autocommit=True) as connection:
        connection.execute("UPDATE delivered.people SET name = 'forged' WHERE id = 9")
    found = verify_copy(made)
    assert found.checksum_source != found.checksum_store
