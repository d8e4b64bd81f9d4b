"""Every address of the portal: each app's pages and REST routes hang here."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from jiangyuan.ui.rest import api

urlpatterns: list[URLPattern | URLResolver] = []

for _name in ("jiangyuan.ui", *settings.ROOMS, *settings.STAGE):
    if find_spec(f"{_name}.api") is not None:
        import_module(f"{_name}.api")
    if find_spec(f"{_name}.pages") is not None:
        _pages = import_module(f"{_name}.pages")
        urlpatterns += [path("", include(_pages.urlpatterns))]

urlpatterns += [path("api/v1/", api.urls), path("i18n/", include("django.conf.urls.i18n"))]

handler400 = "jiangyuan.ui.errors.bad_request"
handler403 = "jiangyuan.ui.errors.forbidden"
handler404 = "jiangyuan.ui.errors.not_found"
handler500 = "jiangyuan.ui.errors.server_error"
