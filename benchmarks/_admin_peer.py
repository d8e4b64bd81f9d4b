"""The peer of the portal's benchmarks: Django's admin list over the platform's own table of catalogue entries."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from jiangyuan.supervisor.ports import free_port

_APPLICATION = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "admin_peer_settings"
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
from django.contrib import admin
from jiangyuan.catalog.entries.models import Entry

class Everybody(admin.AdminSite):
    def has_permission(self, request):
        return True

class Anything(admin.ModelAdmin):
    list_display = ("name", "code", "body", "share_type", "grade", "update_cycle", "state")
    list_select_related = ("body",)
    list_filter = ("share_type", "state", "body")
    search_fields = ("name", "summary", "code")
    list_per_page = 50
    show_full_result_count = False
    def has_view_permission(self, request, obj=None): return True
    def has_module_permission(self, request): return True
    def has_change_permission(self, request, obj=None): return False
    def has_add_permission(self, request): return False
    def has_delete_permission(self, request, obj=None): return False

site = Everybody()
site.register(Entry, Anything)
from django.urls import path
import admin_peer_urls
admin_peer_urls.urlpatterns.append(path("admin/", site.urls))
"""
_SETTINGS = """
from jiangyuan.settings import *
INSTALLED_APPS = ["django.contrib.admin", *INSTALLED_APPS]
ROOT_URLCONF = "admin_peer_urls"
"""


THREADS = 16
"""Threads that answer, each with a database connection that it keeps: as Django is usually served."""


def _server(port: int) -> list[str]:
    served = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return [sys.executable, "-m", "granian", *served, "--blocking-threads", str(THREADS), "admin_peer:application"]


def environment_of(home: Path) -> dict[str, str]:
    """Give the environment of the platform's own web process: the peer reads the same database by the same role."""
    process = json.loads((home / "run.json").read_text("utf-8"))["programs"]["web"]["pid"]
    pairs = Path(f"/proc/{process}/environ").read_text("utf-8").split("\0")
    return {**os.environ, **dict(pair.split("=", 1) for pair in pairs if "=" in pair)}


@contextmanager
def admin_server(home: Path) -> Iterator[str]:
    """Serve the admin's list beside the platform; gives its address."""
    place = home / "admin_peer"
    place.mkdir(exist_ok=True)
    (place / "admin_peer.py").write_text(_APPLICATION, "utf-8")
    (place / "admin_peer_settings.py").write_text(_SETTINGS, "utf-8")
    (place / "admin_peer_urls.py").write_text("urlpatterns = []\n", "utf-8")
    environment = environment_of(home)
    environment["PYTHONPATH"] = os.pathsep.join([str(place), *sys.path[1:]])
    environment["DJANGO_SETTINGS_MODULE"] = "admin_peer_settings"
    port = free_port()
    process = subprocess.Popen(_server(port), env=environment, stdout=sys.stderr)
    address = f"http://127.0.0.1:{port}/admin/entries/entry/"
    try:
        for _attempt in range(150):
            try:
                if httpx.get(address, timeout=30).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=15)


@contextmanager
def admin_list(home: Path) -> Iterator[Callable[[], httpx.Response]]:
    """Give a call that asks for the first page of the admin's list."""
    with admin_server(home) as address, httpx.Client(timeout=60) as client:
        yield lambda: client.get(address)
