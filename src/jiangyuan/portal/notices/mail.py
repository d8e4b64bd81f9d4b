"""The e-mail of notices: what happened and where to look, never a name of a person and never any data."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.kernel import egress
from jiangyuan.kernel.config import settings
from jiangyuan.organization.models import Person
from jiangyuan.portal.notices.models import Notice
from jiangyuan.portal.notices.rules import RULES
from jiangyuan.ui import objects

SECONDS = 10
LINES = 30


class _Plain(smtplib.SMTP):
    """Dials the address that was judged; certificates are still verified against the name."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        pinned = egress.pin(egress.Endpoint("smtp", host.lower(), port))
        return socket.create_connection((pinned.address, pinned.port), timeout)


class _Tls(smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        pinned = egress.pin(egress.Endpoint("smtp", host.lower(), port))
        dialled = socket.create_connection((pinned.address, pinned.port), timeout)
        return self.context.wrap_socket(dialled, server_hostname=host)


class Backend(EmailBackend):
    """Django's SMTP backend that connects through the platform's own allow-list."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Give the client of the security that is set."""
        return _Tls if self.use_ssl else _Plain


def backend() -> Backend:
    """Give the mail server of the settings."""
    kept = settings()
    return Backend(
        host=kept.mail_host,
        port=kept.mail_port,
        username=kept.mail_user or None,
        password=kept.mail_password or None,
        use_tls=kept.mail_security == "starttls",
        use_ssl=kept.mail_security == "tls",
        timeout=SECONDS,
    )


def address() -> str:
    """Give where people reach the portal."""
    kept = settings()
    return (kept.public_url or f"http://{kept.web_host}:{kept.web_port}").rstrip("/")


def letter(person: Person, found: Sequence[Notice]) -> EmailMessage:
    """Write the e-mail that tells a person these notices, in the person's language."""
    with translation.override(person.language):
        subject = ngettext("%(platform)s：%(n)s 条消息", "%(platform)s：%(n)s 条消息", len(found)) % {
            "platform": settings().node_name,
            "n": len(found),
        }
        lines = [_line(notice) for notice in found[:LINES]]
        if len(found) > LINES:
            lines.append(_("还有 %(n)s 条，请登录查看。") % {"n": len(found) - LINES})
        closing = _("如不再需要邮件，可在“消息设置”中关闭：%(url)s") % {"url": f"{address()}/notices/preferences/"}
        body = "\n\n".join((*lines, closing))
        return EmailMessage(subject, body, settings().mail_from, [person.email], connection=backend())


def _line(notice: Notice) -> str:
    kind: Any = objects.kind_of(notice.object_type)
    said = {
        "what": RULES[notice.rule].title,
        "kind": kind.title if kind else "",
        "url": f"{address()}/notices/{notice.pk}/",
    }
    return _("%(what)s（%(kind)s）\n%(url)s") % said
