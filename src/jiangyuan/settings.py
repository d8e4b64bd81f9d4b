"""Django's settings, made from the platform's own (`kernel/config.py`); no secret stands here."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.config import database_options
from jiangyuan.kernel.config import settings as platform

_platform = platform()
BASE_DIR = Path(__file__).resolve().parent

ROOMS = [
    "jiangyuan.organization",
    "jiangyuan.sources",
    "jiangyuan.standards",
    "jiangyuan.standards.library",
    "jiangyuan.standards.conformity",
    "jiangyuan.catalog.entries",
    "jiangyuan.catalog.duties",
    "jiangyuan.catalog.onesource",
    "jiangyuan.catalog.commitments",
    "jiangyuan.catalog.important",
    "jiangyuan.catalog.census",
    "jiangyuan.catalog.grading",
    "jiangyuan.catalog.updates",
    "jiangyuan.catalog.claims",
    "jiangyuan.catalog.interchange",
    "jiangyuan.resources.ingestion",
    "jiangyuan.resources.quality",
    "jiangyuan.exchange.sharing",
    "jiangyuan.exchange.delivery",
    "jiangyuan.exchange.disputes",
    "jiangyuan.coordination.deadlines",
    "jiangyuan.coordination.demand",
    "jiangyuan.portal.figures",
    "jiangyuan.portal.ledger",
    "jiangyuan.portal.notices",
    "jiangyuan.portal.home",
    "jiangyuan.portal.trace",
    "jiangyuan.portal.tour",
    "jiangyuan.portal.administration",
    "jiangyuan.portal.drafts",
    "jiangyuan.portal.search",
    "jiangyuan.portal.views",
]
"""The apps of the rooms, in the order of the plan: a room's messages, navigation and handlers load in this order."""

STAGE = ["jiangyuan.demo.stagehand"] if _platform.demo else []
"""What exists only while the demonstration runs."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "jiangyuan.kernel",
    "jiangyuan.ui",
    *ROOMS,
    *STAGE,
]


def _secret() -> str:
    if _platform.secret_key:
        return _platform.secret_key
    file = _platform.home / "secret.key"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=True)
        if not file.read_text():
            file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


SECRET_KEY = _secret()
DEBUG = _platform.debug
ALLOWED_HOSTS = (
    ["*"] if not _platform.public_url else [_platform.public_url.split("//")[-1].split("/")[0].split(":")[0]]
)
ROOT_URLCONF = "jiangyuan.urls"
ASGI_APPLICATION = "jiangyuan.server.application"
AUTH_USER_MODEL = "organization.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": database_options(_platform.database_url)}
ATOMIC_REQUESTS = False

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "jiangyuan.ui.middleware.PlatformMiddleware",
    "jiangyuan.organization.gate.GateMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "jiangyuan.ui.context.frame",
            ],
        },
    }
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
# gathered by `jiangyuan up`; else files are served as they are, from the apps' own folders
STATIC_ROOT = _platform.home / "static" if (_platform.home / "static").is_dir() else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "jiangyuan.ui.static_files.StaticFiles"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = _platform.debug

PASSWORD_HASHERS = ["jiangyuan.organization.hashing.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login/"
CSRF_FAILURE_VIEW = "jiangyuan.ui.errors.csrf_failure"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _platform.https
SECURE_HSTS_SECONDS = 31_536_000 if _platform.https else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# the form of an entry has a dozen fields for each of its items, and a table may have hundreds of columns
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = "jiangyuan.kernel.jobs.ready"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "jiangyuan.kernel.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": _platform.log_level},
}
