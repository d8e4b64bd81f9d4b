"""Registration of sharing: its resolver with door two, and its answers to whether an entry or mount is in use."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Sharing as a Django app."""

    name = "jiangyuan.exchange.sharing"

    def ready(self) -> None:
        from jiangyuan.catalog.entries import rules as entry_rules
        from jiangyuan.catalog.onesource import rules as source_rules
        from jiangyuan.data.plan import register_resolver
        from jiangyuan.exchange.sharing.desks import register_pages
        from jiangyuan.exchange.sharing.queries import holds_element, live_on_entry, live_on_mount
        from jiangyuan.exchange.sharing.resolver import resolve
        from jiangyuan.exchange.sharing.reviewable import INTERFACE
        from jiangyuan.resources.ingestion import rules as mount_rules
        from jiangyuan.standards.conformity import reviewing

        reviewing.register(INTERFACE)
        register_resolver(resolve)
        entry_rules.LIVE_USES.append(live_on_entry)
        mount_rules.MOUNT_USES.append(live_on_mount)
        source_rules.SHARED.append(holds_element)
        register_pages()
