"""Registration of disputes: their desks, their words, and what they say on the pages of requests and grants."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


class DisputesConfig(AppConfig):
    """Disputes as a Django app."""

    name = "jiangyuan.exchange.disputes"

    def ready(self) -> None:
        from jiangyuan.catalog.entries.queries import ProblemKind, register_problems
        from jiangyuan.exchange.disputes.desks import register_pages
        from jiangyuan.exchange.disputes.queries import open_of_entries

        said = ngettext_lazy("未办结的争议 %(n)s 件", "未办结的争议 %(n)s 件", "n")
        mend = _("先答复对方提出的争议，协商一致或者由主管部门裁决后销号。")
        register_problems("disputes", ProblemKind(open_of_entries, said, mend, lambda entry: "/exchange/disputes/"))

        register_pages()
