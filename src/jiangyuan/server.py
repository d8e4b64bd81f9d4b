"""Composition root of the web process: Django as ASGI, with readiness and metrics beside it."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")

from django.core.asgi import get_asgi_application

from jiangyuan.kernel.config import settings
from jiangyuan.ui.middleware import BoundedBody

application = BoundedBody(get_asgi_application(), limit=settings().upload_bytes)
