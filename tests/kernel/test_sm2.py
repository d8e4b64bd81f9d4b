"""SM2: the standard's example, the `openssl` command both ways, and what must not verify."""

import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from jiangyuan.kernel import sm2
from jiangyuan.kernel.sm2 import KeyUnreadable, PrivateKey, PublicKey, Sm2Unavailable

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(not sm2.available(), reason="no libcrypto 3 with SM2 on this machine")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="the openssl command is not on this machine")

# GB/T 32918.5-2017, annex A.2.
POINT = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
R = bytes.fromhex("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3")
S = bytes.fromhex("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA")
EXAMPLE = b"\x30\x46\x02\x21\x00" + R + b"\x02\x21\x00" + S


def openssl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    assert OPENSSL
    return subprocess.run([OPENSSL, *arguments], capture_output=True, check=False, timeout=30)


def test_the_example_of_the_standard_verifies() -> None:
    key = PublicKey.from_point(POINT)
    assert key.verify(EXAMPLE, b"message digest")
    assert not key.verify(EXAMPLE, b"message digesT")
    assert not key.verify(EXAMPLE, b"message digest", signer=b"ALICE123@YAHOO.COM")


def test_sign_and_verify_and_travel_as_pem() -> None:
    key = PrivateKey.generate()
    for message in (b"", b"a", b"\x00" * 100_000):
        signature = key.sign(message)
        assert key.public_key().verify(signature, message)
        assert PublicKey.from_pem(key.public_pem()).verify(signature, message)
    again = PrivateKey.from_pem(key.pem())
    assert again.public_pem() == key.public_pem()
    assert key.public_key().verify(again.sign(b"x"), b"x")
    assert not PrivateKey.generate().public_key().verify(key.sign(b"x"), b"x")
    assert key.sign(b"x") != key.sign(b"x"), "a nonce must never repeat"
    assert "PRIVATE" not in repr(key)


def test_every_changed_byte_of_a_signature_is_found() -> None:
    key = PrivateKey.generate()
    public, signature = key.public_key(), key.sign(b"message")
    for place in range(len(signature)):
        for flip in (0x01, 0x80):
            changed = bytearray(signature)
            changed[place] ^= flip
            assert not public.verify(bytes(changed), b"message"), (place, flip)
    for wrong in (b"", signature[:-1], signature + b"\0", b"0" * 200, b"\x30\x06\x02\x01\x00\x02\x01\x00"):
        assert not public.verify(wrong, b"message")
    # The same integers in a longer, non-canonical encoding would make two signatures of one.
    assert not public.verify(b"\x30\x81" + signature[1:], b"message")


@needs_openssl
def test_openssl_verifies_ours_and_we_verify_theirs(tmp_path: Path) -> None:
    message, private, public, signature = (tmp_path / n for n in ("message", "private.pem", "public.pem", "signature"))
    message.write_bytes("青海省政务数据共享".encode())
    key = PrivateKey.generate()
    private.write_text(key.pem())
    public.write_text(key.public_pem())
    signature.write_bytes(key.sign(message.read_bytes()))
    common = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{sm2.DEFAULT_SIGNER.decode()}", "-in", str(message))
    done = openssl("pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-sigfile", str(signature), *common)
    assert done.returncode == 0, done.stdout + done.stderr
    done = openssl("pkeyutl", "-sign", "-inkey", str(private), "-out", str(signature), *common)
    assert done.returncode == 0, done.stdout + done.stderr
    assert key.public_key().verify(signature.read_bytes(), message.read_bytes())
    made = tmp_path / "made.pem"
    done = openssl("genpkey", "-algorithm", "SM2", "-out", str(made))
    assert done.returncode == 0, done.stderr
    theirs = PrivateKey.from_pem(made.read_bytes())
    assert theirs.public_key().verify(theirs.sign(b"x"), b"x")


@needs_openssl
def test_keys_of_other_kinds_are_refused(tmp_path: Path) -> None:
    p256 = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256").stdout
    with pytest.raises(KeyUnreadable):
        PrivateKey.from_pem(p256)
    (tmp_path / "sm2.pem").write_text(PrivateKey.generate().pem())
    locked = openssl("pkey", "-in", str(tmp_path / "sm2.pem"), "-aes128", "-passout", "pass:secret").stdout
    assert b"ENCRYPTED" in locked
    with pytest.raises(KeyUnreadable):
        PrivateKey.from_pem(locked)


def test_what_is_no_key_is_refused() -> None:
    for text in ("", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", PrivateKey.generate().pem()):
        with pytest.raises(KeyUnreadable) as raised:
            PublicKey.from_pem(text)
        assert str(raised.value.mend)
    with pytest.raises(KeyUnreadable):
        PublicKey.from_point(b"\x04" + b"\x01" * 64)  # not on the curve


def test_a_missing_library_says_how_to_mend_it() -> None:
    with pytest.raises(Sm2Unavailable) as raised:
        sm2.open_library("libcrypto.so.nowhere", "libc.so.6")
    assert "OpenSSL 3" in str(raised.value.mend)
    assert "libcrypto.so.nowhere" in raised.value.where


def test_one_key_serves_many_threads() -> None:
    key = PrivateKey.generate()
    public = key.public_key()
    failures: list[int] = []

    def work(number: int) -> None:
        for turn in range(50):
            message = f"{number} {turn}".encode()
            if not public.verify(key.sign(message), message):
                failures.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
