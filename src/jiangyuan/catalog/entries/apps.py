"""Registration of the catalogue's entries: words, kind of record, navigation."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EntriesConfig(AppConfig):
    """The catalogue's entries as a Django app."""

    name = "jiangyuan.catalog.entries"

    def ready(self) -> None:
        from django.db.models import Q

        from jiangyuan.catalog.entries import actions_bulk as _bulk  # noqa: F401
        from jiangyuan.catalog.entries import actions_claim as _claim  # noqa: F401
        from jiangyuan.catalog.entries import actions_import as _import  # noqa: F401
        from jiangyuan.catalog.entries import actions_tree as _tree  # noqa: F401
        from jiangyuan.catalog.entries.entry_pages import items_of_element
        from jiangyuan.catalog.entries.models import Entry
        from jiangyuan.catalog.entries.queries import PUBLIC, sees_revision
        from jiangyuan.catalog.entries.reviewable import ENTRY
        from jiangyuan.catalog.entries.states import DRAFTERS, HEADS
        from jiangyuan.catalog.entries.wording import register_words
        from jiangyuan.kernel.actor import Actor
        from jiangyuan.standards.conformity import reviewing
        from jiangyuan.ui import navigation, objects, tabs

        def desk(actor: Actor, state: str) -> Q | None:
            """Say which entries of a state lie on the actor's desk; a reviewer's own are not among them."""
            own_body, others = Q(body_id=actor.body), ~Q(created_by=actor.id) & ~Q(submitted_by=actor.id)
            if state in ("draft", "returned"):
                return own_body if actor.capacity in DRAFTERS else None
            if state in HEADS:
                return own_body & others if actor.capacity == HEADS[state] else None
            same = Q(body__jurisdiction__code=actor.jurisdiction)
            return same & others if actor.capacity in ("authority_handler", "authority_head") else None

        def holder(entry: Any) -> Any:
            return None if entry.state == "authority_review" else entry.body_id

        register_words()
        reviewing.register(ENTRY)
        tabs.register(
            tabs.Tab(label="standards.dataelement", code="", title=_("信息项"), order=10, draw=items_of_element)
        )
        objects.register(
            objects.Kind(
                model=Entry,
                title=_("目录"),
                url=lambda entry: f"/catalog/{entry.pk}/",
                related=("body",),
                waits={
                    "draft": "catalog.entry.submit",
                    "returned": "catalog.entry.submit",
                    "office_review": "catalog.entry.endorse",
                    "department_review": "catalog.entry.approve",
                    "authority_review": "catalog.entry.publish",
                },
                desk=desk,
                mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
                sender=lambda entry: entry.body_id,
                holder=holder,
                told=lambda entry, actor: None if sees_revision(entry, actor) else PUBLIC,
                reviewed=frozenset({"office_review", "department_review", "authority_review"}),
            )
        )
        reviewers = ("sharing_head", "department_head", "authority_handler", "authority_head")
        navigation.register(
            navigation.Item(place="find", title=_("查目录"), url="entries", order=10),
            navigation.Item(
                place="catalog", title=pgettext_lazy("several", "目录"), url="entries", order=10, group="look"
            ),
            navigation.Item(place="catalog", title=_("分类目录"), url="classes", order=14, group="look"),
            navigation.Item(
                place="catalog", title=pgettext_lazy("several", "目录评分"), url="entry_scores", order=16, group="look"
            ),
            navigation.Item(
                place="supply", title=_("编制目录"), url="entry_new", order=20, visible=navigation.holding(*DRAFTERS)
            ),
            navigation.Item(
                place="approve",
                title=_("目录审核"),
                url="entry_queue",
                order=10,
                visible=navigation.holding(*reviewers),
            ),
        )
