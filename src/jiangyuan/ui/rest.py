"""REST operations made from actions: what a form may do, a program may do, through the same door.

router = Router(tags=["sharing"])
expose(router, "sharing.request.submit", "/requests/{id}/submit", response=RequestOut)
api.add_router("/sharing", router)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI, Router, Schema, Status
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as NinjaValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.params import functions as param_functions
from ninja.security import APIKeyCookie, HttpBearer
from pydantic import BaseModel, Field, create_model

from jiangyuan.kernel.actions import ACTIONS, Action, act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import JiangyuanError, Refused
from jiangyuan.ui import errors
from jiangyuan.ui.forms import fault_text
from jiangyuan.ui.paging import keyset
from jiangyuan.ui.session import LoginRequired, actor_of, actor_of_token, scene_of


class Fault(Schema):
    """An error: a stable code, what happened, where, how to mend it, under which article."""

    code: str
    message: str
    where: str = ""
    mend: str = ""
    article: str = ""


def faults(*statuses: int) -> dict[str, Any]:
    """Give the description of an operation's refusals, for its `openapi_extra`.

    They are described, not declared as answers: a refusal is never put through a shape, and a shape for each of them
    at each operation was a third of the time the web process took to start.
    """
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}
    return {"responses": {one: {"description": HTTPStatus(one).phrase, "content": content} for one in statuses}}


class Outcome(Schema):
    """What an action left: the object it changed, when it did."""

    id: UUID | None = None
    version: int | None = None
    state: str | None = None


class BadVersion(Refused):
    """If-Match does not hold a version."""

    status = 400
    default_code = "bad_version"


class Bearer(HttpBearer):
    """A token of an application system or a person, as the organization room issues them."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Give the actor of the token."""
        return actor_of_token(request, token)


class Session(APIKeyCookie):
    """The browser's own session; changes need the CSRF token too."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Give the actor of the session."""
        return actor_of(request)


class Api(NinjaAPI):
    """An interface whose description holds the shape of a refusal once, however many operations name it."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Give the description of every operation."""
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"]["Fault"] = Fault.model_json_schema()
        return schema


def new_api(*, title: Any = "", description: Any = "", version: str = "1") -> NinjaAPI:
    """Make the API with its authentication (token or session) and its errors."""
    api = Api(
        title=str(title),
        version=version,
        description=str(description),
        auth=[Bearer(), Session()],
        urls_namespace="api",
    )
    api.add_exception_handler(JiangyuanError, _on_error)
    api.add_exception_handler(NinjaValidationError, _on_invalid)
    api.add_exception_handler(AuthenticationError, _on_stranger)
    api.add_exception_handler(Http404, lambda request, exc: errors.answer(request, errors.problem(404)))
    api.add_exception_handler(
        HttpError, lambda request, exc: errors.answer(request, errors.problem(cast(HttpError, exc).status_code))
    )
    return api


def _on_error(request: HttpRequest, error: Any) -> HttpResponse:
    return errors.answer_error(request, error)


def _on_stranger(request: HttpRequest, error: Any) -> HttpResponse:
    return errors.answer_error(
        request, LoginRequired(_("未通过身份验证"), mend=_("请在 Authorization 头中提供有效的令牌，或先登录。"))
    )


def _on_invalid(request: HttpRequest, error: Any) -> HttpResponse:
    first = error.errors[0]
    where = ".".join(str(p) for p in first["loc"] if p not in ("body", "payload", "query", "path", "header"))
    refusal = Refused(fault_text(first), code="invalid", where=where, mend=_("请改正后重新提交。"))
    return errors.answer_error(request, refusal)


def _version(if_match: str | None) -> int | None:
    if not if_match or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdigit():
        raise BadVersion(_("If-Match 应为版本号"), where="If-Match", mend=_('请填读取时得到的 version，如 "7"。'))
    return int(text)


def _outcome(result: Any) -> Any:
    if isinstance(result, Model):
        return Outcome(
            id=result.pk, version=getattr(result, "version", None), state=getattr(result, "state", None)
        ).model_dump(mode="json")
    return result if isinstance(result, dict) else Outcome().model_dump()


IdempotencyKey = Annotated[
    str | None,
    param_functions.Header(
        None, alias="Idempotency-Key", max_length=120, description=gettext_lazy("提交编号：同一编号重复提交只办一次")
    ),
]
IfMatch = Annotated[
    str | None,
    param_functions.Header(None, alias="If-Match", description=gettext_lazy("读取时得到的版本号；对象已变化时拒绝")),
]


def _operation(spec: Action, show: Callable[[Any], Any]) -> Callable[..., Any]:
    def run(request: HttpRequest, **given: Any) -> Any:
        body = given.get("payload")
        params = {k: getattr(body, k) for k in body.model_fields_set} if isinstance(body, BaseModel) else {}
        actor = cast(Any, request).auth
        result = act(
            spec.name,
            given.get("id"),
            actor=actor,
            scene=scene_of(request, channel="rest"),
            expected_version=_version(given.get("if_match")),
            idempotency_key=given.get("idempotency_key"),
            **params,
        )
        return show(result)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=HttpRequest)]
    if spec.on is not None:
        parameters.append(inspect.Parameter("id", keyword, annotation=UUID))
        parameters.append(inspect.Parameter("if_match", keyword, annotation=IfMatch, default=None))
    if spec.parameters.model_fields:
        parameters.append(inspect.Parameter("payload", keyword, annotation=spec.parameters))
    parameters.append(inspect.Parameter("idempotency_key", keyword, annotation=IdempotencyKey, default=None))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__name__ = spec.name.replace(".", "_")
    return run


def expose(
    router: Router,
    action_name: str,
    path: str,
    *,
    response: Any = None,
    show: Callable[[Any], Any] | None = None,
    method: str = "POST",
    status: int = 200,
    description: Any = "",
) -> None:
    """Make a REST operation of a registered action.

    `path` holds `{id}` when the action acts on an object. The body is the action's parameters; the headers are
    Idempotency-Key and If-Match (the version read). `response` is the schema of the answer and `show` makes it from
    the action's result; without them the answer is an `Outcome`. Raises KeyError for an unknown action.
    """
    spec = ACTIONS[action_name]
    if (spec.on is not None) != ("{id}" in path):
        raise ValueError(f"{action_name}: the path {path} must hold {{id}} exactly when the action acts on an object")
    make = show or ((lambda result: result) if response is not None else _outcome)
    operation = _operation(spec, make)

    def answer(request: HttpRequest, **given: Any) -> Any:
        return Status(status, operation(request, **given))

    answer.__signature__ = inspect.signature(operation)  # type: ignore[attr-defined]
    answer.__name__ = operation.__name__
    router.api_operation(
        [method],
        path,
        response={status: response or Outcome},
        summary=str(spec.title),
        description=str(description) or inspect.getdoc(spec.body) or "",
        operation_id=action_name,
        openapi_extra=faults(400, 401, 403, 404, 409, 422),
    )(answer)


class PageOf(Schema):
    """The base of list answers: the cursors of the neighbouring pages, empty where there is none."""

    next: str = ""
    previous: str = ""


class ListQuery(Schema):
    """How a list is asked for."""

    cursor: str = Field("", max_length=2000, description=gettext_lazy("翻页游标，取自上一次的 next 或 previous"))
    order: str = Field("", max_length=60, description=gettext_lazy("排序列，前加“-”为倒序"))
    size: int = Field(50, ge=1, le=200, description=gettext_lazy("每页行数"))


def _narrowed(rows: QuerySet[Any], name: str, value: str, field: str) -> QuerySet[Any]:
    """Give the rows whose column equals a value as it was asked for; a value that none could have is refused."""
    try:
        if "\x00" in value:
            raise ValueError(name)
        return rows.filter(**{field: cast(Any, rows.model._meta.get_field(name)).to_python(value)})
    except (ValidationError, ValueError, TypeError) as exc:
        raise Refused(_("查询条件的写法不对"), code="invalid", where=name, mend=_("请改正后重新提交。")) from exc


def listing(
    router: Router,
    path: str,
    *,
    item: type[Schema],
    rows: Callable[[Actor], QuerySet[Any]],
    allowed: tuple[str, ...],
    title: Any,
    description: Any = "",
    filters: Sequence[str] = (),
    fields: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Make a list operation, paged by key.

    `rows` gives what the actor may see; `allowed` are the columns that may be sorted by, the first being the default;
    `filters` are columns that may be asked for by equality; `fields` says where a column is called otherwise in the rows.
    """
    shape = create_model(f"{item.__name__}Page", __base__=PageOf, items=(list[item], ...))  # type: ignore[valid-type]
    asked: dict[str, Any] = dict.fromkeys(filters, (str, ""))
    wanted = create_model(f"{item.__name__}Query", __base__=ListQuery, **asked)

    def answer(request: HttpRequest, query: Any) -> Any:
        found = rows(cast(Any, request).auth)
        for name in filters:
            if value := getattr(query, name):
                found = _narrowed(found, name, value, fields.get(name, name))
        slice_ = keyset(
            found, order=query.order, allowed=allowed, cursor=query.cursor, size=query.size, salt=f"rest{path}"
        )
        return {"items": slice_.items, "next": slice_.next, "previous": slice_.previous}

    answer.__annotations__["query"] = Annotated[wanted, param_functions.Query(...)]
    answer.__name__ = f"list_{item.__name__.lower()}"
    router.get(
        path,
        response={200: shape},
        summary=str(title),
        description=str(description),
        openapi_extra=faults(400, 401, 403),
    )(answer)


api = new_api(
    title="江源 API",  # i18n: the interface's own name
    description="每个操作与页面上的同名操作走同一道门：同样的职责、状态、版本与留痕。",  # i18n: Chinese by rule
)
"""The API of the platform: each app's `api` module adds its router to it."""
