"""Barrier views: what one grant shows of the serving store, as objects of PostgreSQL itself.

For each grant a schema and a NOLOGIN role `g_<hex>`; in the schema one `security_barrier` view per table, with the row
condition, the masks and the grant's own state (id, epoch, active, until) inside. A reader takes the role for one
transaction; the role sees this schema and nothing else, so a query that slipped past the allow-list meets a wall.
The statements are run, in one transaction, by the owner of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from jiangyuan.data.relations import RelationGrant
from jiangyuan.data.sql.rewrite import relation_tree
from jiangyuan.kernel.errors import Broken

GRANT_TABLE = "sharing_grant"
LIVE_VIEW = "$live"
KEY_PREFIX = "$key."


def quote(name: str) -> str:
    """Quote an identifier for PostgreSQL."""
    return exp.to_identifier(name, quoted=True).sql(dialect="postgres")


def _live(relation: RelationGrant) -> exp.Select:
    """Give the state of the grant: one row while it holds, none once it was withdrawn, changed or has run out."""
    state = exp.select(exp.column("epoch", table="s")).from_(exp.table_(GRANT_TABLE, db="public", alias="s"))
    today = exp.cast(
        exp.paren(exp.AtTimeZone(this=exp.CurrentTimestamp(), zone=exp.Literal.string("Asia/Shanghai"))), "DATE"
    )
    return state.where(
        exp.EQ(this=exp.column("id", table="s"), expression=exp.cast(exp.Literal.string(str(relation.grant)), "UUID")),
        exp.EQ(this=exp.column("epoch", table="s"), expression=exp.Literal.number(relation.epoch)),
        exp.column("active", table="s"),
        exp.GTE(this=exp.column("until", table="s"), expression=today),
    )


def _barrier(relation: RelationGrant) -> exp.Select:
    names = [column.name for column in relation.columns]
    tree = relation_tree(relation, columns=names, dialect="postgres")
    return tree.where(exp.Exists(this=_live(relation)))


def key_column(name: str) -> str:
    """Name the raw key column in a lookup view, which is the gateway's alone."""
    return f"{KEY_PREFIX}{name}"


def lookup_view(relation: RelationGrant) -> str:
    """Name the view by which the gateway finds rows by their raw key."""
    return f"$key_{relation.resource.hex}"


def _lookup(relation: RelationGrant) -> exp.Select:
    keys = [
        exp.alias_(exp.column(exp.to_identifier(name, quoted=True)), key_column(name), quoted=True)
        for name in relation.lookups
    ]
    epoch = exp.alias_(exp.Literal.number(relation.epoch), "$epoch", quoted=True)
    return _barrier(relation).select(*keys, epoch)


def _sql(tree: exp.Expr) -> str:
    return tree.sql(dialect="postgres", identify=True, comments=False)


def _view(schema: str, name: str, tree: exp.Expr, reader: str, *, barrier: bool, owner: str) -> list[str]:
    place = f"{quote(schema)}.{quote(name)}"
    options = " WITH (security_barrier=true)" if barrier else ""
    statements = [f"CREATE VIEW {place}{options} AS {_sql(tree)}", f"REVOKE ALL ON {place} FROM PUBLIC"]
    if owner:
        statements.append(f"ALTER VIEW {place} OWNER TO {quote(owner)}")
    return [*statements, f"GRANT SELECT ON {place} TO {quote(reader)}"]


def _owner_rights(relations: Sequence[RelationGrant], schema: str, owner: str) -> list[str]:
    """Let the views' owner read just what the views stand on."""
    statements = [
        f"GRANT USAGE, CREATE ON SCHEMA {quote(schema)} TO {quote(owner)}",
        f"GRANT SELECT (id, epoch, active, until) ON public.{GRANT_TABLE} TO {quote(owner)}",
    ]
    for relation in relations:
        place = relation.location
        statements.append(f"GRANT USAGE ON SCHEMA {quote(place.schema)} TO {quote(owner)}")
        statements.append(f"GRANT SELECT ON {quote(place.schema)}.{quote(place.table)} TO {quote(owner)}")
    return statements


def _indexes(relation: RelationGrant) -> list[str]:
    """Let rows be found by a subject without reading the table; the key has its own index."""
    place = relation.location
    return [
        f"CREATE INDEX IF NOT EXISTS {quote(f'{place.table}_{position}')}"
        f" ON {quote(place.schema)}.{quote(place.table)} ({quote(name)})"
        for position, name in enumerate(relation.lookups)
        if name not in relation.key
    ]


def _one_grant(relations: Sequence[RelationGrant]) -> str:
    roles = {relation.role for relation in relations}
    views = {relation.view for relation in relations}
    stored = all(relation.location.kind == "serving" for relation in relations)
    if len(roles) != 1 or len(views) != len(relations) or not stored:
        raise Broken(_("授权视图只能由同一份授权、已落地且名称不同的表建立"), code="data.barrier.relations")
    return roles.pop()


def create_statements(
    relations: Sequence[RelationGrant], *, reader: str = "jy_reader", gateway: str = "jy_gateway", owner: str = ""
) -> list[str]:
    """Give the statements that build, or rebuild, everything of one grant in the serving store.

    `reader` may take the grant's role; `gateway` reads the lookup views only; `owner`, where given, is a NOLOGIN role
    that owns the views, so that they reach just the tables they stand on. Idempotent, also after a change of epoch.
    Token columns are not in any view: no engine can compute them. Raises `Broken` for relations of several grants.
    """
    role = _one_grant(relations)
    statements = [
        f"DO $$ BEGIN CREATE ROLE {quote(role)} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"DROP SCHEMA IF EXISTS {quote(role)} CASCADE",
        f"CREATE SCHEMA {quote(role)}",
        f"GRANT USAGE ON SCHEMA {quote(role)} TO {quote(role)}",
        f"GRANT USAGE ON SCHEMA {quote(role)} TO {quote(gateway)}",
        f"GRANT {quote(role)} TO {quote(reader)}",
    ]
    if owner:
        statements += _owner_rights(relations, role, owner)
    statements += _view(role, LIVE_VIEW, _live(relations[0]), role, barrier=True, owner=owner)
    for relation in relations:
        statements += _view(role, relation.view, _barrier(relation), role, barrier=True, owner=owner)
        if relation.lookups:
            statements += _indexes(relation)
            statements += _view(role, lookup_view(relation), _lookup(relation), gateway, barrier=False, owner=owner)
    if owner:
        statements.append(f"REVOKE CREATE ON SCHEMA {quote(role)} FROM {quote(owner)}")
    return statements


def drop_statements(grant: UUID) -> list[str]:
    """Give the statements that remove everything of a grant from the serving store; idempotent.

    Withdrawal does not wait for them: it takes effect when the grant's row changes, inside every view.
    """
    role = quote(f"g_{grant.hex}")
    return [f"DROP SCHEMA IF EXISTS {role} CASCADE", f"DROP ROLE IF EXISTS {role}"]
