"""Who is signed in at this terminal, and the platform's REST as the commands call it.

Tokens are kept in `~/.config/jiangyuan/credentials.json`, readable by its owner alone; each is bound to one appointment
and ends by itself. One person may be signed in several times (`--as` says as whom a command is meant).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from jiangyuan.cli import language
from jiangyuan.cli.guide import Answered, Unusable
from jiangyuan.cli.language import _, text

if TYPE_CHECKING:
    import httpx

DEFAULT_ADDRESS = "http://127.0.0.1:8600"
SECONDS = 60.0
PAGE = 200
MOST = 10_000
_as: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """One sign-in: where, as whom, and the token that says so."""

    name: str
    address: str
    username: str
    appointment: str
    label: str
    token: str = field(repr=False)


def act_as(name: str) -> None:
    """Choose the sign-in that this process uses (empty: the last one)."""
    global _as
    _as = name


def file() -> Path:
    """Give the place of the credentials: JIANGYUAN_CREDENTIALS, else under the user's configuration."""
    named = os.environ.get("JIANGYUAN_CREDENTIALS")
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(named) if named else base / "jiangyuan" / "credentials.json"


def _read() -> dict[str, Any]:
    place = file()
    try:
        if place.stat().st_mode & 0o077:
            mend = text(_("请执行 chmod 600 %(path)s。"), path=place)
            raise Unusable(text(_("登录凭据对他人可读")), where=str(place), mend=mend)
        kept = json.loads(place.read_text("utf-8"))
        return {"current": str(kept["current"]), "logins": {n: Login(**one) for n, one in kept["logins"].items()}}
    except FileNotFoundError:
        return {"current": "", "logins": {}}
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as exc:
        mend = text(_("请删除该文件后重新登录。"))
        raise Unusable(text(_("登录凭据无法读取")), where=str(place), mend=mend) from exc


def _write(kept: Mapping[str, Any]) -> None:
    place = file()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as written:
        logins = {name: asdict(login) for name, login in kept["logins"].items()}
        json.dump({"current": kept["current"], "logins": logins}, written, ensure_ascii=False, indent=1)
    draft.replace(place)


def keep(login: Login) -> None:
    """Keep a sign-in, and make it the one that is used."""
    kept = _read()
    kept["logins"][login.name] = login
    _write({**kept, "current": login.name})


def forget(name: str) -> None:
    """Forget a sign-in."""
    kept = _read()
    kept["logins"].pop(name, None)
    left = next(iter(kept["logins"]), "")
    _write({**kept, "current": kept["current"] if kept["current"] in kept["logins"] else left})


def logins() -> tuple[str, tuple[Login, ...]]:
    """Give the name of the sign-in that is used, and all of them."""
    kept = _read()
    return _as or os.environ.get("JIANGYUAN_AS") or kept["current"], tuple(kept["logins"].values())


def login() -> Login:
    """Give the sign-in that is used. Raises `Unusable` when there is none."""
    name, known = logins()
    found = next((one for one in known if one.name == name), None)
    if found is None:
        mend = text(_("请先登录：jiangyuan login。"))
        if known:
            mend += text(_("已有的登录：%(names)s。"), names=", ".join(one.name for one in known))
        raise Unusable(text(_("尚未登录")), where=name, mend=mend)
    return found


def clean_address(address: str) -> str:
    """Give an address as `scheme://host[:port]`. Raises `Unusable` for what is none."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Unusable(text(_("平台地址不正确")), where=address, mend=text(_("例如 https://data.example.gov.cn。")))
    return f"{parts.scheme}://{parts.netloc}"


# --- calling ----------------------------------------------------------------------------------------------------------


def send(
    method: str,
    path: str,
    *,
    address: str = "",
    token: str = "",
    query: Mapping[str, Any] | None = None,
    content: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Call REST (`path` under /api/v1) and give the answer's JSON. Signed in as `login()` unless `address` is given.

    Raises `Answered` for a refusal, `Unusable` where the platform cannot be reached.
    """
    return read(_call(method, path, address=address, token=token, query=query, headers=headers, json=content))


def upload(path: str, file: Path, *, fields: Mapping[str, str] | None = None) -> Any:
    """Hand a file in as a form; gives the answer's JSON. Raises `Unusable` where the file cannot be read."""
    try:
        with file.open("rb") as stream:
            given = {"files": {"file": (file.name, stream)}, "data": dict(fields or {})}
            return read(_call("POST", path, **given))
    except OSError as exc:
        raise Unusable(text(_("无法读取文件：%(reason)s"), reason=exc.strerror), where=str(file)) from exc


def download(path: str, out: Path, *, query: Mapping[str, Any] | None = None) -> None:
    """Write an answer that is a file. Raises `Answered` for a refusal, `Unusable` where it cannot be written."""
    answer = _call("GET", path, query=query, headers={"Accept": "*/*"})
    if not answer.is_success:
        read(answer)
    try:
        out.write_bytes(answer.content)
    except OSError as exc:
        raise Unusable(text(_("无法写入文件：%(reason)s"), reason=exc.strerror), where=str(out)) from exc


def _call(
    method: str,
    path: str,
    *,
    address: str = "",
    token: str = "",
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    **given: Any,
) -> httpx.Response:
    import httpx

    if not address:
        used = login()
        address, token = used.address, used.token
    sent = {"Accept": "application/json", "Accept-Language": "en" if language.current() == "en" else "zh-hans"}
    sent.update({"Authorization": f"Bearer {token}"} if token else {}, **(headers or {}))
    try:
        # neither a proxy nor a redirect may lead the token elsewhere
        with httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
            url = f"{address}/api/v1{path}"
            answer = client.request(method, url, params=dict(query or {}), headers=sent, **given)
    except httpx.HTTPError as exc:
        told = text(_("无法连接平台：%(reason)s"), reason=str(exc) or type(exc).__name__)
        mend = text(_("请核对地址，并确认平台已启动（jiangyuan up）。"))
        raise Unusable(told, where=address, mend=mend) from exc
    return answer


def read(answer: httpx.Response) -> Any:
    """Give the JSON of an answer. Raises `Answered` with what a refusal says."""
    try:
        content = answer.json() if answer.content else None
    except ValueError:
        content = None
    if answer.is_success and (content is not None or not answer.content):
        return content
    if not isinstance(content, dict) or "message" not in content:
        told = text(_("平台的答复无法识别（HTTP %(status)s）"), status=answer.status_code)
        raise Unusable(told, where=str(answer.url.copy_with(query=None)), mend=text(_("请核对地址是否是江源平台。")))
    fault = {name: str(content.get(name) or "") for name in ("message", "code", "where", "mend", "article")}
    if answer.status_code == 401 and token_is_over(fault["code"]):
        fault["mend"] = text(_("登录已失效，请重新登录：jiangyuan login。"))
    message = fault.pop("message")
    raise Answered(message, **fault)


def token_is_over(code: str) -> bool:
    """Tell whether a 401 says that nobody is signed in (and not that a sign-in was refused)."""
    return code == "login_required"


def items(path: str, *, query: Mapping[str, Any] | None = None, limit: int = MOST) -> Iterator[dict[str, Any]]:
    """Give the rows of a list, page by page, at most `limit`."""
    asked: dict[str, Any] = {**(query or {}), "size": min(limit, PAGE)}
    while limit > 0:
        page = send("GET", path, query=asked)
        yield from page["items"][:limit]
        limit -= len(page["items"])
        if not page["next"]:
            return
        asked["cursor"] = page["next"]


# --- naming things ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """What a command may be told to act on: where its list is, and by which fields it is known beside its id."""

    path: str
    help: str
    by: tuple[str, ...] = ()
    detail: bool = False


KINDS: dict[str, Kind] = {
    "body": Kind("/bodies", _("部门：别名、名称或编号"), ("alias", "name")),
    "person": Kind("/people", _("人员：登录名或编号"), ("username",)),
    "appointment": Kind("/appointments", _("任命的编号")),
    "system": Kind("/systems", _("应用系统：编码或编号"), ("code",)),
    "key": Kind("/keys", _("密钥的编号")),
    "source": Kind("/sources", _("数据源：别名或编号"), ("alias",)),
    "table": Kind("/sources/tables", _("数据表：数据源别名/表名，或编号"), ("name",)),
    "campaign": Kind("/census/campaigns", _("普查批次：名称或编号"), ("title",)),
    "report": Kind("/census/reports", _("普查报告的编号")),
    "upload": Kind("/census/uploads", _("导入的编号")),
    "finding": Kind("/census/findings", _("差异的编号")),
    "channel": Kind("/census/channels", _("共享通道的编号")),
    "entry": Kind("/catalog/entries", _("目录：编码、名称或编号"), ("code", "name"), detail=True),
    "obligation": Kind("/catalog/obligations", _("应覆盖项：代码或编号"), ("code",), detail=True),
    "excuse": Kind("/catalog/excuses", _("豁免申请的编号")),
    "designation": Kind("/catalog/designations", _("数源指定的编号")),
    "repetition": Kind("/catalog/repetitions", _("重复采集的编号")),
    "share_batch": Kind("/catalog/share-batches", _("批次的编号")),
    "commitment": Kind("/catalog/commitments", _("共享责任的编号")),
    "important": Kind("/catalog/important", _("识别记录的编号")),
    "update": Kind("/catalog/updates", _("更新事项的编号")),
    "claim": Kind("/catalog/claims", _("申领事项的编号")),
    "proposal": Kind("/catalog/proposals", _("新版本提议的编号"), detail=True),
    "extension": Kind("/deadlines/extensions", _("延期申请的编号")),
    "overdue": Kind("/deadlines/overdue", _("超期事项的编号")),
    "batch": Kind("/catalog/batches", _("导入的编号")),
    "harvest": Kind("/catalog/harvests", _("采集来源的编号")),
    "docking": Kind("/catalog/dockings", _("对接目录的编号")),
    "standard": Kind("/standards/standards", _("标准：标准编号或编号"), ("number",)),
    "opinion": Kind("/standards/opinions", _("意见的编号")),
    "mount": Kind("/resources/mounts", _("挂载：别名（部门.表）或编号"), ("alias",)),
    "ingest": Kind("/resources/ingests", _("挂载：别名（部门.表）或编号")),
    "rule": Kind("/quality/rules", _("规则的编号")),
    "run": Kind("/quality/runs", _("检查的编号")),
    "request": Kind("/sharing/requests", _("申请的编号"), detail=True),
    "grant": Kind("/sharing/grants", _("授权的编号"), detail=True),
    "case": Kind("/sharing/cases", _("办件：办件编号或编号"), ("number",), detail=True),
    "delivery": Kind("/delivery/deliveries", _("交换的编号")),
    "warning": Kind("/delivery/warnings", _("预警的编号")),
}


def _is_id(words: str) -> bool:
    try:
        UUID(words)
    except ValueError:
        return False
    return True


def identify(kind: str, words: str) -> str:
    """Give the id of what is meant. Raises `Unusable` when nothing, or more than one thing, is called so."""
    if kind == "ingest":
        mount = identify("mount", words)
        return _only("ingest", words, list(items("/resources/ingests", query={"mount": mount}, limit=2)))["id"]
    return words if _is_id(words) else find(kind, words)["id"]


def find(kind: str, words: str) -> dict[str, Any]:
    """Give the row of what is meant, as its list shows it. Raises `Unusable` as `identify` does."""
    spec = KINDS[kind]
    if _is_id(words):
        if spec.detail:
            return send("GET", f"{spec.path}/{words}")
        return _only(kind, words, [row for row in items(spec.path) if row["id"] == words])
    query: dict[str, str] = {}
    if kind == "table" and "/" in words:
        source, _slash, words = words.partition("/")
        query["source"] = identify("source", source)
    for name in spec.by:
        found = list(items(spec.path, query={**query, name: words}, limit=3))
        if found:
            return _only(kind, words, found)
    return _only(kind, words, [])


def _only(kind: str, words: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    if len(found) == 1:
        return found[0]
    expected = text(_("应为：%(what)s。"), what=text(KINDS[kind].help))
    if found:
        told = text(_("名为“%(name)s”的不止一个"), name=words)
        ids = ", ".join(str(row["id"]) for row in found[:3])
        raise Unusable(told, where=kind, mend=text(_("请改用编号：%(ids)s。"), ids=ids))
    raise Unusable(text(_("没有找到“%(name)s”，或您无权查看"), name=words), where=kind, mend=expected)
