"""Registration of updates: words, kind of record, navigation, and what a revision records of its trigger."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


class UpdatesConfig(AppConfig):
    """Updates of entries as a Django app."""

    name = "jiangyuan.catalog.updates"

    def ready(self) -> None:
        from jiangyuan.catalog.entries.queries import ProblemKind, register_problems
        from jiangyuan.catalog.entries.rules import register_trigger
        from jiangyuan.catalog.updates import desks
        from jiangyuan.catalog.updates.actions import record_for_revision
        from jiangyuan.catalog.updates.queries import overdue_of
        from jiangyuan.ui import navigation

        register_trigger(record_for_revision)
        late = ngettext_lazy("超期未更新 %(n)s 项", "超期未更新 %(n)s 项", "n")
        mend = _("先办结超期的更新：修订后重新发布，或由负责人记录无需更新。")
        register_problems("updates", ProblemKind(overdue_of, late, mend, lambda entry: "/catalog/updates/"))
        desks.register_pages()
        navigation.register(
            navigation.Item(place="catalog", title=_("目录更新"), url="updates", order=30, group="make")
        )
