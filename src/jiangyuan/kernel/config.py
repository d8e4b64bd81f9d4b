"""Every setting of the platform, typed and documented.

A setting comes from the environment (`JIANGYUAN_<NAME>`), else from `jiangyuan.toml` (in the working folder, or named by
`JIANGYUAN_CONFIG`), else from its default. Unknown names in the file are refused, so that a typing error is seen.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jiangyuan.kernel.errors import Broken


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process."""

    home: Path = field(
        default=Path("var"), metadata={"doc": "Folder of keys, logs, the embedded database and uploaded files"}
    )
    database_url: str = field(
        default="", metadata={"doc": "PostgreSQL URL of the application's role (empty: the embedded database)"}
    )
    owner_url: str = field(
        default="", metadata={"doc": "PostgreSQL URL of the owning role; only migrations and the worker have it"}
    )
    reader_url: str = field(
        default="", metadata={"doc": "PostgreSQL URL of the role that reads governed data through grant roles"}
    )
    gateway_url: str = field(default="", metadata={"doc": "PostgreSQL URL of the gateway's role"})
    master_key_file: Path = field(
        default=Path(""),
        metadata={"doc": "File of the master key, outside database and backups (empty: home/keys/master.key)"},
    )
    secret_key: str = field(
        default="", metadata={"doc": "Key that signs sessions and forms (empty: made once under home)"}
    )
    node_code: str = field(default="qinghai", metadata={"doc": "Name of this node in the cascade"})
    node_name: str = field(
        default="青海省一体化政务大数据平台", metadata={"doc": "Name of the platform shown on every page"}
    )
    province_code: str = field(default="630000", metadata={"doc": "GB/T 2260 code of the province served"})
    authority_name: str = field(
        default="青海省数据局", metadata={"doc": "Name of the province's sharing authority (政务数据共享主管部门)"}
    )
    map_file: Path = field(
        default=Path(""),
        metadata={"doc": "GeoJSON file of the province's areas by six-digit code (empty: a schematic map of tiles)"},
    )
    map_number: str = field(default="", metadata={"doc": "Approval number (审图号) of the map file, printed below it"})
    map_inset: tuple[str, ...] = field(
        default=("6301", "6302"),
        metadata={
            "doc": "Beginnings of the codes of crowded areas that the map shows once more, larger (Xining, Haidong)"
        },
    )
    purposes_file: Path = field(
        default=Path(""),
        metadata={"doc": "JSON register of purposes of sharing, [{code, name}] (empty: the one in the package)"},
    )
    public_figures: tuple[str, ...] = field(
        default=("bodies", "published", "open", "items"),
        metadata={"doc": "Figures of the start page that anybody may see without signing in"},
    )
    web_host: str = field(default="127.0.0.1", metadata={"doc": "Address the portal listens on"})
    web_port: int = field(
        default=8600, metadata={"doc": "Port of the portal (the next free one is taken when it is in use)"}
    )
    web_workers: int = field(
        default=2, metadata={"doc": "Processes that serve the portal; one for each core is plenty"}
    )
    web_threads: int = field(
        default=6,
        metadata={"doc": "Pages that each of these processes makes at a time; each holds a database connection"},
    )
    gateway_host: str = field(default="127.0.0.1", metadata={"doc": "Address the gateway listens on"})
    gateway_port: int = field(default=8610, metadata={"doc": "Port of the gateway"})
    public_url: str = field(
        default="", metadata={"doc": "Address under which people reach the portal (empty: from host and port)"}
    )
    file_root: Path = field(
        default=Path(""), metadata={"doc": "The one folder under which file sources may lie (empty: home/files)"}
    )
    egress_allow: tuple[str, ...] = field(
        default=(), metadata={"doc": "Hosts or networks, with optional :port, that sources may be on"}
    )
    mail_host: str = field(default="", metadata={"doc": "Mail server (SMTP) that notices go through (empty: no mail)"})
    mail_port: int = field(default=587, metadata={"doc": "Port of the mail server"})
    mail_security: str = field(
        default="starttls", metadata={"doc": "How the mail server is spoken to: starttls, tls or none"}
    )
    mail_user: str = field(default="", metadata={"doc": "Account on the mail server (empty: none is asked)"})
    mail_password: str = field(default="", metadata={"doc": "Password of the account on the mail server"})
    mail_from: str = field(default="", metadata={"doc": "Address that mail of notices comes from"})
    demo: bool = field(
        default=False,
        metadata={"doc": "The demonstration runs: set by `jiangyuan demo` alone, and only on this machine"},
    )
    debug: bool = field(default=False, metadata={"doc": "Show technical detail on error pages; never in service"})
    https: bool = field(
        default=False, metadata={"doc": "The portal is reached by HTTPS: secure cookies and strict transport are on"}
    )
    log_level: str = field(default="INFO", metadata={"doc": "Level of the structured logs"})
    embedded_engine_memory: str = field(
        default="1GB", metadata={"doc": "Memory limit of the embedded analytical engine"}
    )
    query_seconds: int = field(default=30, metadata={"doc": "Longest time a query may run, in seconds"})
    query_rows: int = field(default=100_000, metadata={"doc": "Most rows that one query answer may hold"})
    idle_minutes: int = field(default=30, metadata={"doc": "Minutes without use after which a browser's session ends"})
    oidc_issuer: str = field(
        default="", metadata={"doc": "Issuer of the OpenID Connect sign-in provider (empty: passwords only)"}
    )
    oidc_client_id: str = field(default="", metadata={"doc": "Name of this platform at the sign-in provider"})
    oidc_client_secret: str = field(default="", metadata={"doc": "Secret of this platform at the sign-in provider"})
    oidc_claim: str = field(
        default="preferred_username",
        metadata={"doc": "Claim of the identity token that names the person (his sign-in name; `email`: his address)"},
    )
    oidc_name: str = field(default="统一身份认证", metadata={"doc": "Name of the sign-in provider on the sign-in page"})
    upload_bytes: int = field(default=50 * 1024 * 1024, metadata={"doc": "Largest upload in bytes"})

    def path(self, name: str, default: str) -> Path:
        """Give a configured path, or the default under `home`."""
        value: Path = getattr(self, name)
        return value if str(value) not in ("", ".") else self.home / default


def _convert(name: str, kind: str, value: Any) -> Any:
    try:
        if kind == "Path":
            return Path(str(value)).expanduser()
        if kind == "int":
            return int(value)
        if kind == "bool":
            return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes", "on")
        if kind.startswith("tuple"):
            parts = value if isinstance(value, list) else str(value).split(",")
            return tuple(str(p).strip() for p in parts if str(p).strip())
        return str(value)
    except (TypeError, ValueError) as exc:
        raise Broken(f"配置项 {name} 的值不正确：{value!r}", code="setting", where=name, mend=f"应为 {kind}。") from exc


def load(environment: dict[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings. Raises `Broken` for an unknown name in the file or a value of the wrong kind."""
    environment = dict(os.environ) if environment is None else environment
    file = file or Path(environment.get("JIANGYUAN_CONFIG", "jiangyuan.toml"))
    written = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    known = {f.name: f for f in fields(Settings)}
    for name in written:
        if name not in known:
            raise Broken(f"配置文件 {file} 中没有名为 {name} 的配置项", code="setting", where=name)
    values: dict[str, Any] = {}
    for name, entry in known.items():
        raw = environment.get(f"JIANGYUAN_{name.upper()}", written.get(name))
        if raw is not None:
            values[name] = _convert(name, str(entry.type), raw)
    return _guarded(Settings(**values))


def _guarded(found: Settings) -> Settings:
    """Refuse a demonstration that anybody but this machine could reach: it lets everybody in with one click."""
    outside = found.web_host not in ("127.0.0.1", "::1", "localhost") or found.public_url or found.https
    if found.demo and outside:
        raise Broken(
            "演示只能在本机运行：JIANGYUAN_DEMO 不能与 public_url、https 或本机以外的 web_host 同时使用",
            code="setting",
            where="demo",
            mend="正式平台请用 jiangyuan setup 和 jiangyuan up，不设 JIANGYUAN_DEMO。",
        )
    return found


def is_secret(name: str) -> bool:
    """Tell whether a setting is never shown: passwords, secrets, and addresses of databases, which hold passwords."""
    words = ("password", "secret", "token", "passphrase")
    return (name.endswith("_url") and name != "public_url") or any(word in name for word in words)


def origins(environment: dict[str, str] | None = None, file: Path | None = None) -> dict[str, str]:
    """Tell where each setting comes from: "environment", "file" or "default"."""
    environment = dict(os.environ) if environment is None else environment
    file = file or Path(environment.get("JIANGYUAN_CONFIG", "jiangyuan.toml"))
    written = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}

    def origin(name: str) -> str:
        return "environment" if f"JIANGYUAN_{name.upper()}" in environment else "file" if name in written else "default"

    return {entry.name: origin(entry.name) for entry in fields(Settings)}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Give the settings of this process (read once; `settings.cache_clear()` reads them again)."""
    return load()


def database_options(url: str) -> dict[str, Any]:
    """Turn a `postgresql://` URL into Django's database options, with sessions pinned to UTC and short waits.

    An empty URL gives options that fail on first use (`jiangyuan up` starts the embedded database and passes its URL).
    """
    parts = urlsplit(url or "postgresql://jy_app@127.0.0.1:1/jiangyuan")
    if parts.scheme not in ("postgresql", "postgres"):
        raise Broken("JIANGYUAN_DATABASE_URL 应以 postgresql:// 开头", code="setting", where="database_url")
    extra = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": extra.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "application_name": "jiangyuan", **extra},
    }


def connection_fields(url: str) -> dict[str, Any]:
    """Take a `postgresql://` URL apart: host, port, database, user, password."""
    parts = urlsplit(url)
    return {
        "host": dict(parse_qsl(parts.query)).get("host") or parts.hostname or "",
        "port": parts.port or 5432,
        "database": unquote(parts.path.lstrip("/")),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }
