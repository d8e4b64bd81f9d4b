"""Who takes part: the departments of the province, and below civil affairs a body of its line that can be asked to claim."""

from pathlib import Path

import pytest

from jiangyuan.demo.cast import BELOW, assemble
from jiangyuan.organization.queries import line_below


@pytest.mark.django_db
def test_civil_affairs_has_a_body_of_its_line_in_a_prefecture(tmp_path: Path) -> None:
    cast = assemble(tmp_path)
    below = cast.bodies[BELOW]
    assert line_below(cast.bodies["civil_affairs"]) == [below]
    assert below.jurisdiction.level == "prefecture" and below.name == f"{below.jurisdiction.name}民政局"
    assert cast.at(BELOW, "handler").capacity == "sharing_handler"
