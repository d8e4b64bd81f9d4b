"""What may be done with a record now: buttons from its state table and the actor's role, and the page of each.

Lists ask the state table only; a page of one record asks the policies too, so that it offers no button that `act`
would refuse to this actor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.kernel import policy
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Forbidden, NotFound
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.ui import checking, fields, pages
from jiangyuan.ui.forms import KEY, VERSION, ActionForm, form_for
from jiangyuan.ui.parts import Button, Header, Link, Part
from jiangyuan.ui.session import require_actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act that is possible now. `asks`: it needs a form; otherwise its button carries it out."""

    action: str
    title: Any
    verb: str
    asks: bool


def verb_of(action: str) -> str:
    """Give the last part of an action's address: `sharing.request.ask_completion` -> `ask-completion`."""
    return action.rsplit(".", 1)[-1].replace("_", "-")


def asks(action: str) -> bool:
    """Tell whether an action has parameters that a person must be asked for."""
    model = ACTIONS[action].parameters.model_fields
    return any(not fields.shown(info).hidden for info in model.values())


def permitted(action: str, thing: Record, actor: Actor) -> bool:
    """Ask the policies whether the actor may carry out an action on a record, as `act` will ask them."""
    resource = {"id": str(thing.pk), "type": thing._meta.label_lower, **thing.policy_attributes()}
    if isinstance(thing, Stated):
        resource["state"] = thing.state
    own = actor.kind == "person" and actor.id in thing.authors()
    return policy.decide(action=action, actor=actor, resource=resource, context=_context(action, own=own)).allowed


def may_begin(action: str, actor: Actor, **about: Any) -> bool:
    """Ask the policies whether the actor may carry out an action that makes something new, or acts on no record."""
    return policy.decide(action=action, actor=actor, resource=about, context=_context(action, own=False)).allowed


def _context(action: str, *, own: bool) -> dict[str, Any]:
    return {
        "purpose": "",
        "case_number": "",
        "channel": "portal",
        "network": "",
        "hour": timezone.localtime().hour,
        "own": own,
        "approves": ACTIONS[action].approves,
    }


def on_desk(thing: Stated, actor: Actor) -> list[str]:
    """Give the actions that the state table puts on the desk of the actor's capacity (no policy is asked)."""
    assert thing.workflow is not None
    return [step.action for step in thing.workflow.available(thing.state, {actor.capacity})]


def steps(thing: Record, actor: Actor, *, besides: Iterable[str] = (), without: Iterable[str] = ()) -> list[Step]:
    """Give what the actor may do now: from the state table, then `besides` (actions the table does not govern)."""
    names = on_desk(thing, actor) if isinstance(thing, Stated) else []
    wanted = [name for name in (*names, *besides) if name in ACTIONS and name not in set(without)]
    return [
        Step(action=name, title=ACTIONS[name].title, verb=verb_of(name), asks=asks(name))
        for name in dict.fromkeys(wanted)
        if permitted(name, thing, actor)
    ]


def button(step: Step, thing: Record, base: str, *, kind: Any = "plain", title: Any = "") -> Button:
    """Make the button of a step under the page `base`."""
    common = {"title": title or step.title, "url": f"{base}{step.verb}/", "kind": kind}
    if step.asks:
        return Button(**common)
    sent = ((VERSION, str(thing.version)), (KEY, str(uuid7())))
    return Button(method="post", fields=(*sent, (checking.CHECK, "1")) if asks_first(step) else sent, **common)


def asks_first(step: Step) -> bool:
    """Tell whether a button leads to a page that shows what will be submitted, before it is."""
    return checking.may_be_checked(step.action)


def buttons(
    thing: Record, found: Sequence[Step], base: str, *, main: str = "", danger: Iterable[str] = ()
) -> dict[str, Any]:
    """Give the head's buttons: at most one primary (`main`), the others plain, dangerous ones last."""
    dangerous = set(danger)
    first = next((step for step in found if step.action == main), None)
    rest = sorted((step for step in found if step is not first), key=lambda step: step.action in dangerous)
    further = tuple(button(s, thing, base, kind="danger" if s.action in dangerous else "plain") for s in rest)
    return {"action": button(first, thing, base, kind="primary") if first else None, "further": further}


def step_page(
    request: HttpRequest,
    thing: Record,
    verb: str,
    *,
    allowed: Iterable[str],
    base: str,
    crumbs: tuple[Link, ...] = (),
    choices: Mapping[str, Iterable[tuple[Any, Any]]] | None = None,
    initial: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    danger: Iterable[str] = (),
    lead: Mapping[str, Any] | None = None,
    next_step: Any | Callable[[Any], Any] = "",
    done: str | Callable[[Any], str] = "",
    facts: Callable[[], Sequence[Part]] | None = None,
    name: Any = "",
    beside: Mapping[str, Any] | None = None,
    opened: str = "",
    merge: Callable[[ActionForm, pages.Again], HttpResponse] | None = None,
) -> HttpResponse:
    """Answer the page of one step: its form, or the act when it was sent. Unknown verbs are not found.

    `allowed`: the actions this page offers; `base`: the record's own page, to which it returns; `name`: what people
    call the record, when it does not say so itself; `beside`: what others said of single fields, which stands at them;
    `opened`, `merge`: what the fields hold now, and what draws two people's changes (`merging`; given how the form is
    drawn otherwise). Raises `Forbidden` before a form is shown that the actor could not send.
    """
    action = next((name for name in allowed if verb_of(name) == verb and name in ACTIONS), None)
    if action is None:
        raise NotFound(_("没有这项操作"))

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url, form.danger = base, action in set(danger)
        form.say_beside(beside or {})
        header = Header(
            title=ACTIONS[action].title,
            crumbs=(*crumbs, Link(title=name or str(thing), url=base), Link(title=ACTIONS[action].title, current=True)),
            lead=(lead or {}).get(action, "") or ("" if asks(action) else _consequence(action, thing)),
        )
        return pages.form_page(request, form, header=header)

    if request.method == "POST":
        return pages.act_from_form(
            request,
            action,
            thing.pk,
            done=done or base,
            again=draw if asks(action) else None,
            choices=choices,
            fixed=fixed,
            next_step=next_step,
            facts=facts,
            merge=(lambda form: merge(form, draw)) if merge is not None else None,
        )
    if not permitted(action, thing, require_actor(request)):
        raise Forbidden(_("您当前的身份不能进行这项操作"), mend=_("请切换到有相应职责的身份，或返回上一页。"))
    if not asks(action) and checking.may_be_checked(action):
        if isinstance(thing, Stated) and action not in on_desk(thing, require_actor(request)):
            pages.flash(request, _("这一步已经办过，或现在不在您手中。"), level=messages.INFO)
            return pages.redirect(request, base)
        return pages.check_page(request, _unasked(action, thing), facts, back=base)
    return draw(form_for(action, initial=initial, choices=choices, fixed=fixed, version=thing.version, base=opened))


def _consequence(action: str, thing: Record) -> str:
    """Say what happens when a step that asks nothing is confirmed."""
    done = _("确认后立即办理“%(action)s”，并留痕。") % {"action": ACTIONS[action].title}
    table = thing.workflow if isinstance(thing, Stated) else None
    step = table.index.get((thing.state, action)) if table else None
    if table is None or step is None or step.source == step.target:
        return done
    change = _("状态由“%(before)s”变为“%(after)s”。") % {
        "before": table.states[step.source],
        "after": table.states[step.target],
    }
    return _("%(done)s%(change)s") % {"done": done, "change": change}


def _unasked(action: str, thing: Record) -> ActionForm:
    """Make the form of an act that asks nothing, as its button would send it: a check of it may be opened and reloaded."""
    sent = QueryDict(mutable=True)
    sent.update({VERSION: str(thing.version), KEY: str(uuid7())})
    form = form_for(action, data=sent)
    form.is_valid()
    return form


def begin_page(
    request: HttpRequest,
    action: str,
    *,
    back: str,
    done: str | Callable[[Any], str],
    crumbs: tuple[Link, ...] = (),
    about: Mapping[str, Any] | None = None,
    choices: Mapping[str, Iterable[tuple[Any, Any]]] | None = None,
    initial: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    lead: Any = "",
    next_step: Any | Callable[[Any], Any] = "",
) -> HttpResponse:
    """Answer the page of an action that makes something new; `about` is what the policies may ask of it."""

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = back
        title = ACTIONS[action].title
        header = Header(title=title, crumbs=(*crumbs, Link(title=title, current=True)), lead=lead)
        return pages.form_page(request, form, header=header)

    actor = require_actor(request)
    if not may_begin(action, actor, **(about or {})):
        raise Forbidden(_("您当前的身份不能进行这项操作"), mend=_("请切换到有相应职责的身份，或返回上一页。"))
    if request.method == "POST":
        return pages.act_from_form(
            request, action, done=done, again=draw, choices=choices, fixed=fixed, next_step=next_step
        )
    return draw(form_for(action, initial=initial, choices=choices, fixed=fixed))
