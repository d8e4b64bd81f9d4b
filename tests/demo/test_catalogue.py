"""An existing catalogue is taken over in few acts, each remembered with its digest; nobody but the setup may do it."""

import gzip
from itertools import islice

import pytest
from tests.exchange import factories

from jiangyuan.catalog.entries.models import Entry, EntryVersion
from jiangyuan.demo.catalogue import _entry, make_up, read
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.kernel.models import Event

HEAD = "title,department,description,open_type,update_frequency,formats\n"


def test_a_dirty_file_is_read_as_far_as_it_makes_sense(tmp_path) -> None:
    file = tmp_path / "catalogue_entries.csv.gz"
    row = '"六次 全省\n人口普查",省公安厅,"",无条件开放,每年,"[\'xls\']"\n,无名,,,,\n'
    file.write_bytes(gzip.compress((HEAD + row).encode(), mtime=0))
    for place in (file, tmp_path):
        (found,) = read(place)
        made = _entry(found)
        assert made["name"] == made["summary"] == "六次 全省 人口普查"
        assert (made["update_cycle"], made["format"], made["open_type"]) == ("yearly", "spreadsheet", "unconditional")
    assert list(read(tmp_path / "none.csv")) == [] and list(read(None)) == []


def test_what_is_made_up_does_not_repeat_itself() -> None:
    names = [row["title"] for row in islice(make_up(), 5000)]
    assert len(set(names)) == len(names)


def test_one_act_takes_over_many_and_says_so(way) -> None:
    given = [_entry(row) for row in islice(make_up(), 50)]
    fields = {"body": way.provider.body.pk, "source": "旧目录", "entries": given}
    with pytest.raises(Forbidden):
        act("catalog.entry.take_over", actor=way.provider.business_office, **fields)
    act("catalog.entry.take_over", actor=factories.SETUP, **fields)
    made = Entry.objects.filter(body=way.provider.body, name__in=[one["name"] for one in given])
    assert made.count() == 50 == len(set(made.values_list("code", flat=True)))
    assert EntryVersion.objects.filter(entry__in=made, number=1).count() == 50
    said = Event.objects.get(type="catalog.entry.taken_over").payload
    assert said["count"] == 50 and len(said["digest"]) == 64
