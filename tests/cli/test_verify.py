"""A receipt is judged on a machine without database, settings or network, by the command alone."""

from __future__ import annotations

import base64
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from jiangyuan.kernel import ciphers, merkle, receipts
from jiangyuan.kernel.receipts import Head

SOURCE = str(Path(__file__).resolve().parents[2] / "src")


@pytest.fixture(scope="module")
def signer() -> tuple[str, str]:
    """A node's key: private and public PEM."""
    private = ciphers.provider().generate_key()
    return private, ciphers.provider().public_key(private)


@pytest.fixture
def receipt(tmp_path: Path, signer: tuple[str, str]) -> Path:
    """The receipt of the third of five acts."""
    private, public = signer
    acts = [
        orjson.dumps(
            {"id": f"act-{n}", "type": "sharing.grant.granted", "node": "qinghai", "at": "2026-11-22T00:00:00Z",
             "actor": {}, "object": {}, "sealed": None},
            option=orjson.OPT_SORT_KEYS,
        )
        for n in range(5)
    ]  # fmt: skip
    nodes = merkle.MemoryNodes()
    merkle.append(nodes, 0, [merkle.leaf_hash(one) for one in acts])
    key = receipts.key_id(public)
    unsigned = Head("qinghai", 5, merkle.root(nodes, 5), "2026-11-22T00:00:01Z", key)
    signature = ciphers.provider().sign(private, unsigned.signed_bytes())
    signed = dataclasses.replace(unsigned, signature=signature)
    made = {
        "format": receipts.FORMAT, "kind": "event", "id": "act-2", "node": "qinghai",
        "content": base64.b64encode(acts[2]).decode(), "sealed": None, "batch": None, "leaf": 2,
        "proof": [step.hex() for step in merkle.inclusion_proof(nodes, 2, 5)], "head": signed.as_dict(),
        "key": {"id": key, "pem": public},
    }  # fmt: skip
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(made, ensure_ascii=False))
    return file


def _verify(*words: object) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {SOURCE!r}); from jiangyuan.cli import main; main()"
    # nothing is inherited: no settings, no home, no path to a database
    return subprocess.run(
        [sys.executable, "-c", program, "verify", *map(str, words)],
        env={}, cwd="/", capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_a_receipt_is_accepted_and_the_unknown_key_is_named(receipt: Path) -> None:
    done = _verify(receipt)
    assert done.returncode == 0, done.stderr
    assert "存证回执有效" in done.stdout
    assert "--key" in done.stderr


def test_under_a_trusted_key_nothing_is_left_to_warn_of(receipt: Path, signer: tuple[str, str], tmp_path: Path) -> None:
    trusted = tmp_path / "node.pem"
    trusted.write_text(signer[1])
    done = _verify(receipt, "--key", trusted)
    assert (done.returncode, done.stderr) == (0, "")
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(ciphers.provider().public_key(ciphers.provider().generate_key()))
    done = _verify(receipt, "--key", stranger, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["valid"] is False


def test_one_flipped_byte_is_refused(receipt: Path) -> None:
    made = json.loads(receipt.read_text())
    content = bytearray(base64.b64decode(made["content"]))
    content[content.index(b"granted")] ^= 1
    receipt.write_text(json.dumps({**made, "content": base64.b64encode(content).decode()}))
    done = _verify(receipt)
    assert done.returncode == 1
    assert "存证回执无效" in done.stdout


def test_what_is_no_receipt_is_told_apart(tmp_path: Path) -> None:
    assert _verify(tmp_path / "nothing.json").returncode == 2
    other = tmp_path / "other.json"
    other.write_text("not json")
    assert _verify(other).returncode == 2
    other.write_text("{}")
    assert _verify(other).returncode == 1
