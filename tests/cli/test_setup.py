"""`jiangyuan setup`: a new platform gets its divisions, its authority and its three administrators, once."""

from jiangyuan.cli.founding import found
from jiangyuan.organization.models import Body, Jurisdiction, Person
from jiangyuan.organization.signin import sign_in
from jiangyuan.standards.models import DataElement


def test_a_platform_is_founded_once_and_its_administrators_are_three_people(db) -> None:
    made = found()
    assert [capacity for capacity, _name, _password in made] == ["system_admin", "security_admin", "auditor"]
    assert found() == [] and Person.objects.count() == 3
    assert Body.objects.filter(is_authority=True).count() == 1
    assert Jurisdiction.objects.filter(level="county", retired=False, scheme="mca").count() == 44
    assert DataElement.objects.exists()
    for _capacity, username, password in made:
        person = sign_in(username=username, password=password, code="", network="127.0.0.1")
        assert person.current_appointments().count() == 1
