"""What a platform consists of: the programs, and the little each is told.

The web never learns the owner's URL and the gateway learns only its own: a process that is taken over can do no more
than its role.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jiangyuan.kernel.config import Settings
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.roles import URL_NAMES

MARK = "JIANGYUAN_SUPERVISED"
"""Environment variable by which the children of a killed supervisor are recognised; its value is their home."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to keep running.

    `ready` is the URL that answers 200 once it serves; without one it counts as ready when it runs. `port` is what it
    listens on, if anything. `environment` is added to the supervisor's own.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    ready: str = ""
    grace: float = 10.0


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one run; chosen once, so that a restarted program is found where it was."""

    web: int
    gateway: int

    @classmethod
    def choose(cls, settings: Settings) -> "Ports":
        """Return the configured ports, or the next best where they are taken."""
        web = free_port(settings.web_port)
        gateway = free_port(settings.gateway_port)
        return cls(web, gateway if gateway != web else free_port())


def platform_programs(settings: Settings, urls: Mapping[str, str], ports: Ports) -> list[Program]:
    """Return web, gateway and worker, in the order in which they are stopped: doors first, then the work behind."""
    addresses = {
        "JIANGYUAN_WEB_PORT": str(ports.web),
        "JIANGYUAN_GATEWAY_PORT": str(ports.gateway),
    }
    return [
        Program(
            name="web",
            command=portal(settings.web_host, ports.web, workers=settings.web_workers),
            environment=addresses | only(urls, "database_url", "reader_url"),
            port=ports.web,
            ready=f"http://{_reachable(settings.web_host)}:{ports.web}/ready",
        ),
        Program(
            name="gateway",
            command=granian("jiangyuan.gateway:application", settings.gateway_host, ports.gateway),
            environment=addresses | only(urls, "gateway_url"),
            port=ports.gateway,
            ready=f"http://{_reachable(settings.gateway_host)}:{ports.gateway}/ready",
        ),
        Program(
            name="worker",
            command=[sys.executable, "-m", "jiangyuan.worker"],
            environment=addresses | only(urls, "database_url", "owner_url", "reader_url"),
        ),
    ]


def migration(urls: Mapping[str, str]) -> Program:
    """Return the program that brings the tables up to date, as their owner, and ends."""
    return Program(
        name="migrate",
        command=[sys.executable, "-m", "django", "migrate", "--no-input", "--skip-checks", "--verbosity", "1"],
        environment={**only(urls, "owner_url"), "JIANGYUAN_DATABASE_URL": urls["owner_url"]},
    )


def gathering(urls: Mapping[str, str]) -> Program:
    """Return the program that gathers the static files under home, named by digest and compressed, and ends."""
    return Program(
        name="static files",
        command=[sys.executable, "-m", "django", "collectstatic", "--no-input", "--clear", "--verbosity", "0"],
        environment=only(urls, "database_url"),
    )


def only(urls: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return the environment that tells these URLs and hides the others.

    The others are set to nothing rather than left out, so that a settings file does not tell them either.
    """
    return {f"JIANGYUAN_{name.upper()}": urls[name] if name in names else "" for name in URL_NAMES}


def child_environment(program: Program, home: Path) -> dict[str, str]:
    """Return the whole environment of a child, with the mark by which the next start finds what was left behind."""
    inherited = {name: value for name, value in os.environ.items() if name != MARK}
    if inherited.pop("PYTHONDONTWRITEBYTECODE", ""):
        # compiling everything again is most of a restart; what may not stand beside the source stands under home
        inherited.setdefault("PYTHONPYCACHEPREFIX", str(home / "cache" / "python"))
    return {
        "DJANGO_SETTINGS_MODULE": "jiangyuan.settings",
        "PYTHONUNBUFFERED": "1",
        **inherited,
        "JIANGYUAN_HOME": str(home),
        **program.environment,
        MARK: str(home),
    }


def portal(host: str, port: int, *, workers: int = 1) -> list[str]:
    """Return the command that serves the portal from so many processes, forked from one that has loaded it."""
    return [sys.executable, "-m", "jiangyuan.serve", host, str(port), str(workers)]


def granian(application: str, host: str, port: int) -> list[str]:
    """Return the command that serves an ASGI application, named `module:attribute`."""
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", host, "--port", str(port)]
    return [*command, "--workers-kill-timeout", "5", application]


def _reachable(host: str) -> str:
    """The address to ask a server that listens on every address."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
