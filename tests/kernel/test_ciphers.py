"""Ciphers: the standards' vectors, sealing that opens only where it was meant to, the openssl command as witness."""

import hashlib
import hmac
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from jiangyuan.kernel import ciphers, sm2
from jiangyuan.kernel.ciphers import Algorithm, Sealed, Unsealable
from jiangyuan.kernel.errors import Broken

OPENSSL = shutil.which("openssl")
ALGORITHMS: list[Algorithm] = ["SM4-GCM", "AES-256-GCM"]


def test_sm3_of_the_standard() -> None:
    assert ciphers.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert ciphers.sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_sm4_of_the_standard() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    assert (encryptor.update(key) + encryptor.finalize()).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm4_gcm_of_rfc_8998() -> None:
    key, nonce = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex("00001234567800000000ABCD")
    associated = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = bytes.fromhex(
        "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDDEEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEE"
        "AAAAAAAAAAAAAAAA"
    )
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(associated)
    ciphertext = encryptor.update(plain) + encryptor.finalize()
    assert ciphertext.hex().upper().startswith("17F399F08C67D5EE19D0DC9969C4BB7D")
    assert encryptor.tag.hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_keyed_digests_agree_with_the_standard_library(key: bytes, data: bytes) -> None:
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this Python has no sm3")
    expected = hmac.digest(key, data, "sm3")
    assert ciphers.hmac_sm3(key, data) == expected
    digest = ciphers.keyed_sm3(key)
    assert (digest(data), digest(data)) == (expected, expected)
    assert ciphers.sm3(data) == hashlib.new("sm3", data).digest()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(text=st.binary(max_size=500), place=st.binary(max_size=50), key_id=st.text(min_size=1, max_size=30))
def test_what_is_sealed_opens_in_its_place(algorithm: Algorithm, text: bytes, place: bytes, key_id: str) -> None:
    key = ciphers.new_key(algorithm)
    sealed = ciphers.seal(text, key=key, key_id=key_id, place=place, algorithm=algorithm)
    again = Sealed.from_bytes(sealed.to_bytes())
    assert again == sealed
    assert (again.key_id, again.algorithm) == (key_id, algorithm)
    assert ciphers.unseal(again, key=key, place=place) == text
    with pytest.raises(Unsealable):
        ciphers.unseal(again, key=key, place=place + b"x")
    with pytest.raises(Unsealable):
        ciphers.unseal(again, key=ciphers.new_key(algorithm), place=place)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_flipped_bit_and_every_cut_is_found(algorithm: Algorithm) -> None:
    key = ciphers.new_key(algorithm)
    whole = ciphers.seal(b"63010219900101", key=key, key_id="k1", place=b"p", algorithm=algorithm).to_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            with pytest.raises(Broken):  # a changed algorithm byte asks for a key of another length
                ciphers.unseal(Sealed.from_bytes(bytes(changed)), key=key, place=b"p")
        with pytest.raises(Unsealable):
            ciphers.unseal(Sealed.from_bytes(whole[:place]), key=key, place=b"p")


def test_nonces_differ() -> None:
    key = ciphers.new_key()
    nonces = {ciphers.seal(b"", key=key, key_id="k", place=b"").nonce for _ in range(1000)}
    assert len(nonces) == 1000


def test_wrong_keys_are_told() -> None:
    with pytest.raises(Broken) as raised:
        ciphers.seal(b"", key=b"short", key_id="k", place=b"")
    assert raised.value.code == "key_length"
    with pytest.raises(Broken):
        ciphers.seal(b"", key=ciphers.new_key(), key_id="", place=b"")


@pytest.mark.skipif(OPENSSL is None, reason="the openssl command is not on this machine")
def test_openssl_gives_the_same_digests() -> None:
    assert OPENSSL
    data = "青海".encode() * 1000
    for extra, ours in (
        ([], ciphers.sm3(data)),
        (["-mac", "HMAC", "-macopt", "hexkey:" + "0b" * 32], ciphers.hmac_sm3(b"\x0b" * 32, data)),
    ):
        done = subprocess.run([OPENSSL, "dgst", "-sm3", *extra], input=data, capture_output=True, check=True)
        assert done.stdout.split()[-1].decode() == ours.hex()


@pytest.mark.skipif(not sm2.available(), reason="no libcrypto 3 with SM2 on this machine")
def test_the_provider_signs() -> None:
    provider = ciphers.provider()
    private = provider.generate_key()
    signature = provider.sign(private, b"head")
    assert provider.verify(provider.public_key(private), signature, b"head")
    assert not provider.verify(provider.public_key(private), signature, b"tail")
