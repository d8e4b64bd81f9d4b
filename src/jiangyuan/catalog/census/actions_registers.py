"""What a department writes into its report: one action for each kind, made from its declaration; uploads; taking over.

Loaded with `actions`.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Annotated, Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.census import rules
from jiangyuan.catalog.census.actions import KindCode
from jiangyuan.catalog.census.kinds import CODE_LABEL, KINDS, NAME_LABEL, Code, Kind, Name, Within, within_label
from jiangyuan.catalog.census.models import Asset, Report, Upload
from jiangyuan.catalog.census.queries import counted, parents_of
from jiangyuan.catalog.census.rows import MOST_ROWS, check_lines
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.ui.fields import Shown

BATCH = 2_000
Lines = Annotated[
    list[Annotated[list[Annotated[str, StringConstraints(max_length=5_000)]], Field(max_length=60)]],
    Field(max_length=MOST_ROWS + 2),
]


def written(report: Report, actor: Actor, *, counts: bool = True) -> None:
    """Note who wrote in a report and what it now registers; what it was checked for is open again."""
    if actor.kind == "person" and str(actor.id) not in report.filled_by:
        report.filled_by = [*report.filled_by, str(actor.id)]
    if counts:
        report.counts = counted(report)
        report.total = sum(report.counts.values())
        rules.require_room(report.total)
    report.zero = False


def _recorder(kind: Kind) -> Any:
    """Make the body of the action that records one thing of a kind; its parameters are the kind's fields."""

    def record(report: Report, **given: Any) -> Asset:
        actor: Actor = given.pop("actor")
        rules.require_open(report.state, report.campaign.state)
        rules.require_asked(kind.code, report.campaign.kinds)
        code, name, parent = given.pop("code"), given.pop("name"), given.pop("parent", "")
        rules.require_parent(kind, parent, parents_of(report, kind.code) if parent else ())
        facts = kind.model.model_validate({k: v for k, v in given.items() if v is not None}).model_dump(mode="json")
        found, made = Asset.objects.update_or_create(
            report=report, kind=kind.code, parent=parent, code=code,
            defaults={"body_id": report.body_id, "name": name, "facts": facts},
        )  # fmt: skip
        written(report, actor)
        report.save()
        describe(report=report.pk, kind=kind.code, new=made)
        return found

    fields: dict[str, tuple[Any, Any]] = {
        "code": (Annotated[Code, Shown(label=CODE_LABEL, help=kind.code_help)], ...),
        "name": (Annotated[Name, Shown(label=NAME_LABEL)], ...),
    }
    if kind.within:
        shown = Annotated[Within, Shown(label=within_label(kind))]
        fields["parent"] = (shown, ...) if kind.bound else (shown, "")
    fields |= kind.parameters
    empty, keyword = inspect.Parameter.empty, inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("report", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Report)]
    parameters += [
        inspect.Parameter(name, keyword, annotation=kept, default=empty if default is ... else default)
        for name, (kept, default) in fields.items()
    ]
    parameters.append(inspect.Parameter("actor", keyword, annotation=Actor))
    record.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    record.__annotations__ = {one.name: one.annotation for one in parameters}
    record.__doc__ = "Register one thing of this kind in a report, or change the one with this code."
    return record


for _kind in KINDS.values():
    action(f"census.{_kind.code}.record", on=Report, event="census.asset.recorded", title=_kind.act)(_recorder(_kind))


@action("census.report.remove", on=Report, event="census.asset.removed", title=_("删除登记"))
def remove(report: Report, *, kind: KindCode, code: Code, parent: Within = "", actor: Actor) -> Report:
    """Take one thing out of a report. Refuses while others lie within it."""
    rules.require_open(report.state, report.campaign.state)
    below = [one.code for one in KINDS.values() if one.within == kind]
    if Asset.objects.filter(report=report, kind__in=below, parent=code).exists():
        raise Conflict(_("还有内容登记在它下面，不能删除"), where="code", mend=_("请先删除或改挂它下面的内容。"))
    gone, _each = Asset.objects.filter(report=report, kind=kind, parent=parent, code=code).delete()
    if not gone:
        raise NotFound(_("报告中没有这一项"), where="code", mend=_("它可能已被删除，请刷新页面。"))
    written(report, actor)
    describe(kind=kind, code=code)
    return report


@action("census.report.carry_over", on=Report, event="census.report.carried_over", title=_("沿用上次普查"))
def carry_over(report: Report, *, actor: Actor) -> Report:
    """Begin with what the last accepted report said; what this report has already stays as it is."""
    rules.require_open(report.state, report.campaign.state)
    before = Asset.objects.filter(body=report.body_id, current=True, kind__in=report.campaign.kinds)
    rows = before.order_by("kind", "parent", "code").values_list("kind", "parent", "code", "name", "facts")
    made = put(report, rows.iterator(chunk_size=BATCH), replace=False)
    if not made:
        raise NotFound(_("没有上次普查的内容可以沿用"), where="report", mend=_("请直接登记，或用模板导入。"))
    written(report, actor)
    describe(things=report.total)
    return report


def put(report: Report, rows: Iterable[tuple[str, str, str, str, dict[str, Any]]], *, replace: bool) -> int:
    """Write things (kind, parent, code, name, facts) into a report in chunks; those that are there are replaced, or left."""
    done, chunk = 0, list[Asset]()
    how: dict[str, Any] = {"ignore_conflicts": True}
    if replace:
        how = {
            "update_conflicts": True,
            "unique_fields": ["report", "kind", "parent", "code"],
            "update_fields": ["name", "facts", "updated_at"],
        }

    def flush() -> None:
        Asset.objects.bulk_create(chunk, batch_size=BATCH, **how)
        chunk.clear()

    for kind, parent, code, name, facts in rows:
        chunk.append(
            Asset(report=report, body_id=report.body_id, kind=kind, parent=parent, code=code, name=name, facts=facts)
        )
        done += 1
        if len(chunk) >= BATCH:
            flush()
    if chunk:
        flush()
    return done


@action("census.report.upload", on=Report, event="census.report.uploaded", title=_("批量导入"))
def upload(
    report: Report,
    *,
    kind: KindCode,
    file_name: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    lines: Lines,
) -> Upload:
    """Check a sheet (its lines, headings first) for one kind: its good rows wait to be taken over, its faults are told."""
    rules.require_open(report.state, report.campaign.state)
    rules.require_asked(kind, report.campaign.kinds)
    checked = check_lines(KINDS[kind], lines, parents=parents_of(report, kind))
    digest = ciphers.sm3("\x1e".join("\x1f".join(line) for line in lines).encode()).hex()
    made = Upload.objects.create(
        report=report, kind=kind, file_name=file_name, digest=digest, rows=checked.rows,
        good=checked.good, faults=checked.faults, faulty=checked.faulty,
    )  # fmt: skip
    describe(upload=made.pk, kind=kind, rows=checked.rows, faulty=checked.faulty, digest=digest)
    return made


@action("census.upload.apply", on=Upload, event="census.upload.applied", title=_("导入正确的行"))
def apply_upload(upload: Upload, *, actor: Actor) -> Upload:
    """Take the good rows into the report; the faulty ones stay out, and may be mended and uploaded again."""
    report = Report.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=upload.report_id)
    rules.require_open(report.state, report.campaign.state)
    if not upload.good:
        raise Refused(_("文件里没有可以导入的行"), where="good", mend=_("请按提示改正后重新导入。"))
    gone = _without_parents(report, KINDS[upload.kind], {one["parent"] for one in upload.good})
    if gone:
        raise Conflict(
            _("核对以后，“%(code)s”已从报告中删除") % {"code": gone[0]}, where="parent", mend=_("请重新导入这个文件。")
        )
    put(report, ((upload.kind, o["parent"], o["code"], o["name"], o["facts"]) for o in upload.good), replace=True)
    written(report, actor)
    report.version += 1
    report.save()
    describe(report=report.pk, kind=upload.kind, rows=len(upload.good), left_out=upload.faulty)
    upload.good = []  # they stand in the report now
    return upload


def _without_parents(report: Report, kind: Kind, named: Collection[str]) -> list[str]:
    wanted = {one for one in named if one}
    if not wanted:
        return []
    known = Asset.objects.filter(Q(report=report, kind=kind.within, code__in=wanted)).values_list("code", flat=True)
    return sorted(wanted - set(known))


@action("census.upload.drop", on=Upload, event="census.upload.dropped", title=_("放弃导入"))
def drop_upload(upload: Upload, *, now: datetime) -> Upload:
    """Give an upload up; nothing of it reaches the report."""
    upload.good = []
    return upload
