"""Words: one spelling, the terms of the field, synonyms, initials; what the glossary names stays whole."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from types import ModuleType

import pytest

from jiangyuan.portal.search import words
from jiangyuan.portal.search.finding import terms
from jiangyuan.portal.search.folding import fold, pieces, query_grams, runs
from jiangyuan.portal.search.marking import marked, matching, needles, snippet

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("常住人口", "常住人口"),
        ("ＧＤＰ　２０２２", "gdp 2022"),
        ("戶籍登記", "户籍登记"),
        ("Birth_Date", "birth_date"),
    ],
)
def test_a_text_has_one_spelling(typed: str, kept: str) -> None:
    assert fold(typed) == kept


def test_runs_and_their_parts() -> None:
    assert list(runs("低保 birth_date，307001/000012")) == [
        ("低保", True),
        ("birth_date", False),
        ("307001/000012", False),
    ]
    assert pieces("birth_date") == ["birth_date", "birth", "date"]
    assert query_grams("常住口") == ["常住", "住口"] and query_grams("口") == ["口"]


def test_terms_of_the_glossary_stay_whole() -> None:
    listed = set(words.terms())
    rows = re.findall(r"^\| ([^|]+) \|", GLOSSARY.read_text("utf-8"), re.M)
    named = {
        part
        for row in rows
        for part in re.split(r"[、，；（）()\s]", row)
        if re.fullmatch(r"[\u4e00-\u9fff]{2,5}", part)
    }
    missing = [name for name in sorted(named) if words.query_words(name) != [name] and name not in listed]
    assert len(missing) <= len(named) // 4, missing
    assert words.query_words("信息项") == ["信息项"]


def test_initials_are_read_as_words_are() -> None:
    assert words.initials(words.cut(fold("青海省常住人口统计（2022年）"))) == "qhsczrktjn"
    assert words.initials(words.cut(fold("银行行业"))) == "yhhy"


def test_words_are_found_by_the_shorter_ones_inside_them() -> None:
    assert set(words.index_words("居民最低生活保障，birth_date")) >= {
        "最低生活保障",
        "生活",
        "保障",
        "居民",
        "birth",
        "date",
    }
    assert words.query_words("的人口") == ["人口"] and words.query_words("的") == ["的"]
    assert words.known_text("民政厅") == " ".join(words.index_words("民政厅"))


def test_what_was_searched_for_is_marked_where_it_stands() -> None:
    wanted = needles("人口 低保")
    assert marked("常住人口信息", wanted) == [("常住", False), ("人口", True), ("信息", False)]
    assert ("最低生活保障", True) in marked("城乡最低生活保障对象", wanted)
    assert matching(["身份证号", "人口数"], wanted) == [[("人口", True), ("数", False)]]
    cut = snippet("甲" * 300 + "人口" + "乙" * 300, wanted)
    assert cut[0] == ("…", False) and cut[-1] == ("…", False) and ("人口", True) in cut


def test_what_is_typed_is_bounded() -> None:
    assert len(terms("人 " * 500)) == 8
    assert all(len(term) <= 60 for term in terms("x" * 10_000))


def test_whoever_searches_first_at_the_same_moment_waits_for_the_terms(monkeypatch) -> None:
    inside: list[str] = []

    class Segmenter(ModuleType):
        """One that, like the real one, refuses to be taught by two at once."""

        def add_word(self, word: str, _frequency: int, _kind: str) -> None:
            assert not inside, "Already borrowed"
            inside.append(word)
            sleep(0.0001)
            inside.remove(word)

    monkeypatch.setitem(sys.modules, "rjieba", Segmenter("rjieba"))
    words._taught.cache_clear()
    try:
        with ThreadPoolExecutor(4) as pool:
            found = [one.result() for one in [pool.submit(words._segmenter) for _number in range(4)]]
        assert len(set(map(id, found))) == 1
    finally:
        words._taught.cache_clear()
