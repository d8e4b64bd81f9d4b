"""The tree of classes, the place of an entry in it, and how entries are related. Loaded with `actions`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.catalog.entries import rules
from jiangyuan.catalog.entries.actions import Class, place
from jiangyuan.catalog.entries.actions_review import announce, give_code
from jiangyuan.catalog.entries.classes import LENGTHS, level_of, parent_of, shipped
from jiangyuan.catalog.entries.models import Classification, Entry, EntryRelation
from jiangyuan.catalog.entries.queries import sees_revision
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.kernel.texts import listed

Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Kind = Literal["derived_from", "part_of", "replaces", "references", "same_subject"]
MOST_RELATIONS = 200
"""Relations that one entry may have: beyond them nobody reads the page."""


# --- classes ----------------------------------------------------------------------------------------------------------


@action(
    "catalog.classification.install",
    on=None,
    event="catalog.classification.installed",
    title=_("装入国家信息资源分类"),
)
def install() -> int:
    """Put the classes that come with the platform there; those that are there already stay as they are named."""
    made = 0
    for code, name, national in shipped():
        parent = Classification.objects.filter(code=parent_of(code)).first()
        _kept, new = Classification.objects.get_or_create(
            code=code, defaults={"name": name, "level": level_of(code), "parent": parent, "national": national}
        )
        made += new
    describe(made=made)
    return made


@action("catalog.classification.add", on=None, event="catalog.classification.added", title=_("增加分类"))
def add(*, code: Annotated[str, StringConstraints(pattern=r"^[123]\d{2,19}$")], name: Name) -> Classification:
    """Add a class of the province's own under one that is open: a 项 (3 digits), a 目 (6) or a 细目 (more)."""
    if len(code) < LENGTHS[3] and len(code) != LENGTHS[2]:
        raise Refused(
            _("分类代码的位数不对"), where="code", article=rules.GUIDE, mend=_("项 3 位、目 6 位，细目在目之后续编。")
        )
    parent = Classification.objects.filter(code=parent_of(code)).first()
    if parent is None or parent.closed_at is not None:
        raise Refused(
            _("上级分类“%(code)s”不存在或已停用") % {"code": parent_of(code)},
            where="code",
            mend=_("请先增加上级分类。"),
        )
    if Classification.objects.filter(code=code).exists():
        raise Conflict(
            _("分类代码“%(code)s”已经有了，代码不重复使用") % {"code": code}, where="code", mend=_("请换一个代码。")
        )
    return Classification.objects.create(code=code, name=name, level=level_of(code), parent=parent)


def _require_own(kept: Classification) -> None:
    if kept.national:
        raise Refused(_("国家分类不能改动"), where="code", article=rules.GUIDE, mend=_("可在它下面增加本省的分类。"))


@action(
    "catalog.classification.rename", on=Classification, event="catalog.classification.renamed", title=_("修改分类名称")
)
def rename(kept: Classification, *, name: Name) -> Classification:
    """Rename a class of the province's own; its code and what stands under it stay."""
    _require_own(kept)
    describe(code=kept.code, before=kept.name, after=name)
    kept.name = name
    return kept


@action("catalog.classification.close", on=Classification, event="catalog.classification.closed", title=_("停用分类"))
def close(kept: Classification, *, reason: Reason, now: datetime) -> Classification:
    """Close a class of the province's own to new entries; its code is never given to another. Refused while entries stand in it."""
    _require_own(kept)
    if kept.closed_at is not None:
        raise Conflict(_("这个分类已经停用"), where="code", mend=_("请刷新页面。"))
    used = Entry.objects.filter(classification__startswith=kept.code).exclude(state="withdrawn")
    if used.exists() or kept.children.filter(closed_at__isnull=True).exists():
        raise Conflict(
            _("这个分类下还有目录或下级分类"), where="code", mend=_("请先把目录调整到其他分类，并停用下级分类。")
        )
    kept.closed_at = now
    describe(code=kept.code, reason=reason)
    return kept


@action("catalog.entry.reclassify", on=Entry, event="catalog.entry.reclassified", title=_("调整分类"))
def reclassify(entry: Entry, *, classification: Class, reason: Reason, now: datetime) -> Entry:
    """Move a published entry to another class: it gets a code there, and is found by its old one as well."""
    rules.require_unlocked(entry, {"classification": classification}, [])
    before = entry.code
    place(entry, classification)
    give_code(entry, now)
    if entry.code == before:
        raise Refused(_("目录已经在这个分类中"), where="classification", mend=_("请选择另一个分类。"))
    announce(entry, now)
    describe(before=before, reason=reason)
    return entry


# --- relations --------------------------------------------------------------------------------------------------------


@action("catalog.entry.relate", on=Entry, event="catalog.entry.related", title=_("增加关联目录"))
def relate(entry: Entry, *, to: UUID, kind: Kind, actor: Actor) -> Entry:
    """Relate an entry to another one that is published, or of the same body. Refuses circles that would say nothing."""
    other = Entry.visible_to(actor).filter(pk=to).exclude(state="withdrawn").first()
    if other is None:
        raise NotFound(_("没有找到要关联的目录"), where="to", mend=_("请从列出的目录中选择。"))
    if other.pk == entry.pk:
        raise Refused(_("目录不能与自己关联"), where="to", mend=_("请选择另一项目录。"))
    if entry.relations.filter(dropped=False).count() >= MOST_RELATIONS:
        raise Refused(
            _("关联目录已有 %(most)s 项，不能再增加") % {"most": MOST_RELATIONS},
            where="to",
            mend=_("请先解除不需要的关联。"),
        )
    if kind in rules.ACYCLIC:
        _require_no_circle(entry, other, kind, actor)
    EntryRelation.objects.update_or_create(
        entry=entry, to=other, kind=kind, defaults={"dropped": False}, create_defaults={"created_by": actor.id}
    )
    describe(to=other.pk, kind=kind)
    return entry


def _require_no_circle(entry: Entry, other: Entry, kind: str, actor: Actor) -> None:
    # two who relate at once could each close half of a circle: relations of one kind are made one after the other
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"entries.relation.{kind}"])
    edges: dict[UUID, list[UUID]] = {}
    rows = EntryRelation.objects.filter(kind=kind, dropped=False).values_list("entry_id", "to_id")
    for start, to in rows.iterator(chunk_size=5000):
        edges.setdefault(start, []).append(to)
    way = rules.circle(edges, entry.pk, other.pk)
    if not way:
        return
    found = Entry.visible_to(actor).in_bulk(way)
    names = [_name(found[pk], actor) if pk in found else _("一项您看不到的目录") for pk in way]
    raise Refused(
        _("这样会形成循环：%(names)s") % {"names": listed([_("“%(name)s”") % {"name": name} for name in names])},
        where="to",
        code="circle",
        mend=_("“加工自”“属于”“替代”不能首尾相接，请核对方向，或改用“引用”“同一主题”。"),
    )


def _name(entry: Entry, actor: Actor) -> str:
    return entry.name if sees_revision(entry, actor) else entry.known_name


@action("catalog.entry.unrelate", on=Entry, event="catalog.entry.unrelated", title=_("解除关联"))
def unrelate(entry: Entry, *, to: UUID, kind: Kind) -> Entry:
    """Take a relation away; readers go on seeing one that was published until the revision is."""
    if not entry.relations.filter(to_id=to, kind=kind, dropped=False).update(dropped=True):
        raise NotFound(_("没有这项关联"), where="to", mend=_("请刷新页面。"))
    describe(to=to, kind=kind)
    return entry
