"""Door two: whatever reads governed data needs a `Plan`, and only `authorize` makes one.

A plan says which relations, columns, rows, masks and limits an actor has in a scene, and in which words each engine
answers. It is sealed under a key of the process: executors call `verify` first, and take nothing else. What an actor
holds is known above; rooms register resolvers, and with none registered everything is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.disclosure import judge
from jiangyuan.data.masking import check_mask, masked_type
from jiangyuan.data.relations import FORMS, Column, Location, Mask, RelationGrant
from jiangyuan.data.sql.allow import QueryRefused, parse_query, unknown_table
from jiangyuan.data.sql.rewrite import OutputColumn, RewrittenQuery, rewrite
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Broken, Refused

__all__ = [
    "Column",
    "Limits",
    "Location",
    "Mask",
    "OutputColumn",
    "Plan",
    "PlanRefused",
    "QueryRefused",
    "RelationGrant",
    "Resolver",
    "authorize",
    "register_resolver",
    "still_granted",
]

DEFAULT_ROWS = 100_000
OWN_ROWS = 1_000
"""Most rows that a body's people may look at without a grant."""
SHANGHAI = ZoneInfo("Asia/Shanghai")
_SEAL_KEY = secrets.token_bytes(32)

Resolver = Callable[[Actor, Scene, Sequence[str | UUID], str], Sequence[RelationGrant]]


class PlanRefused(Refused):
    """The actor holds no grant for what is asked, in this scene and form."""

    default_code = "data.plan"
    status = 403


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one execution: rows, bytes of the answer, seconds, and bytes of memory."""

    rows: int = DEFAULT_ROWS
    answer_bytes: int = 64 * 2**20
    seconds: float = 30.0
    memory_bytes: int = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Plan:
    """What one actor may read in one scene, and in which words. Frozen and sealed; made by `authorize` only.

    `names` is what was asked for; `sql` maps engine to text ("" where that engine cannot answer) and is empty for the
    forms that read whole relations; `used` names by alias the granted columns that are touched.
    """

    actor: Actor
    scene: Scene
    form: str
    names: tuple[str | UUID, ...]
    relations: tuple[RelationGrant, ...]
    used: tuple[tuple[str, tuple[str, ...]], ...]
    output: tuple[OutputColumn, ...]
    sql: tuple[tuple[str, str], ...]
    parameters: tuple[str, ...]
    limits: Limits
    seal: bytes = b""

    @property
    def grants(self) -> tuple[tuple[UUID | None, int], ...]:
        """The grants (id, epoch) that the plan stands on."""
        return tuple(dict.fromkeys((relation.grant, relation.epoch) for relation in self.relations))

    @property
    def lineage(self) -> dict[str, tuple[tuple[UUID, str], ...]]:
        """Origins (resource, column) of each output column."""
        return {column.name: column.origins for column in self.output}

    @property
    def data_versions(self) -> dict[UUID, str]:
        """The version of the data of each resource, as every answer carries it."""
        return {relation.resource: relation.data_version for relation in self.relations}

    @property
    def engine(self) -> str:
        """The engine that answers: `postgres` where one grant's landed rows suffice, else `duckdb`."""
        return "postgres" if self.text("postgres") else "duckdb"

    def text(self, engine: str) -> str:
        """Give the SQL for an engine, empty where it cannot answer."""
        return dict(self.sql).get(engine, "")

    def relation(self, alias: str) -> RelationGrant:
        """Give the relation of that alias; raises `PlanRefused` where the plan has none."""
        found = next((relation for relation in self.relations if relation.alias == alias), None)
        if found is None:
            raise _not_granted(alias)
        return found

    def columns_of(self, alias: str) -> tuple[str, ...]:
        """Name the granted columns of a relation that this plan touches."""
        return dict(self.used)[alias]

    def verify(self) -> None:
        """Check the seal; raises `Broken` for a plan that `authorize` did not make or that was changed since."""
        if not hmac.compare_digest(self.seal, _seal(self)):
            raise Broken(_("读取计划未通过校验"), code="data.plan.seal")


def _content(plan: Plan) -> str:
    connections = [
        (relation.alias, relation.location.connection.password if relation.location.connection else "")
        for relation in plan.relations
    ]
    forms = [sorted(relation.forms) for relation in plan.relations]
    parts = (plan.actor, plan.scene, plan.form, plan.names, plan.relations, plan.used, plan.output, plan.sql)
    return repr((*parts, plan.parameters, plan.limits, connections, forms))


def _seal(plan: Plan) -> bytes:
    return hashlib.blake2b(_content(plan).encode("utf-8", "backslashreplace"), key=_SEAL_KEY, digest_size=32).digest()


_resolvers: list[Resolver] = []


def register_resolver(resolver: Resolver) -> None:
    """Register who finds grants: called with actor, scene, the names or ids asked, and the form.

    It returns what the actor holds among them, one relation per table, and nothing for the others, whether they exist
    or not. Registering the same function again changes nothing.
    """
    if resolver not in _resolvers:
        _resolvers.append(resolver)


def _not_granted(name: str | UUID) -> PlanRefused:
    refusal = unknown_table(None, str(name))
    return PlanRefused(refusal.message, code=refusal.code, mend=refusal.mend, where=refusal.where)


def _today(scene: Scene) -> date:
    moment = scene.at or datetime.now(SHANGHAI)
    return max(moment.astimezone(SHANGHAI), datetime.now(SHANGHAI)).date()


def _resolve(actor: Actor, scene: Scene, names: Sequence[str | UUID], form: str) -> tuple[RelationGrant, ...]:
    """Ask the resolvers, and give one usable relation for every name, in the order asked."""
    found = [relation for resolver in _resolvers for relation in resolver(actor, scene, names, form)]
    usable = [relation for relation in found if _usable(relation, actor, scene, form)]
    chosen: list[RelationGrant] = []
    for name in names:
        held = [r for r in usable if name in (r.alias, r.entry, r.resource, r.grant)]
        if not held:
            raise _not_granted(name)
        if isinstance(name, str) and len(held) > 1:
            raise PlanRefused(
                _("对“%(name)s”有不止一份授权适用") % {"name": name},
                code="data.plan.ambiguous",
                mend=_("请在场景中写明用途或案件编号，以确定使用哪一份授权"),
            )
        chosen.extend(relation for relation in held if relation not in chosen)
    return tuple(chosen)


def _usable(relation: RelationGrant, actor: Actor, scene: Scene, form: str) -> bool:
    """Hold a resolver's answer against what no resolver may give: other forms, a past term, rows without a grant."""
    granted = relation.grant is not None or actor.kind == "service" or _own(relation, actor, form)
    return granted and form in relation.forms and relation.until >= _today(scene) and bool(relation.columns)


def _own(relation: RelationGrant, actor: Actor, form: str) -> bool:
    """Tell whether a person looks at rows of the body acted for: rows named one by one, few, and only to look at."""
    named = relation.condition is not None and 0 < (relation.row_limit or 0) <= OWN_ROWS
    return (
        actor.kind == "person"
        and relation.owner is not None
        and relation.owner == actor.body
        and (form == "query" and named)
    )


def _check_masks(relation: RelationGrant) -> None:
    for column in relation.columns:
        check_mask(column)
    problem = next((found for found in judge(relation.columns) if found.refuses), None)
    if problem is not None:
        raise PlanRefused(
            problem.message, code=problem.code, mend=problem.mend, where=relation.alias, article=problem.article
        )


def _rows(relations: Sequence[RelationGrant]) -> int:
    return min([DEFAULT_ROWS, *(relation.row_limit for relation in relations if relation.row_limit)])


@lru_cache(maxsize=1024)
def _rewritten(parsed_sql: str, relations: tuple[RelationGrant, ...]) -> RewrittenQuery:
    """Rewrite once for a text and the grants with their epochs: a changed grant is another key."""
    for relation in relations:
        _check_masks(relation)
    by_alias = {relation.alias: relation for relation in relations}
    return rewrite(parse_query(parsed_sql), by_alias, rows=_rows(relations))


@lru_cache(maxsize=1024)
def _whole(relations: tuple[RelationGrant, ...]) -> RewrittenQuery:
    """Describe the reading of whole relations, for the forms without SQL."""
    for relation in relations:
        _check_masks(relation)
    output = tuple(
        OutputColumn(name=column.name, type=masked_type(column), origins=((relation.resource, column.name),))
        for relation in relations
        for column in relation.columns
    )
    used = tuple((relation.alias, tuple(column.name for column in relation.columns)) for relation in relations)
    return RewrittenQuery(postgres="", duckdb="", output=output, used=used, parameters=(), rows=_rows(relations))


def authorize(request: str | Sequence[UUID], *, actor: Actor, scene: Scene, form: str = "query") -> Plan:
    """Find what the actor may read in the scene, and give the sealed plan for reading it.

    `request` is one SELECT over `dept.table` names, or the ids of entries (or resources, or grants) to be read whole;
    `form` the form of delivery: query, table, match or file. Raises `PlanRefused` where no grant fits (a table that
    nobody granted and one that does not exist are told in the same words), `QueryRefused` where the SQL may not be
    asked.
    """
    if form not in FORMS:
        raise PlanRefused(_("没有这种提供方式"), code="data.plan.form", mend=_("可用：查询、库表、核验、文件"))
    names: tuple[str | UUID, ...]
    names = parse_query(request).tables if isinstance(request, str) else tuple(dict.fromkeys(request))
    if not names:
        raise PlanRefused(_("没有写明要读取的数据"), code="data.plan.empty", mend=_("请至少写明一个目录条目"))
    relations = _resolve(actor, scene, names, form)
    answer = _rewritten(request, relations) if isinstance(request, str) else _whole(relations)
    texts = (("postgres", answer.postgres), ("duckdb", answer.duckdb)) if isinstance(request, str) else ()
    plan = Plan(
        actor=actor,
        scene=scene,
        form=form,
        names=names,
        relations=relations,
        used=answer.used,
        output=answer.output,
        sql=texts,
        parameters=answer.parameters,
        limits=Limits(rows=answer.rows),
    )
    object.__setattr__(plan, "seal", _seal(plan))
    return plan


def still_granted(plan: Plan) -> None:
    """Ask the resolvers again, and refuse when a grant of the plan was withdrawn, changed or has run out.

    For streams and long readings, at each chunk. Raises `PlanRefused`.
    """
    plan.verify()
    held = {(r.resource, r.grant, r.epoch) for r in _resolve(plan.actor, plan.scene, plan.names, plan.form)}
    if not {(r.resource, r.grant, r.epoch) for r in plan.relations} <= held:
        raise withdrawn()


def withdrawn() -> PlanRefused:
    """Make the refusal for a grant that ended while it was being used."""
    return PlanRefused(
        _("授权已撤回、变更或到期，读取已停止"),
        code="data.plan.withdrawn",
        mend=_("请在“我的授权”中查看原因，需要时重新申请"),
    )


def bind(plan: Plan, parameters: Mapping[str, object]) -> tuple[object, ...]:
    """Give the values of a plan's parameters in order; raises `PlanRefused` for a missing or an unknown one."""
    wrong = set(plan.parameters) ^ set(parameters)
    bounded = all(
        value is None or isinstance(value, (str, int, float, bool, date, datetime, UUID))
        for value in parameters.values()
    )
    if wrong or not bounded or any(isinstance(value, str) and len(value) > 2_000 for value in parameters.values()):
        raise PlanRefused(
            _("查询参数与给出的值不一致"),
            code="data.plan.parameters",
            where=", ".join(sorted(wrong))[:200],
            mend=_("请为每个 :名称 给出一个文本、数值、日期或逻辑值"),
        )
    return tuple(parameters[name] for name in plan.parameters)
