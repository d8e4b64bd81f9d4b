"""Drafting standards of each kind: what is written here is held against the same rules as what comes into force.

Loaded with `actions`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict
from jiangyuan.standards.actions import CodeInput, Name, Slug
from jiangyuan.standards.library import rules
from jiangyuan.standards.library.models import Standard
from jiangyuan.standards.rules import require_codes, require_element, require_fields

Number = Annotated[str, StringConstraints(pattern=r"^\S.{1,58}\S$")]
Title = Annotated[str, StringConstraints(min_length=2, max_length=200)]
Edition = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Summary = Annotated[str, StringConstraints(max_length=4000)]
Text = Annotated[str, StringConstraints(max_length=100_000)]
Area = Literal[
    "catalog", "element", "grading", "quality", "security", "docking", "mounting", "registry", "protection", "sharing",
    "opening", "returnflow", "approval",
]  # fmt: skip
Lines = Annotated[list[Annotated[str, StringConstraints(max_length=800)]], Field(max_length=rules.MOST_LINES)]
Letter = Literal["C", "N", "Y", "D", "T", "L", "M", "G", "B", "I", "F"]
Words = Annotated[list[Annotated[str, StringConstraints(max_length=120)]], Field(max_length=60)]
Short = Annotated[str, StringConstraints(max_length=120)]


def _drafted(actor: Actor, kind: str, number: str, edition: str, **facts: Any) -> Standard:
    if Standard.objects.filter(number=number, edition=edition).exists():
        raise Conflict(
            _("标准“%(number)s”已有“%(edition)s”版") % {"number": number, "edition": edition},
            where="edition",
            mend=_("修订请另取版本号；原版在新版发布时被代替。"),
        )
    made = Standard.objects.create(kind=kind, number=number, edition=edition, body_id=actor.body, **facts)
    describe(kind=kind, number=number, edition=edition)
    return made


@action(
    "standards.standard.draft_document",
    on=None,
    event="standards.standard.drafted",
    title=_("起草规范文件"),
)
def draft_document(
    *, number: Number, name: Title, edition: Edition, area: Area, summary: Summary = "", text: Text = "", actor: Actor
) -> Standard:
    """Draft a document: a rule or guide that people read."""
    return _drafted(actor, "document", number, edition, name=name, area=area, summary=summary, text=text)


@action("standards.standard.edit_document", on=Standard, event="standards.standard.edited", title=_("修改规范文件"))
def edit_document(standard: Standard, *, name: Title, area: Area, summary: Summary = "", text: Text = "") -> Standard:
    """Change a document that is being drafted."""
    rules.require_kind(standard.kind, "document")
    standard.name, standard.area, standard.summary, standard.text = name, area, summary, text
    return standard


def _element(**given: Any) -> dict[str, Any]:
    """Hold an element's content against the rules of the executable part, and give it as it is kept."""
    require_element(
        pattern=given["pattern"],
        check_function=given["check_function"],
        mask={},
        type=given["type"],
        code=given["code"],
    )
    return given


@action("standards.standard.draft_element", on=None, event="standards.standard.drafted", title=_("起草数据元"))
def draft_element(
    *,
    number: Number,
    name: Title,
    edition: Edition,
    code: Slug,
    type: Letter = "C",
    length: Annotated[int, Field(ge=1, le=10_000)] | None = None,
    pattern: Annotated[str, StringConstraints(max_length=400)] = "",
    code_set: Short = "",
    check_function: Short = "",
    grade: Annotated[int, Field(ge=1, le=4)] = 1,
    personal: bool = False,
    synonyms: Words | None = None,
    definition: Annotated[str, StringConstraints(max_length=1000)] = "",
    unit: Annotated[str, StringConstraints(max_length=40)] = "",
    summary: Summary = "",
    actor: Actor,
) -> Standard:
    """Draft a data element, new or in the place of one in force; issued, it becomes rules."""
    content = _element(
        code=code, type=type, length=length, pattern=pattern, code_set=code_set, check_function=check_function,
        grade=grade, personal=personal, synonyms=synonyms or [name], definition=definition, unit=unit,
    )  # fmt: skip
    return _drafted(
        actor, "element", number, edition, name=name, area="element", code=code, summary=summary, content=content
    )


@action("standards.standard.edit_element", on=Standard, event="standards.standard.edited", title=_("修改数据元"))
def edit_element(
    standard: Standard,
    *,
    name: Title,
    type: Letter = "C",
    length: Annotated[int, Field(ge=1, le=10_000)] | None = None,
    pattern: Annotated[str, StringConstraints(max_length=400)] = "",
    code_set: Short = "",
    check_function: Short = "",
    grade: Annotated[int, Field(ge=1, le=4)] = 1,
    personal: bool = False,
    synonyms: Words | None = None,
    definition: Annotated[str, StringConstraints(max_length=1000)] = "",
    unit: Annotated[str, StringConstraints(max_length=40)] = "",
    summary: Summary = "",
) -> Standard:
    """Change a data element that is being drafted."""
    rules.require_kind(standard.kind, "element")
    standard.name, standard.summary = name, summary
    standard.content = _element(
        code=standard.code, type=type, length=length, pattern=pattern, code_set=code_set,
        check_function=check_function, grade=grade, personal=personal, synonyms=synonyms or [name],
        definition=definition, unit=unit,
    )  # fmt: skip
    return standard


def _codes(lines: list[str]) -> dict[str, Any]:
    codes = rules.codes_of_lines(lines)
    require_codes([CodeInput(**one).model_dump() for one in codes])
    return {"codes": codes}


@action("standards.standard.draft_code_set", on=None, event="standards.standard.drafted", title=_("起草代码集"))
def draft_code_set(
    *, number: Number, name: Title, edition: Edition, code: Slug, lines: Lines, summary: Summary = "", actor: Actor
) -> Standard:
    """Draft an edition of a code set from lines: code, name, parent, first day, last day, successor, note."""
    facts = {"name": name, "area": "element", "code": code, "summary": summary, "content": _codes(lines)}
    return _drafted(actor, "code_set", number, edition, **facts)


@action("standards.standard.edit_code_set", on=Standard, event="standards.standard.edited", title=_("修改代码集"))
def edit_code_set(standard: Standard, *, name: Title, lines: Lines, summary: Summary = "") -> Standard:
    """Change a code set that is being drafted."""
    rules.require_kind(standard.kind, "code_set")
    standard.name, standard.summary, standard.content = name, summary, _codes(lines)
    return standard


def _fields(lines: list[str]) -> dict[str, Any]:
    fields = rules.fields_of_lines(lines)
    require_fields([one["name"] for one in fields])
    return {"fields": fields}


@action(
    "standards.standard.draft_table_model",
    on=None,
    event="standards.standard.drafted",
    title=_("起草数据模型"),
)
def draft_table_model(
    *, number: Number, name: Name, edition: Edition, code: Slug, lines: Lines, summary: Summary = "", actor: Actor
) -> Standard:
    """Draft a table model from lines: field, code of its element, required, key."""
    facts = {"name": name, "area": "registry", "code": code, "summary": summary, "content": _fields(lines)}
    return _drafted(actor, "table_model", number, edition, **facts)


@action("standards.standard.edit_table_model", on=Standard, event="standards.standard.edited", title=_("修改数据模型"))
def edit_table_model(standard: Standard, *, name: Name, lines: Lines, summary: Summary = "") -> Standard:
    """Change a table model that is being drafted."""
    rules.require_kind(standard.kind, "table_model")
    standard.name, standard.summary, standard.content = name, summary, _fields(lines)
    return standard
