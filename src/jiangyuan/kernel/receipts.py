"""Signed heads and receipts, and their verification by anybody: pure, offline, without database or settings.

A receipt carries the stored canonical bytes of an act or a read, the proof that they stand in the log under a signed
head, and the public key. It is read strictly: every value has one spelling only, so that a receipt with any byte
changed is refused. What cannot be told offline is whose key it is; without `trusted_keys` the verdict says so.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import orjson
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from jiangyuan.kernel import ciphers, merkle
from jiangyuan.kernel.errors import JiangyuanError

FORMAT = "jiangyuan-receipt/1"
LARGEST_FILE = 16 * 1024 * 1024
LONGEST_PROOF = 64
_BEGIN, _END = "-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n"
_HEAD = {"node", "size", "root", "at", "key_id", "signature"}
_BATCH = {"from", "to", "count", "root", "index", "proof"}
_FIELDS = {"format", "kind", "id", "node", "content", "sealed", "batch", "leaf", "proof", "head", "key"}


def _(text: str) -> str:
    """Mark a text for the catalogue; it is translated where it is shown, since this module runs without settings."""
    return text


@dataclass(frozen=True, slots=True)
class Finding:
    """What speaks against a receipt: a stable `code`, and a text with its parameters."""

    code: str
    text: str
    parameters: Mapping[str, object]

    def line(self, translate: Callable[[str], str] = str) -> str:
        """Give the finding as people read it."""
        return translate(self.text) % self.parameters


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be held of a receipt. `trusted`: the key is one of those the reader brought along.

    `content` is the act or read itself; `index`, `size`, `at` its place in the log and the head's size and time.
    """

    ok: bool
    trusted: bool
    finding: Finding | None = None
    kind: str = ""
    node: str = ""
    key_id: str = ""
    index: int = 0
    size: int = 0
    at: str = ""
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: the root over the first `size` leaves of a node's log. `at` is ISO 8601 in UTC."""

    node: str
    size: int
    root: bytes
    at: str
    key_id: str
    signature: bytes = b""

    def signed_bytes(self) -> bytes:
        """Give the bytes that the signature is over (RFC 8785)."""
        stated = {"head": "jiangyuan-head/1", "node": self.node, "size": self.size, "root": self.root.hex()}
        return orjson.dumps({**stated, "at": self.at, "key_id": self.key_id}, option=orjson.OPT_SORT_KEYS)

    def as_dict(self) -> dict[str, Any]:
        """Give the head as a receipt and the witness file hold it."""
        stated = {"node": self.node, "size": self.size, "root": self.root.hex(), "at": self.at}
        return {**stated, "key_id": self.key_id, "signature": self.signature.hex()}

    @classmethod
    def from_dict(cls, data: object) -> Head:
        """Read what `as_dict` gives. Raises ValueError for anything else."""
        fields = _fields(data, _HEAD, "head")
        return cls(
            _text(fields, "node"),
            _number(fields, "size"),
            _hex(fields["root"], "root", 32),
            _text(fields, "at"),
            _text(fields, "key_id"),
            _hex(fields["signature"], "signature"),
        )

    def signed_by(self, public_pem: str) -> bool:
        """Tell whether the signature is this key's and the head names this key."""
        try:
            if encode_dss_signature(*decode_dss_signature(self.signature)) != self.signature:
                return False
            if key_id(public_pem) != self.key_id:
                return False
            return ciphers.provider().verify(public_pem, self.signature, self.signed_bytes())
        except (ValueError, JiangyuanError):
            return False


def key_id(public_pem: str) -> str:
    """Name a public key: SM3 of its SubjectPublicKeyInfo, in hexadecimal. Raises ValueError for other spellings."""
    if not public_pem.startswith(_BEGIN) or not public_pem.endswith(_END):
        raise ValueError("not a public key in PEM")
    der = base64.b64decode("".join(public_pem[len(_BEGIN) : -len(_END)].split("\n")), validate=True)
    body = base64.b64encode(der).decode("ascii")
    lines = "".join(body[i : i + 64] + "\n" for i in range(0, len(body), 64))
    if public_pem != _BEGIN + lines + _END:
        raise ValueError("not a public key in PEM")
    return ciphers.sm3(der).hex()


def batch_bytes(*, start: tuple[int, str], end: tuple[int, str], count: int, root: bytes) -> bytes:
    """Give the content of the leaf of one access batch: its first and last (transaction, id), count and inner root."""
    stated = {"batch": "access", "from": list(start), "to": list(end), "count": count, "root": root.hex()}
    return orjson.dumps(stated, option=orjson.OPT_SORT_KEYS)


def commitment(content: bytes) -> str | None:
    """Give the digest of the ciphertext that canonical bytes commit to; None where nothing is sealed, or no JSON."""
    try:
        stated = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    sealed = stated.get("sealed") if isinstance(stated, dict) else None
    return sealed.get("digest") if isinstance(sealed, dict) else None


# --- strict reading ---------------------------------------------------------------------------------------------------


def _fields(data: object, names: set[str], where: str) -> dict[str, Any]:
    if not isinstance(data, dict) or set(data) != names:
        raise ValueError(where)
    return data


def _text(fields: Mapping[str, Any], name: str) -> str:
    if not isinstance(fields[name], str) or len(fields[name]) > 400:
        raise ValueError(name)
    return fields[name]


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = fields[name]
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError(name)
    return value


def _hex(value: object, where: str, length: int | None = None) -> bytes:
    if not isinstance(value, str):
        raise ValueError(where)
    data = bytes.fromhex(value)
    if data.hex() != value or (length is not None and len(data) != length):
        raise ValueError(where)
    return data


def _proof(value: object) -> list[bytes]:
    if not isinstance(value, list) or len(value) > LONGEST_PROOF:
        raise ValueError("proof")
    return [_hex(step, "proof", 32) for step in value]


def _place(value: object) -> tuple[int, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("batch")
    place = {"xid": value[0], "id": value[1]}
    return _number(place, "xid"), _text(place, "id")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _content(receipt: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
    text = receipt["content"]
    if not isinstance(text, str):
        raise ValueError("content")
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("content")
    content = json.loads(data, object_pairs_hook=_once)
    expected = {"event": {"type", "node", "actor", "object"}, "access": {"read", "phase", "actor", "form"}}
    kind = _text(receipt, "kind")
    if kind not in expected or not isinstance(content, dict) or not expected[kind] <= set(content):
        raise ValueError("kind")
    return data, content


# --- the verdict ------------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """A receipt does not hold; carries the finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def _refuse(code: str, text: str, **parameters: object) -> NoReturn:
    raise _Refused(Finding(code, text, parameters))


def verify_receipt(receipt: object, *, trusted_keys: Iterable[str] | None = None) -> Verdict:
    """Judge a receipt (as `json.loads` gives it) by itself alone. Never raises for what the receipt holds.

    `trusted_keys` are public keys (PEM) that the reader holds from elsewhere; a receipt under another key is refused.
    Without them everything is verified under the key the receipt brings, and `trusted` is False.
    """
    try:
        return _verify(_fields(receipt, _FIELDS, "receipt"), trusted_keys)
    except _Refused as refused:
        return Verdict(ok=False, trusted=False, finding=refused.finding)
    except (ValueError, TypeError, LookupError, RecursionError) as exc:
        # a JSON decoding error quotes the text; only the place is of use
        where = str(exc).split("\n")[0][:80]
        finding = Finding("shape", _("存证回执格式不正确（%(where)s），可能被改动或截断。"), {"where": where})
        return Verdict(ok=False, trusted=False, finding=finding)


def _verify(receipt: dict[str, Any], trusted_keys: Iterable[str] | None) -> Verdict:
    if receipt["format"] != FORMAT:
        _refuse("format", _("不认识的存证回执格式，请升级校验程序或核对文件。"))
    data, content = _content(receipt)
    head = Head.from_dict(receipt["head"])
    _verify_statements(receipt, content, head)
    leaf = _leaf(receipt, data)
    index = _number(receipt, "leaf")
    if not merkle.verify_inclusion(
        leaf=leaf, index=index, size=head.size, proof=_proof(receipt["proof"]), root=head.root
    ):
        _refuse("inclusion", _("内容与存证日志不符：包含证明不成立，内容或证明被改动。"))
    trusted = _verify_key(receipt["key"], head, trusted_keys)
    return Verdict(
        ok=True,
        trusted=trusted,
        kind=receipt["kind"],
        node=head.node,
        key_id=head.key_id,
        index=index,
        size=head.size,
        at=head.at,
        content=content,
    )


def _verify_statements(receipt: Mapping[str, Any], content: Mapping[str, Any], head: Head) -> None:
    """What the receipt says beside the content must be what the content says."""
    if receipt["node"] != head.node or content.get("node", head.node) != head.node:
        _refuse("node", _("存证回执所称节点与内容或日志首部不一致。"))
    if receipt["id"] != content.get("id"):
        _refuse("id", _("存证回执编号与内容不一致。"))
    commitment = content.get("sealed") if receipt["kind"] == "event" else None
    if receipt["sealed"] != (commitment["digest"] if commitment else None):
        _refuse("sealed", _("密文摘要与内容中的承诺不一致。"))


def _leaf(receipt: Mapping[str, Any], data: bytes) -> bytes:
    """Give the hash of the leaf: of the act itself, or of the batch that the read belongs to."""
    own = merkle.leaf_hash(data)
    if receipt["kind"] == "event":
        if receipt["batch"] is not None:
            raise ValueError("batch")
        return own
    batch = _fields(receipt["batch"], _BATCH, "batch")
    root, count = _hex(batch["root"], "root", 32), _number(batch, "count")
    if not merkle.verify_inclusion(
        leaf=own, index=_number(batch, "index"), size=count, proof=_proof(batch["proof"]), root=root
    ):
        _refuse("batch", _("内容与所属访问批次不符：内容或批次证明被改动。"))
    return merkle.leaf_hash(batch_bytes(start=_place(batch["from"]), end=_place(batch["to"]), count=count, root=root))


def _verify_key(key: object, head: Head, trusted_keys: Iterable[str] | None) -> bool:
    fields = _fields(key, {"id", "pem"}, "key")
    pem = _text(fields, "pem")
    if fields["id"] != head.key_id or key_id(pem) != head.key_id:
        _refuse("key", _("公钥与日志首部所称的密钥编号不一致。"))
    trusted = None if trusted_keys is None else {key_id(known) for known in trusted_keys}
    if trusted is not None and head.key_id not in trusted:
        _refuse("untrusted", _("存证回执由未受信任的密钥签署（指纹 %(key)s），请向签发节点核实。"), key=head.key_id)
    if not head.signed_by(pem):
        _refuse("signature", _("日志首部的签名不成立，首部或签名被改动。"))
    return trusted is not None


# --- the command ------------------------------------------------------------------------------------------------------


def main(path: Path, keys: Sequence[Path] = (), *, translate: Callable[[str], str] = str) -> tuple[int, list[str]]:
    """Verify the receipt in a file, under the public keys in files or folders (`*.pem`) when any are given.

    Returns the exit code (0 holds, 1 does not hold, 2 cannot be read) and lines for people.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            return 2, [translate(_("文件过大，不是存证回执：%(path)s")) % {"path": path}]
        receipt = json.loads(path.read_bytes(), object_pairs_hook=_once)
        files = [file for key in keys for file in (sorted(key.glob("*.pem")) if key.is_dir() else [key])]
        trusted = [file.read_text("ascii") for file in files] if keys else None
        for pem in trusted or ():
            key_id(pem)
    except OSError as exc:
        parameters = {"path": exc.filename, "reason": exc.strerror}
        return 2, [translate(_("无法读取文件 %(path)s：%(reason)s")) % parameters]
    except (ValueError, RecursionError):
        return 2, [translate(_("文件不是存证回执或公钥：%(path)s 应为 JSON 存证回执，公钥应为 PEM。")) % {"path": path}]
    verdict = verify_receipt(receipt, trusted_keys=trusted)
    if verdict.finding is not None:
        return 1, [translate(_("存证回执无效：%(reason)s")) % {"reason": verdict.finding.line(translate)}]
    return 0, [text % parameters for text, parameters in _report(verdict, translate)]


def _report(verdict: Verdict, translate: Callable[[str], str]) -> Iterable[tuple[str, Mapping[str, object]]]:
    content = verdict.content or {}
    yield translate(_("存证回执有效：内容自存入节点 %(node)s 的存证日志后未被改动。")), {"node": verdict.node}
    what = content.get("type") or f"{content.get('form')} {content.get('phase')}"
    yield (
        translate(_("内容：%(what)s，编号 %(id)s，时间 %(at)s")),
        {
            "what": what,
            "id": content.get("id"),
            "at": content.get("at"),
        },
    )
    place = {"place": verdict.index + 1, "size": verdict.size, "at": verdict.at}
    yield translate(_("位置：日志第 %(place)d 条，首部共 %(size)d 条，签署于 %(at)s")), place
    if verdict.trusted:
        yield translate(_("签名：SM2，密钥指纹 %(key)s，是您提供的受信公钥。")), {"key": verdict.key_id}
    else:
        yield (
            translate(_("签名：SM2，密钥指纹 %(key)s。未提供受信公钥，请向签发节点核对该指纹。")),
            {"key": verdict.key_id},
        )
