"""Registration of quality: what its people may read, its place in the navigation, its tab on an entry."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


class QualityConfig(AppConfig):
    """Quality as a Django app."""

    name = "jiangyuan.resources.quality"

    def ready(self) -> None:
        from jiangyuan.catalog.entries.queries import ProblemKind, register_problems
        from jiangyuan.data.plan import register_resolver
        from jiangyuan.resources.quality.desks import register_pages
        from jiangyuan.resources.quality.measuring import measure
        from jiangyuan.resources.quality.queries import failing_of, resolve_problems
        from jiangyuan.standards.conformity import reviewing

        reviewing.register_measurer(measure)
        register_resolver(resolve_problems)
        said = ngettext_lazy("最近一次检查未通过的质量规则 %(n)s 条", "最近一次检查未通过的质量规则 %(n)s 条", "n")
        mend = _("先改正质量检查发现的问题行，再检查一次。")
        url = "/catalog/{}/?tab=quality"
        register_problems("quality", ProblemKind(failing_of, said, mend, lambda entry: url.format(entry.pk)))
        register_pages()
