"""Composition root of the gateway's process: bare ASGI over the serving store, outside Django's view stack.

    POST /v1/{grant id or alias}/match        verify one person or enterprise
    POST /v1/{grant id or alias}/match-list   verify up to 200
    GET  /v1/{grant id or alias}/rows         small filtered query
    GET  /v1/{grant id or alias}/openapi.json what this service is and how to call it
    GET  /ready, /metrics                     for whoever keeps it running

A call is answered only when its trace is on the disk. Everything a caller can send wrong is a 4xx that says how to mend
it; what is broken on our side is a 503 without detail, and a log line.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.conf import settings as django_settings

from jiangyuan.kernel.config import settings

if TYPE_CHECKING:
    from jiangyuan.exchange.delivery.gateway.process import Gateway


def configure() -> None:
    """Give Django the little that the gateway uses of it: messages, and the kernel's shapes. No database, no views."""
    if django_settings.configured:
        return
    django_settings.configure(
        INSTALLED_APPS=["jiangyuan.kernel"],
        DATABASES={},
        USE_I18N=True,
        USE_TZ=True,
        TIME_ZONE="Asia/Shanghai",
        LANGUAGE_CODE="zh-hans",
        LANGUAGES=[("zh-hans", "中文"), ("en", "English")],  # i18n: a language names itself
        LOCALE_PATHS=[Path(__file__).with_name("locale")],
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": "jiangyuan.kernel.logs.JsonFormatter"}},
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["console"], "level": settings().log_level},
        },
    )
    django.setup()


def compose() -> Gateway:
    """Give the application, with Django configured for it."""
    configure()
    from jiangyuan.exchange.delivery.gateway.process import Gateway

    return Gateway(settings())


def settle() -> None:
    """Have the collector leave alone what stays for the life of the process, and look at the rest seldom.

    What a call makes is freed by its own references; searching the whole heap for cycles took a twelfth of each call.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


application = compose()
settle()
