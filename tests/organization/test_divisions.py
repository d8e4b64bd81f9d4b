"""The divisions of Qinghai are the real ones, dated, with the retired codes that live on in citizen ids."""

import pytest

from jiangyuan.organization import divisions as d


@pytest.mark.parametrize(("level", "count"), [("province", 1), ("prefecture", 8), ("county", 44), ("township", 405)])
def test_counts_of_the_ministry(level: d.Level, count: int) -> None:
    assert len(d.divisions(level=level)) == count


@pytest.mark.parametrize(
    ("code", "name", "since", "before"),
    [
        ("630106", "湟中区", 2019, "630122"),
        ("632301", "同仁市", 2020, "632321"),
        ("632803", "茫崖市", 2018, "632856"),
        ("630203", "平安区", 2015, "630221"),
        ("632701", "玉树市", 2013, "632721"),
    ],
)
def test_reorganised_counties(code: str, name: str, since: int, before: str) -> None:
    one = d.division(code)
    assert (one.name, one.level, one.scheme, one.from_year, one.retired) == (name, "county", "mca", since, False)
    assert d.division(before).retired
    assert d.current_division(before) == one


def test_the_administrative_committee_is_statistical_only() -> None:
    committee = d.division("632857")
    assert (committee.name, committee.scheme) == ("大柴旦行政委员会", "nbs")
    assert committee not in d.divisions(level="county")
    assert committee in d.divisions(level="county", statistical=True)
    assert len(d.divisions(level="county", statistical=True)) == 45


@pytest.mark.parametrize(
    ("code", "year", "expected"),
    [
        ("630106", 2021, "630106"), ("630106", 2005, "630122"), ("630106", 1990, "632124"), ("630106", 1950, "632124"),
        ("630203", 2014, "630221"), ("630203", 2000, "632121"), ("630225", 1970, "632128"),
        ("632803", 2000, "632803"),  # the committees before it were no divisions in law and gave no such county code
        ("632324", 1986, "632421"), ("630121", 1950, "630121"),
    ],
)  # fmt: skip
def test_code_in_force(code: str, year: int, expected: str) -> None:
    assert d.code_in_force(code, year=year) == expected


def test_days_are_given_only_where_they_are_certain() -> None:
    haidong = d.division("632100")
    assert haidong.valid_to is not None and haidong.valid_to.isoformat() == "2013-02-08"
    assert haidong.day_certain
    huangzhong = d.division("630122")
    assert huangzhong.valid_to is None and huangzhong.to_year == 2019 and not huangzhong.day_certain


def test_every_parent_and_successor_exists_and_no_code_is_used_twice() -> None:
    everything = (*d.divisions(statistical=True), *d.retired())
    codes = [one.code for one in everything]
    assert len(codes) == len(set(codes))
    for one in everything:
        assert one.parent in codes or one.level == "province"
        assert not one.successor or one.successor in codes
        assert len(one.code) == (9 if one.level == "township" else 6)


def test_any_province_by_parameter() -> None:
    assert len(d.divisions(province="530000", level="prefecture")) == 16
    assert d.full_name("530102").startswith("云南省昆明市")
    assert d.retired(province="530000") == ()


def test_full_name() -> None:
    assert d.full_name("630106") == "青海省西宁市湟中区"


def test_unknown_code_is_refused_with_the_way_to_mend_it() -> None:
    with pytest.raises(d.UnknownDivision) as caught:
        d.division("639999")
    assert "639999" in str(caught.value)
    with pytest.raises(d.UnknownDivision):
        d.divisions(province="990000")
