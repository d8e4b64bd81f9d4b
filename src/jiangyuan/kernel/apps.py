"""Registration of the kernel with Django; loads every app's actions and handlers."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class KernelConfig(AppConfig):
    """The kernel as a Django app."""

    name = "jiangyuan.kernel"
    label = "kernel"

    def ready(self) -> None:
        for config in apps.get_app_configs():
            if not config.name.startswith("jiangyuan."):
                continue
            for part in ("actions", "handlers"):
                if find_spec(f"{config.name}.{part}") is not None and config.name != self.name:
                    import_module(f"{config.name}.{part}")
        for part in ("clockwork", "erasure", "rotation"):
            import_module(f"jiangyuan.kernel.{part}")
