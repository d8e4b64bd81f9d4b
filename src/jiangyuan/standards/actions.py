"""Every write of the standards room's executable part: elements, code sets and table models come into force here.

What a province writes itself passes the life cycle of `standards.library` first, which puts it into force by these acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, StringConstraints

from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import NotFound
from jiangyuan.kernel.texts import listed
from jiangyuan.standards import national, rules
from jiangyuan.standards.elements import ELEMENTS, MODELS
from jiangyuan.standards.elements import Model as ShippedModel
from jiangyuan.standards.models import Code, CodeSet, DataElement, ModelField, TableModel

MOST_CODES = 5000
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Edition = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Short = Annotated[str, StringConstraints(max_length=120)]
CODE_FACTS = ("name", "parent", "note", "valid_from", "valid_to", "successor")


class CodeInput(BaseModel):
    """One value of a code set."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    parent: Annotated[str, StringConstraints(max_length=40)] = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: Annotated[str, StringConstraints(max_length=40)] = ""
    note: Annotated[str, StringConstraints(max_length=200)] = ""


class FieldInput(BaseModel):
    """One field of a table model."""

    name: Name
    element: Slug
    required: bool = False
    key: bool = False


@action("standards.national.install", on=None, event="standards.national.installed", title=_("装入国家标准数据元"))
def install_national() -> int:
    """Install or refresh the national data elements, code sets and table models the platform ships; gives how many elements.

    What a province issued in the place of a national one stays as it was issued.
    """
    sets = _install_sets(national.sets())
    _install_elements(sets)
    _install_models(MODELS)
    describe(elements=len(ELEMENTS), sets=len(sets), models=len(MODELS))
    return len(ELEMENTS)


def _install_sets(shipped: Sequence[national.Shipped]) -> dict[str, CodeSet]:
    """Install the national sets and give the edition of each that is in force."""
    codes = [one.code for one in shipped]
    known = {(one.code, one.edition): one for one in CodeSet.objects.filter(code__in=codes)}
    wanted = {
        (one.code, one.edition): {"name": one.name, "standard": one.standard, "source": one.source} for one in shipped
    }
    made = _kept(CodeSet, known, wanted, lambda key: {"code": key[0], "edition": key[1]})
    codes_known = {(one.code_set_id, one.code): one for one in Code.objects.filter(code_set__in=made.values())}
    _kept(
        Code,
        codes_known,
        {
            (made[one.code, one.edition].pk, value.code): {name: getattr(value, name) for name in CODE_FACTS}
            for one in shipped
            for value in one.values
        },
        lambda key: {"code_set_id": key[0], "code": key[1]},
    )
    in_force = CodeSet.objects.filter(code__in=codes, superseded_at=None).order_by("created_at")
    return {one.code: made[one.code, one.edition] for one in shipped} | {one.code: one for one in in_force}


def _install_elements(sets: Mapping[str, CodeSet]) -> None:
    known = {one.code: one for one in DataElement.objects.all()}
    wanted = {
        element.code: {
            "name": element.name,
            "type": element.type,
            "length": element.length,
            "pattern": element.pattern,
            "code_set_id": sets[element.code_set].pk if element.code_set in sets else None,
            "check_function": element.check,
            "grade": element.grade,
            "personal": element.personal,
            "mask": element.mask,
            "synonyms": list(element.synonyms),
            "standard": element.standard,
        }
        for element in ELEMENTS
        if element.code not in known or not known[element.code].edition
    }
    _kept(DataElement, known, wanted, lambda code: {"code": code})


def _install_models(models: Sequence[ShippedModel]) -> None:
    known = set(TableModel.objects.values_list("code", flat=True))
    for model in models:
        if model.code not in known:
            made = TableModel.objects.create(code=model.code, name=model.name, description=model.description)
            _fields(made, [FieldInput(name=n, element=e, required=r, key=k) for n, e, r, k in model.fields])


def _kept(
    model: type[Model],
    known: Mapping[Any, Any],
    wanted: Mapping[Any, Mapping[str, Any]],
    identity: Callable[[Any], Mapping[str, Any]],
) -> dict[Any, Any]:
    """Bring rows to the facts wanted of them, by their keys, in two statements; gives the rows."""
    rows: dict[Any, Any] = {}
    new, changed = [], []
    for key, facts in wanted.items():
        row = known.get(key)
        if row is None:
            row = model(**identity(key), **facts)
            new.append(row)
        elif any(getattr(row, name) != fact for name, fact in facts.items()):
            for name, fact in facts.items():
                setattr(row, name, fact)
            changed.append(row)
        rows[key] = row
    model._default_manager.bulk_create(new, batch_size=1000)
    if changed:
        names = {name.removesuffix("_id") for name in next(iter(wanted.values()))}
        model._default_manager.bulk_update(changed, sorted(names), batch_size=500)
    return rows


def _fields(model: TableModel, given: list[FieldInput]) -> None:
    elements = {one.code: one for one in DataElement.objects.filter(code__in=[field.element for field in given])}
    missing = [field.element for field in given if field.element not in elements]
    if missing:
        raise NotFound(
            _("没有数据元：%(codes)s") % {"codes": listed(missing)},
            where="fields",
            mend=_("请先发布这些数据元，或改用已有数据元的代码。"),
        )
    ModelField.objects.bulk_create(
        ModelField(
            model=model,
            position=place,
            name=field.name,
            element=elements[field.element],
            required=field.required,
            key=field.key,
        )
        for place, field in enumerate(given)
    )


@action("standards.element.put", on=None, event="standards.element.changed", title=_("数据元生效"))
def put_element(
    *,
    code: Slug,
    name: Name,
    edition: Edition,
    type: rules.ElementType = "C",
    length: Annotated[int, Field(ge=1, le=10_000)] | None = None,
    pattern: Annotated[str, StringConstraints(max_length=400)] = "",
    code_set: Short = "",
    check_function: Short = "",
    grade: Annotated[int, Field(ge=1, le=4)] = 1,
    personal: bool = False,
    mask: dict[str, str | int] | None = None,
    synonyms: Annotated[list[Word], Field(max_length=60)] | None = None,
    standard: Short = "",
    definition: Annotated[str, StringConstraints(max_length=1000)] = "",
    unit: Annotated[str, StringConstraints(max_length=40)] = "",
) -> DataElement:
    """Put a data element into force, in the place of its earlier edition; whoever made rules from it hears of it.

    Raises the refusals of `rules.require_element`, and `NotFound` for a code set that is not there.
    """
    rules.require_element(pattern=pattern, check_function=check_function, mask=mask or {}, type=type, code=code)
    found = _set_in_force(code_set) if code_set else None
    facts: dict[str, Any] = {
        "name": name,
        "type": type,
        "length": length,
        "pattern": pattern,
        "code_set": found,
        "check_function": check_function,
        "grade": grade,
        "personal": personal,
        "mask": mask or {},
        "synonyms": synonyms or [name],
        "standard": standard,
        "definition": definition,
        "unit": unit,
        "edition": edition,
    }
    element, _new = DataElement.objects.update_or_create(code=code, defaults=facts)
    describe(code=code, edition=edition, elements=[str(element.pk)])
    return element


def _set_in_force(code: str) -> CodeSet:
    found = CodeSet.objects.filter(code=code, superseded_at=None).order_by("-created_at").first()
    if found is None:
        raise NotFound(
            _("没有现行的代码集“%(code)s”") % {"code": code},
            where="code_set",
            mend=_("请填写已有代码集的代码，或先发布代码集。"),
        )
    return found


@action("standards.code_set.put", on=None, event="standards.code_set.changed", title=_("代码集生效"))
def put_code_set(
    *,
    code: Slug,
    name: Name,
    edition: Edition,
    codes: Annotated[list[CodeInput], Field(min_length=1, max_length=MOST_CODES)],
    standard: Short = "",
    source: Annotated[str, StringConstraints(max_length=400)] = "",
    now: datetime,
) -> CodeSet:
    """Put an edition of a code set into force; the elements that follow the set follow its new edition at once.

    Raises the refusals of `rules.require_codes`, and for an edition that is in force already.
    """
    rules.require_codes([one.model_dump() for one in codes])
    rules.require_new_edition(CodeSet.objects.filter(code=code, edition=edition).exists())
    before = CodeSet.objects.filter(code=code, superseded_at=None)
    elements = list(DataElement.objects.filter(code_set__in=before))
    before.update(superseded_at=now)
    made = CodeSet.objects.create(code=code, name=name, edition=edition, standard=standard, source=source)
    Code.objects.bulk_create((Code(code_set=made, **one.model_dump()) for one in codes), batch_size=500)
    DataElement.objects.filter(pk__in=[one.pk for one in elements]).update(code_set=made, updated_at=timezone.now())
    describe(code=code, edition=edition, codes=len(codes), elements=[str(one.pk) for one in elements])
    return made


@action("standards.table_model.put", on=None, event="standards.table_model.changed", title=_("数据模型生效"))
def put_table_model(
    *,
    code: Slug,
    name: Name,
    edition: Edition,
    fields: Annotated[list[FieldInput], Field(min_length=1, max_length=300)],
    standard: Annotated[str, StringConstraints(max_length=200)] = "",
    description: Annotated[str, StringConstraints(max_length=1000)] = "",
) -> TableModel:
    """Put a table model into force, in the place of its earlier edition. Raises `NotFound` for an unknown element."""
    rules.require_fields([field.name for field in fields])
    facts = {"name": name, "edition": edition, "standard": standard, "description": description}
    model, _new = TableModel.objects.update_or_create(code=code, defaults=facts)
    model.fields.all().delete()
    _fields(model, fields)
    describe(code=code, edition=edition, fields=len(fields))
    return model
