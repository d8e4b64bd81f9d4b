"""Whoever runs the platform reads what every job and reader of the memory does, not its name in the log."""

from dataclasses import fields

from jiangyuan.kernel.config import Settings
from jiangyuan.kernel.events import ACCESS_HANDLERS, HANDLERS
from jiangyuan.portal.administration.meanings import MEANINGS, WORKS, work_title


def test_every_reader_of_the_memory_is_said_in_words() -> None:
    names = {name for name in (*HANDLERS, *ACCESS_HANDLERS) if not name.startswith("tests.")}
    assert len(names) > 20
    assert sorted(names - WORKS.keys()) == []


def test_every_setting_is_said_in_words() -> None:
    assert [one.name for one in fields(Settings) if one.name not in MEANINGS] == []


def test_a_name_without_words_stands_as_it_is() -> None:
    assert work_title("nobody.said") == "nobody.said"
