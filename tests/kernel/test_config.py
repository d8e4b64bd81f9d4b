"""Settings: environment before file before default, and a typing error is seen."""

from dataclasses import fields
from pathlib import Path

import pytest

from jiangyuan.kernel.config import Settings, connection_fields, database_options, load
from jiangyuan.kernel.errors import Broken


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "jiangyuan.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_environment_outweighs_the_file_and_the_file_the_default(tmp_path: Path) -> None:
    file = written(tmp_path, 'node_code = "xining"\nweb_port = 9000\n')
    found = load({"JIANGYUAN_WEB_PORT": "9100"}, file)
    assert (found.node_code, found.web_port, found.gateway_port) == ("xining", 9100, 8610)


def test_the_file_is_named_by_the_environment(tmp_path: Path) -> None:
    file = written(tmp_path, 'node_code = "haidong"\n')
    assert load({"JIANGYUAN_CONFIG": str(file)}).node_code == "haidong"


def test_an_unknown_name_in_the_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Broken) as caught:
        load({}, written(tmp_path, "web_prot = 9000\n"))
    assert caught.value.where == "web_prot"


def test_a_value_of_the_wrong_kind_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Broken) as caught:
        load({"JIANGYUAN_WEB_PORT": "many"}, tmp_path / "none.toml")
    assert caught.value.where == "web_port"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("yes", True), ("ON", True), ("0", False), ("", False)])
def test_switches(text: str, value: bool, tmp_path: Path) -> None:
    assert load({"JIANGYUAN_DEBUG": text}, tmp_path / "none.toml").debug is value


def test_lists_are_written_with_commas_or_as_lists(tmp_path: Path) -> None:
    file = written(tmp_path, 'egress_allow = ["10.0.0.0/8", "db.example:5432"]\n')
    assert load({}, file).egress_allow == ("10.0.0.0/8", "db.example:5432")
    assert load({"JIANGYUAN_EGRESS_ALLOW": "10.0.0.0/8, ,db.example:5432"}).egress_allow == load({}, file).egress_allow


def test_a_path_that_is_not_given_lies_under_home(tmp_path: Path) -> None:
    found = load({"JIANGYUAN_HOME": str(tmp_path)}, tmp_path / "none.toml")
    assert found.path("file_root", "files") == tmp_path / "files"
    other = load({"JIANGYUAN_FILE_ROOT": "/srv/files"}, tmp_path / "none.toml")
    assert other.path("file_root", "files") == Path("/srv/files")


def test_every_setting_says_what_it_is() -> None:
    assert [entry.name for entry in fields(Settings) if not entry.metadata.get("doc")] == []


def test_a_url_is_taken_apart_with_its_escapes() -> None:
    url = "postgresql://jy_app:p%40ss@db.example:5433/jiang%20yuan?sslmode=require"
    assert connection_fields(url) == {
        "host": "db.example",
        "port": 5433,
        "database": "jiang yuan",
        "user": "jy_app",
        "password": "p@ss",
    }
    options = database_options(url)
    assert (options["USER"], options["PASSWORD"], options["NAME"]) == ("jy_app", "p@ss", "jiang yuan")
    assert options["OPTIONS"]["sslmode"] == "require"


def test_a_url_of_another_kind_of_database_is_refused() -> None:
    with pytest.raises(Broken):
        database_options("mysql://localhost/jiangyuan")
