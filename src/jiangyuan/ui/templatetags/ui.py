"""Template tags: draw a part, a value, a clock in the words and shapes of the platform."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jiangyuan.kernel import texts
from jiangyuan.kernel.models import Stated
from jiangyuan.kernel.texts import listed
from jiangyuan.ui import drafts, shares
from jiangyuan.ui.states import state_badge as badge_of

register = template.Library()


@register.simple_tag(takes_context=True)
def part(context: template.Context, thing: Any) -> str:
    """Draw a part (anything with a `template`); nothing for None."""
    if thing is None or thing == "":
        return ""
    if isinstance(thing, Stated):
        thing = badge_of(thing)
    # Handed on by name, not by request: context processors would run again for every cell of a table.
    inner = {name: context.get(name) for name in ("request", "frame", "csrf_token")}
    return render_to_string(thing.template, {**inner, "part": thing})


@register.simple_tag(takes_context=True)
def value(context: template.Context, thing: Any) -> str:
    """Draw a value: a part as itself, numbers with thousands, days as 2026-11-22, nothing as a dash."""
    if thing is None or thing == "":
        return format_html('<span class="jy-none" title="{}">—</span>', _("无"))
    if hasattr(thing, "template") or isinstance(thing, Stated):
        return part(context, thing)
    if isinstance(thing, bool):
        return _("是") if thing else _("否")
    if isinstance(thing, int | float | Decimal):
        return f"{thing:,}"
    if isinstance(thing, datetime):
        local = timezone.localtime(thing) if timezone.is_aware(thing) else thing
        return format_html(
            '<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), f"{local:%Y-%m-%d %H:%M}"
        )
    if isinstance(thing, date):
        return format_html('<time datetime="{}">{}</time>', thing.isoformat(), thing.isoformat())
    if isinstance(thing, list | tuple | set | frozenset):
        return listed(str(t) for t in (sorted(thing) if isinstance(thing, set | frozenset) else thing))
    return str(thing)


@register.simple_tag(takes_context=True)
def hold(context: template.Context, form: Any, url: str = "") -> str:
    """Draw the two hidden fields of every form: its token, and the mark under which its content is kept.

    `form`: an `ActionForm`, or the name of an action when a page draws its form itself and sends it to `url`.
    """
    request, token = context.get("request"), context.get("csrf_token")
    drawn = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token) if token else ""
    action, url = (form, url) if isinstance(form, str) else (form.spec.name, form.url)
    mark = drafts.mark_of(request, action, url) if request is not None else ""
    return drawn + format_html('<input type="hidden" name="{}" value="{}">', drafts.MARK, mark) if mark else drawn


@register.inclusion_tag("ui/parts/draft.html", takes_context=True)
def offered(context: template.Context, form: Any) -> dict[str, Any]:
    """Draw the offer to go on with what was typed before; stands before the form, for it has a form of its own."""
    request = context.get("request")
    if request is not None:
        form.offer(request)
    return {"draft": form.draft, "csrf_token": context.get("csrf_token")}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon; it says nothing that the word beside it does not, so screen readers skip it."""
    return format_html('<i class="ti ti-{}" aria-hidden="true"></i>', name)


@register.filter
def cite(article: Any) -> str:
    """Name an article of law in the reader's language."""
    return texts.cite(article)


@register.filter
def share(thing: Any) -> str:
    """Say a share of a hundred as every page says it, without its sign."""
    return shares.figure(thing)


@register.filter
def percent(thing: Any) -> str:
    """Say a share of a hundred as every page says it."""
    return shares.percent(thing)


@register.simple_tag(takes_context=True)
def chart_scripts(context: template.Context) -> SafeString:
    """Ask for the script that draws charts, once a page; it fetches the chart library when a chart comes into view."""
    request = context.get("request")
    if getattr(request, "jiangyuan_charts", False):
        return SafeString("")
    if request is not None:
        request.jiangyuan_charts = True
    return format_html(
        '<script src="{}" data-library="{}" defer></script>', static("ui/chart.js"), static("vendor/echarts.min.js")
    )


@register.filter
def control(field: Any) -> str:
    """Tell which kind of control a bound field is: "check", "choices", or "plain"."""
    kind = getattr(field.field.widget, "input_type", "")
    if kind == "checkbox" and not getattr(field.field.widget, "allow_multiple_selected", False):
        return "check"
    return "choices" if kind in ("radio", "checkbox") else "plain"


@register.filter
def counted(field: Any) -> int:
    """Give the limit of a text of some length, whose characters are counted while it is typed; 0 for others."""
    limit = getattr(field.field, "max_length", None) or 0
    return limit if getattr(field.field.widget, "template_name", "").endswith("textarea.html") else 0
