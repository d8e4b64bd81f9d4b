"""A line of three bodies and a published upper entry, for the tests of claims."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from jiangyuan.catalog.claims.models import Claim
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actions import act
from jiangyuan.organization.models import Body, Jurisdiction
from jiangyuan.sources.models import ScannedTable
from office import SETUP, Office, appoint, province

TABLE = "CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT, sex TEXT, town TEXT)"
_numbers = count(1)


@dataclass
class Line:
    """The upper office, the offices of a prefecture and a county of its line, and the upper entry."""

    upper: Office
    prefecture: Office
    county: Office
    entry: Entry

    def issue(self, **given: Any) -> Any:
        asked = {"title": "民政条线目录", "entries": [self.entry.pk], **given}
        return act("catalog.claimlist.issue", actor=appoint(None, "authority_handler"), **asked)

    def claim(self, office: Office) -> Claim:
        return Claim.objects.get(entry=self.entry, body=office.place)

    def claimed(self, office: Office, **local: Any) -> Entry:
        """Let a body claim the entry; gives its own."""
        claim = self.claim(office)
        act("catalog.claim.accept", claim.pk, actor=office.handler, **local)
        claim.refresh_from_db()
        assert claim.own is not None
        return claim.own

    def republish(self, trigger: str = "own_information", **changes: Any) -> Entry:
        """Publish the upper entry anew with changes."""
        act("catalog.entry.revise", self.entry.pk, actor=self.upper.handler, trigger=trigger, reason="更新")
        act("catalog.entry.edit", self.entry.pk, actor=self.upper.handler, **changes)
        self.entry.refresh_from_db()
        return self.upper.publish(self.entry)


def _body(level: str, code: str, name: str) -> Office:
    place = Jurisdiction.objects.filter(code=code).first() or Jurisdiction.objects.create(
        code=code, name=name, level=level, parent=province()
    )
    number = next(_numbers)
    made = act(
        "organization.body.register",
        actor=SETUP,
        name=f"{name}第{number}民政局",
        short_name=f"{name}民政局",
        alias=f"line{number}",
        jurisdiction=place.code,
    )
    return Office(made)


def make_line(upper: Office) -> Line:
    """Make a line below an office, and publish its entry."""
    prefecture, county = _body("prefecture", "630100", "西宁市"), _body("county", "630123", "湟源县")
    act("organization.body.join_line", prefecture.place.pk, actor=SETUP, upper=upper.place.pk)
    act("organization.body.join_line", county.place.pk, actor=SETUP, upper=prefecture.place.pk)
    upper.scan(upper.sqlite(TABLE)[1])
    table = ScannedTable.objects.get(source__body=upper.place, name="person")
    entry = upper.publish(upper.draft(table, name="困难群众信息", update_cycle="monthly"))
    for below in (prefecture, county):  # each level has an authority of its own, which publishes
        seat = _body(
            below.place.jurisdiction.level, below.place.jurisdiction.code, f"{below.place.jurisdiction.name}数据"
        )
        Body.objects.filter(pk=seat.place.pk).update(is_authority=True)
        below.__dict__["authority"] = appoint(seat.place, "authority_handler")
    return Line(upper, prefecture, county, entry)
