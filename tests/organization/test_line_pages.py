"""Lines on pages: who stands in them, joining and leaving with what that changes, by the act that the command line uses."""

import pytest

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Body, Jurisdiction
from office import SETUP, appoint, body, client_of, province

JOIN = "organization.body.join_line"


def _below(code: str, level: str, alias: str) -> Body:
    place, _new = Jurisdiction.objects.get_or_create(
        scheme="mca", code=code, name=alias, level=level, parent=province()
    )
    made = body(alias=alias)
    Body.objects.filter(pk=made.pk).update(jurisdiction=place)
    made.refresh_from_db()
    return made


@pytest.fixture
def bodies(db) -> tuple[Body, Body, Body]:
    upper, city, county = body(), _below("630100", "prefecture", "city"), _below("630123", "county", "county")
    act(JOIN, county.pk, actor=SETUP, upper=city.pk)
    return upper, city, county


def test_a_body_joins_after_what_that_changes_was_shown(bodies) -> None:
    upper, city, county = bodies
    admin = client_of(appoint(upper, "system_admin"))
    url = f"/organization/lines/{city.pk}/"
    assert f"{url}join/" in admin.get(url).content.decode()
    sent = {"upper": str(upper.pk), "_version": str(Body.objects.get(pk=city.pk).version)}
    shown = admin.post(f"{url}join/", {**sent, "_check": "1"})
    told = shown.content.decode()
    assert shown.status_code == 200 and "影响" in told and "随同的下级" in told and "1 个" in told
    assert Body.objects.get(pk=city.pk).line_upper_id is None, "nothing is done yet"
    assert admin.post(f"{url}join/", sent).status_code == 303
    assert Body.objects.get(pk=city.pk).line_upper_id == upper.pk
    event = Event.objects.filter(type="organization.body.line_joined", object_id=city.pk).get()
    assert event.payload["upper"] == str(upper.pk)
    top = admin.get(f"/organization/lines/{upper.pk}/").content.decode()
    assert city.name in top and county.name in top
    low = admin.get(f"/organization/lines/{county.pk}/").content.decode()
    assert city.name in low and upper.name in low


def test_a_body_leaves_after_what_that_changes_was_shown(bodies) -> None:
    upper, city, county = bodies
    admin = client_of(appoint(upper, "system_admin"))
    url = f"/organization/lines/{county.pk}/"
    told = admin.get(f"{url}leave/").content.decode()
    assert "已经下发和已经申领的目录不受影响" in told and "离开条线" in told and city.name in told
    assert admin.post(f"{url}leave/", {"_version": str(Body.objects.get(pk=county.pk).version)}).status_code == 303
    assert Body.objects.get(pk=county.pk).line_upper_id is None
    assert admin.get(f"{url}leave/").status_code == 303, "who is in no line has none to leave"


def test_lists_and_what_others_may(bodies) -> None:
    upper, city, county = bodies
    handler = client_of(appoint(city, "sharing_handler"))
    listed = handler.get("/organization/lines/").content.decode()
    assert city.name in listed and county.name in listed and upper.name not in listed
    assert county.name not in handler.get("/organization/lines/?place=top").content.decode()
    assert upper.name in handler.get("/organization/lines/?place=none").content.decode()
    url = f"/organization/lines/{county.pk}/"
    assert "join/" not in handler.get(url).content.decode()
    assert handler.get(f"{url}join/").status_code == 403
    assert handler.post(f"{url}leave/", {}).status_code in (303, 403)
    assert Body.objects.get(pk=county.pk).line_upper_id == city.pk


def test_a_line_runs_upwards_and_the_form_says_so(bodies) -> None:
    upper, city, county = bodies
    admin = client_of(appoint(upper, "system_admin"))
    answer = admin.post(f"/organization/lines/{city.pk}/join/", {"upper": str(county.pk)})
    assert answer.status_code == 422 and "条线上级须是更高层级的部门" in answer.content.decode()
