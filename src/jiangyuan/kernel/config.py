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
    web_host: str = field(default="127.0.0.1", metadata={"doc": "Address the portal listens on"})
    web_port: int = field(
        default=8600, metadata={"doc": "Port of the portal (the next free one is taken when it is in use)"}
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
    return Settings(**values)


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
