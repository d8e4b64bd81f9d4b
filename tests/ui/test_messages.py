"""Catalogues are compiled without tools, and what is not marked for translation is found."""

import gettext
import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType

import polib
import pytest

from jiangyuan.ui.messages import BadCatalogue, binary, compile_catalogues, read

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: a.py
msgid "已完成：%(action)s。"
msgstr "Done: "
"%(action)s.\\n"

msgid "%(n)s 处"
msgid_plural "%(n)s 处"
msgstr[0] "%(n)s place"
msgstr[1] "%(n)s places"

msgctxt "button"
msgid "返回"
msgstr "Back \\"now\\""

#, fuzzy
msgid "草稿"
msgstr "Sketch"

msgid "空"
msgstr ""

#~ msgid "旧"
#~ msgstr "old"
"""


def test_what_is_compiled_is_what_gettext_reads() -> None:
    made = gettext.GNUTranslations(io.BytesIO(binary(read(PO))))  # type: ignore[arg-type]
    assert made.gettext("已完成：%(action)s。") == "Done: %(action)s.\n"
    assert [made.ngettext("%(n)s 处", "%(n)s 处", n) for n in (1, 2)] == ["%(n)s place", "%(n)s places"]
    assert made.pgettext("button", "返回") == 'Back "now"'
    assert [made.gettext(t) for t in ("草稿", "空", "旧")] == ["草稿", "空", "旧"]


def test_it_agrees_with_the_reference(tmp_path: Path) -> None:
    file = tmp_path / "en" / "LC_MESSAGES" / "django.po"
    file.parent.mkdir(parents=True)
    file.write_text(PO, "utf-8")
    (compiled,) = compile_catalogues(tmp_path)
    ours = {e.msgid: (e.msgstr, e.msgstr_plural) for e in polib.mofile(str(compiled))}
    assert ours == {e.msgid: (e.msgstr, e.msgstr_plural) for e in polib.pofile(str(file)).translated_entries()}


def test_a_broken_catalogue_names_its_line() -> None:
    with pytest.raises(BadCatalogue, match="line 2"):
        read('msgid "a"\nmsgstr "b\n')


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool, looking at a source of its own."""
    spec = importlib.util.spec_from_file_location("messages_tool", Path(__file__).parents[2] / "tools" / "messages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "messages_tool", module)
    spec.loader.exec_module(module)
    source = tmp_path / "src" / "jiangyuan"
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "SOURCE", source)
    monkeypatch.setattr(module, "CATALOGUE", source / "locale" / "en" / "LC_MESSAGES" / "django.po")
    (source / "room" / "templates").mkdir(parents=True)
    return module


def test_messages_are_gathered_kept_and_checked(tool: ModuleType) -> None:
    room = tool.SOURCE / "room"
    (room / "pages.py").write_text('"""说明"""\nfrom x import _\nA = _("标题")\nB = "天"  # i18n: a unit\n', "utf-8")
    (room / "templates" / "a.html").write_text(
        "{% translate '搜索' %}{# 注 #}{% blocktranslate trimmed count n=n %}{{ n }} 条{% plural %}{{ n }} 条"
        "{% endblocktranslate %}{{ x|default:_('无') }}",
        "utf-8",
    )
    assert tool.update() == 4
    assert sum("no translation" in f for f in tool.check()) == 4
    catalogue = polib.pofile(str(tool.CATALOGUE), wrapwidth=0)
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "%(n)s item", 1: "%(n)s items"}
        else:
            entry.msgstr = {"标题": "Title", "搜索": "Search", "无": "None"}[entry.msgid]
    tool.CATALOGUE.write_text(str(catalogue), "utf-8")
    assert tool.check() == []
    assert tool.update() == 0 and tool.check() == []
    (room / "pages.py").write_text('from x import _\nA = _("新标题")\n', "utf-8")
    assert any("not what the source holds" in f for f in tool.check())


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("pages.py", 'A = "没有标记"', "not marked"),
        ("pages.py", 'A = f"共{n}条"', "not marked"),
        ("pages.py", 'A = _(f"共{n}条")', "plain text"),
        ("templates/a.html", "<p>没有标记</p>", "outside {% translate %}"),
        ("templates/a.html", "{{ x|default:'无' }}", "outside {% translate %}"),
    ],
)
def test_unmarked_chinese_is_found(tool: ModuleType, name: str, text: str, fault: str) -> None:
    (tool.SOURCE / "room" / name).write_text(text, "utf-8")
    assert any(fault in f for f in tool.check())


def test_a_translation_keeps_its_placeholders(tool: ModuleType) -> None:
    (tool.SOURCE / "room" / "pages.py").write_text('A = _("还剩 %(days)s 天")\n', "utf-8")
    tool.update()
    catalogue = polib.pofile(str(tool.CATALOGUE), wrapwidth=0)
    catalogue[0].msgstr = "%(day)s left"
    tool.CATALOGUE.write_text(str(catalogue), "utf-8")
    assert any("placeholders differ" in f for f in tool.check())
