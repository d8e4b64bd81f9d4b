"""Receipts: accepted offline, refused after any change."""

import base64
import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiangyuan.kernel import ciphers, merkle, receipts
from jiangyuan.kernel.receipts import Head, verify_receipt

PRIVATE = ciphers.provider().generate_key()
PUBLIC = ciphers.provider().public_key(PRIVATE)
STRANGER = ciphers.provider().generate_key()


def signed(node: str, size: int, root: bytes, private: str = PRIVATE) -> Head:
    key = receipts.key_id(ciphers.provider().public_key(private))
    head = Head(node, size, root, "2026-11-22T08:00:00+00:00", key)
    return Head(head.node, size, root, head.at, key, ciphers.provider().sign(private, head.signed_bytes()))


def encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def act(number: int, *, sealed: bool = False) -> bytes:
    commitment = {"key": "k", "digest": ciphers.sm3(b"%d" % number).hex()} if sealed else None
    return encoded(
        {
            "id": f"act-{number}",
            "type": "sharing.granted",
            "at": "2026-11-22T07:59:00+00:00",
            "node": "qinghai",
            "actor": {"kind": "person"},
            "object": {"type": "grant"},
            "payload": {"理由": "低保核对"},
            "sealed": commitment,
        }
    )


def read(number: int) -> bytes:
    return encoded({"id": f"read-{number}", "read": "r", "phase": "finished", "form": "query", "actor": {}, "at": "t"})


def receipt_for(data: bytes, *, leaves: list[bytes], index: int, batch: dict[str, Any] | None = None) -> dict[str, Any]:
    content = json.loads(data)
    store = merkle.MemoryNodes()
    size = merkle.append(store, 0, leaves)
    head = signed("qinghai", size, merkle.root(store, size))
    return {
        "format": receipts.FORMAT,
        "kind": "access" if batch else "event",
        "id": content["id"],
        "node": "qinghai",
        "content": base64.b64encode(data).decode(),
        "sealed": content["sealed"]["digest"] if content.get("sealed") else None,
        "batch": batch,
        "leaf": index,
        "proof": [step.hex() for step in merkle.inclusion_proof(store, index, size)],
        "head": head.as_dict(),
        "key": {"id": head.key_id, "pem": PUBLIC},
    }


def event_receipt(*, sealed: bool = True) -> dict[str, Any]:
    acts = [act(i, sealed=sealed) for i in range(11)]
    return receipt_for(acts[6], leaves=[merkle.leaf_hash(a) for a in acts], index=6)


def access_receipt() -> dict[str, Any]:
    reads = [read(i) for i in range(5)]
    store = merkle.MemoryNodes()
    count = merkle.append(store, 0, [merkle.leaf_hash(r) for r in reads])
    root = merkle.root(store, count)
    content = receipts.batch_bytes(start=(7, "a"), end=(9, "b"), count=count, root=root)
    batch = {
        "from": [7, "a"],
        "to": [9, "b"],
        "count": count,
        "root": root.hex(),
        "index": 3,
        "proof": [step.hex() for step in merkle.inclusion_proof(store, 3, count)],
    }
    leaves = [merkle.leaf_hash(act(0)), merkle.leaf_hash(content), merkle.leaf_hash(act(1))]
    return receipt_for(reads[3], leaves=leaves, index=1, batch=batch)


RECEIPTS = {"event": event_receipt(), "access": access_receipt()}
BYTES = {kind: json.dumps(receipt, separators=(",", ":")).encode() for kind, receipt in RECEIPTS.items()}


@pytest.mark.parametrize("kind", RECEIPTS)
def test_a_receipt_holds(kind: str):
    verdict = verify_receipt(RECEIPTS[kind], trusted_keys=[PUBLIC])
    assert verdict.ok and verdict.trusted and verdict.kind == kind
    assert verdict.content is not None and verdict.content["id"] == RECEIPTS[kind]["id"]


def test_without_keys_the_verdict_says_that_nobody_vouches_for_the_key():
    verdict = verify_receipt(RECEIPTS["event"])
    assert verdict.ok and not verdict.trusted


@pytest.mark.parametrize("kind", RECEIPTS)
def test_any_byte_flipped_is_refused(kind: str, tmp_path: Path):
    file = tmp_path / "receipt.json"
    for place in range(len(BYTES[kind])):
        for bits in (0x01, 0x20):
            changed = bytearray(BYTES[kind])
            changed[place] ^= bits
            file.write_bytes(changed)
            code, lines = receipts.main(file)
            assert code != 0, (place, bits, bytes(changed[max(0, place - 20) : place + 20]))
            assert lines


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(RECEIPTS)), place=st.integers(0), value=st.integers(0, 255))
def test_any_byte_replaced_is_refused(kind: str, place: int, value: int):
    changed = bytearray(BYTES[kind])
    place %= len(changed)
    if changed[place] == value:
        return
    changed[place] = value
    try:
        data = json.loads(bytes(changed))
    except ValueError:
        return
    assert not verify_receipt(data, trusted_keys=[PUBLIC]).ok


@st.composite
def mutations(draw: st.DrawFn) -> dict[str, Any]:
    """A receipt with one value anywhere in it replaced by something else, removed, or doubled."""
    receipt = copy.deepcopy(RECEIPTS[draw(st.sampled_from(sorted(RECEIPTS)))])
    here: Any = receipt
    while True:
        key = draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        if not isinstance(here[key], dict | list) or not here[key] or draw(st.booleans()):
            break
        here = here[key]
    kind = draw(st.sampled_from(["drop", "replace", "number", "deep"]))
    if kind == "drop":
        del here[key]
    elif kind == "number" and isinstance(here[key], int):
        here[key] += draw(st.sampled_from([-1, 1, 1 << 63, 0.0, -1.5]))
    elif kind == "deep":
        here[key] = [[here[key]]]
    else:
        here[key] = draw(st.none() | st.integers() | st.text() | st.floats() | st.lists(st.none()))
    return receipt


@settings(max_examples=400, deadline=None)
@given(receipt=mutations())
def test_any_value_changed_is_refused_without_an_exception(receipt: dict[str, Any]):
    if json.dumps(receipt) in {json.dumps(known) for known in RECEIPTS.values()}:
        return
    assert not verify_receipt(receipt, trusted_keys=[PUBLIC]).ok


@settings(max_examples=200, deadline=None)
@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_anything_else_is_refused_without_an_exception(data: object):
    assert not verify_receipt(data).ok


@pytest.mark.parametrize(
    "change, code",
    [
        ({"format": "jiangyuan-receipt/2"}, "format"),
        ({"node": "gansu"}, "node"),
        ({"id": "act-7"}, "id"),
        ({"sealed": "00" * 32}, "sealed"),
        ({"sealed": None}, "sealed"),
        ({"leaf": 5}, "inclusion"),
        ({"proof": []}, "inclusion"),
        ({"kind": "access"}, "shape"),
        ({"more": 1}, "shape"),
    ],
)
def test_the_reason_is_named(change: dict[str, Any], code: str):
    verdict = verify_receipt(RECEIPTS["event"] | change)
    assert verdict.finding is not None and verdict.finding.code == code


def test_a_strangers_signature_is_refused():
    receipt = event_receipt()
    forged = signed("qinghai", receipt["head"]["size"], bytes.fromhex(receipt["head"]["root"]), STRANGER)
    stranger = {"id": forged.key_id, "pem": ciphers.provider().public_key(STRANGER)}
    verdict = verify_receipt(receipt | {"head": forged.as_dict(), "key": stranger}, trusted_keys=[PUBLIC])
    assert verdict.finding is not None and verdict.finding.code == "untrusted"
    mixed = receipt | {"head": receipt["head"] | {"signature": forged.as_dict()["signature"]}}
    verdict = verify_receipt(mixed)
    assert verdict.finding is not None and verdict.finding.code == "signature"
    verdict = verify_receipt(receipt | {"key": stranger})
    assert verdict.finding is not None and verdict.finding.code == "key"


def test_an_act_of_another_leaf_is_refused():
    verdict = verify_receipt(
        event_receipt() | {"content": base64.b64encode(act(7, sealed=True)).decode(), "id": "act-7"}
    )
    assert verdict.finding is not None and verdict.finding.code == "sealed"
    plain = event_receipt(sealed=False)
    verdict = verify_receipt(plain | {"content": base64.b64encode(act(7)).decode(), "id": "act-7"})
    assert verdict.finding is not None and verdict.finding.code == "inclusion"


def test_a_read_of_another_batch_is_refused():
    receipt = access_receipt()
    verdict = verify_receipt(receipt | {"batch": receipt["batch"] | {"index": 2}})
    assert verdict.finding is not None and verdict.finding.code == "batch"
    verdict = verify_receipt(receipt | {"batch": receipt["batch"] | {"from": [6, "a"]}})
    assert verdict.finding is not None and verdict.finding.code == "inclusion"


def test_the_command_tells_what_holds_and_under_which_key(tmp_path: Path):
    file, keys = tmp_path / "receipt.json", tmp_path / "keys"
    file.write_text(json.dumps(RECEIPTS["event"], indent=2), "utf-8")
    keys.mkdir()
    (keys / "node.pem").write_text(PUBLIC, "ascii")
    code, lines = receipts.main(file, [keys])
    assert code == 0 and "存证回执有效" in lines[0] and "受信公钥" in lines[-1]
    code, lines = receipts.main(file)
    assert code == 0 and "核对该指纹" in lines[-1]
    (keys / "node.pem").write_text(ciphers.provider().public_key(STRANGER), "ascii")
    code, lines = receipts.main(file, [keys])
    assert code == 1 and "未受信任" in lines[0]


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, '{"format": 1, "format": 2}', "\x00"])
def test_a_file_that_is_no_receipt_is_refused(content: str, tmp_path: Path):
    file = tmp_path / "receipt.json"
    file.write_text(content)
    code, lines = receipts.main(file)
    assert code == 2 and len(lines) == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    code, lines = receipts.main(tmp_path / "none.json")
    assert code == 2 and "none.json" in lines[0]
    code, lines = receipts.main(tmp_path / "none.json", [tmp_path / "key.pem"])
    assert code == 2


def test_it_runs_without_settings_and_without_a_database(tmp_path: Path):
    file, key = tmp_path / "receipt.json", tmp_path / "key.pem"
    file.write_text(json.dumps(RECEIPTS["access"]), "utf-8")
    key.write_text(PUBLIC, "ascii")
    program = (
        "import sys; from pathlib import Path; from jiangyuan.kernel import receipts;"
        "code, lines = receipts.main(Path(sys.argv[1]), [Path(sys.argv[2])]);"
        "loaded = {'django.db', 'psycopg'} & set(sys.modules); from django.conf import settings;"
        "assert not loaded and not settings.configured, loaded; sys.exit(code)"
    )
    # the machine of whoever verifies has no setting of ours
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(receipts.__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", program, str(file), str(key)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert not list(tmp_path.glob("var*"))
