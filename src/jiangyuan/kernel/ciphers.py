"""SM2, SM3, SM4 (and AES) behind one provider: digests, keyed digests, sealed bytes, signatures.

A `Provider` is software here and may be a certified cryptographic device in service; nothing else in the platform
computes a digest, a seal or a signature that the law counts on. Every ciphertext carries its algorithm, the id of its
key and its nonce, so keys can be rotated and old bytes still be read. Nothing is derived from passwords here.

Sources: GB/T 32905 (SM3), GB/T 32907 (SM4), GB/T 32918 (SM2), NIST SP 800-38D (GCM), RFC 2104 (HMAC).
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as keyed
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers import algorithms as block
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel import sm2
from jiangyuan.kernel.errors import Broken

Algorithm = Literal["SM4-GCM", "AES-256-GCM"]
KEY_BYTES: Final[Mapping[str, int]] = {"SM4-GCM": 16, "AES-256-GCM": 32}
NONCE_BYTES = 12
TAG_BYTES = 16
_CODES: Final[Mapping[str, int]] = {"SM4-GCM": 1, "AES-256-GCM": 2}
_NAMES: Final[Mapping[int, Algorithm]] = {1: "SM4-GCM", 2: "AES-256-GCM"}
_MAGIC = b"JY1"
_SM3_START = hashes.Hash(hashes.SM3())


class Unsealable(Broken):
    """Sealed bytes do not open: changed, cut, under another key, or meant for another place."""

    default_code = "unsealable"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext with what is needed to find its key. `ciphertext` ends with the 16-byte tag."""

    algorithm: Algorithm
    key_id: str
    nonce: bytes
    ciphertext: bytes

    def header(self) -> bytes:
        """Give the bytes before the ciphertext; they are authenticated with it."""
        key_id = self.key_id.encode()
        return b"".join((_MAGIC, bytes((_CODES[self.algorithm], len(key_id))), key_id, self.nonce))

    def to_bytes(self) -> bytes:
        """Write as `JY1`, algorithm (1 byte), length of key id (1 byte), key id, nonce (12 bytes), ciphertext and tag."""
        return self.header() + self.ciphertext

    @classmethod
    def from_bytes(cls, data: bytes) -> Sealed:
        """Read what `to_bytes` wrote. Raises `Unsealable`."""
        data = bytes(data)
        start = 5 + data[4] if len(data) > 4 else 0
        if data[:3] != _MAGIC or len(data) < start + NONCE_BYTES + TAG_BYTES or data[3] not in _NAMES:
            raise _unsealable("format")
        try:
            key_id = data[5:start].decode()
        except UnicodeDecodeError:
            raise _unsealable("format") from None
        nonce = data[start : start + NONCE_BYTES]
        return cls(_NAMES[data[3]], key_id, nonce, data[start + NONCE_BYTES :])


def _unsealable(where: str) -> Unsealable:
    mend = _("请核对密钥文件与备份是否为同一套；若数据被改动，请从备份恢复并报告安全管理员。")
    return Unsealable(_("密文无法解开：内容被改动、密钥不符或用错了位置"), where=where, mend=mend, article="GB/T 39786")


class Provider(Protocol):
    """What the platform asks of cryptography. Keys are bytes here; a device may take handles in their place."""

    def sm3(self, data: bytes) -> bytes:
        """Digest `data` (32 bytes)."""
        ...

    def hmac_sm3(self, key: bytes, data: bytes) -> bytes:
        """Digest `data` under `key` (32 bytes)."""
        ...

    def keyed_sm3(self, key: bytes) -> Callable[[bytes], bytes]:
        """Give HMAC-SM3 with the key prepared once, for columns of values."""
        ...

    def seal(
        self, plaintext: bytes, *, key: bytes, key_id: str, place: bytes, algorithm: Algorithm = "SM4-GCM"
    ) -> Sealed:
        """Encrypt `plaintext` for one `place` (table, row, field); it opens only there."""
        ...

    def unseal(self, sealed: Sealed, *, key: bytes, place: bytes) -> bytes:
        """Decrypt. Raises `Unsealable`."""
        ...

    def generate_key(self) -> str:
        """Make an SM2 private key (PEM)."""
        ...

    def public_key(self, private_pem: str) -> str:
        """Give the public key (PEM) of a private key."""
        ...

    def sign(self, private_pem: str, message: bytes, *, signer: bytes = sm2.DEFAULT_SIGNER) -> bytes:
        """Sign with SM2 and SM3 (DER)."""
        ...

    def verify(self, public_pem: str, signature: bytes, message: bytes, *, signer: bytes = sm2.DEFAULT_SIGNER) -> bool:
        """Tell whether an SM2 signature is right."""
        ...


def sm3(data: bytes) -> bytes:
    """Digest `data` with SM3 (32 bytes)."""
    # A copied state costs half of a fresh one.
    state = _SM3_START.copy()
    state.update(data)
    return state.finalize()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Digest `data` with HMAC-SM3 under `key` (32 bytes)."""
    state = keyed.HMAC(key, hashes.SM3())
    state.update(data)
    return state.finalize()


def keyed_sm3(key: bytes) -> Callable[[bytes], bytes]:
    """Give a function that digests under `key`; a third of the cost of `hmac_sm3` for each value."""
    start = keyed.HMAC(key, hashes.SM3())

    def digest(data: bytes) -> bytes:
        state = start.copy()
        state.update(data)
        return state.finalize()

    return digest


def same(left: bytes, right: bytes) -> bool:
    """Compare two digests in time that does not tell where they differ."""
    return hmac.compare_digest(left, right)


def new_key(algorithm: Algorithm = "SM4-GCM") -> bytes:
    """Make a random key of the algorithm's length."""
    return os.urandom(KEY_BYTES[algorithm])


def _check_key(key: bytes, algorithm: str) -> None:
    if len(key) != KEY_BYTES[algorithm]:
        raise Broken(_("密钥长度与算法不符"), code="key_length", where=algorithm, mend=_("请核对密钥与算法的登记。"))


def seal(plaintext: bytes, *, key: bytes, key_id: str, place: bytes, algorithm: Algorithm = "SM4-GCM") -> Sealed:
    """Encrypt `plaintext` for `place` with a random nonce.

    `place` names where the bytes stand (table, row, field): moved elsewhere, they do not open. One key should seal
    fewer than 2^32 texts. Raises `Broken` for a key of the wrong length.
    """
    _check_key(key, algorithm)
    if not 0 < len(key_id.encode()) < 256:
        raise Broken(_("密钥编号应为 1 至 255 字节"), code="key_id")
    nonce = os.urandom(NONCE_BYTES)
    header = Sealed(algorithm, key_id, nonce, b"").header()
    if algorithm == "AES-256-GCM":
        return Sealed(algorithm, key_id, nonce, AESGCM(key).encrypt(nonce, plaintext, header + place))
    encryptor = Cipher(block.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(header + place)
    ciphertext = encryptor.update(plaintext) + encryptor.finalize()
    return Sealed(algorithm, key_id, nonce, ciphertext + encryptor.tag)


def unseal(sealed: Sealed, *, key: bytes, place: bytes) -> bytes:
    """Decrypt; raises `Unsealable` when anything (text, header, key, place) is not what was sealed."""
    _check_key(key, sealed.algorithm)
    associated = sealed.header() + place
    try:
        if sealed.algorithm == "AES-256-GCM":
            return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, associated)
        text, tag = sealed.ciphertext[:-TAG_BYTES], sealed.ciphertext[-TAG_BYTES:]
        decryptor = Cipher(block.SM4(key), modes.GCM(sealed.nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated)
        return decryptor.update(text) + decryptor.finalize()
    except (InvalidTag, ValueError):
        raise _unsealable(sealed.key_id) from None


class SoftwareProvider:
    """The provider that needs no device: `cryptography` and the system's libcrypto."""

    sm3 = staticmethod(sm3)
    hmac_sm3 = staticmethod(hmac_sm3)
    keyed_sm3 = staticmethod(keyed_sm3)
    seal = staticmethod(seal)
    unseal = staticmethod(unseal)

    def generate_key(self) -> str:
        """Make an SM2 private key (PEM)."""
        return sm2.PrivateKey.generate().pem()

    def public_key(self, private_pem: str) -> str:
        """Give the public key (PEM) of a private key. Raises `KeyUnreadable`."""
        return sm2.PrivateKey.from_pem(private_pem).public_pem()

    def sign(self, private_pem: str, message: bytes, *, signer: bytes = sm2.DEFAULT_SIGNER) -> bytes:
        """Sign with SM2 and SM3 (DER). Raises `KeyUnreadable`."""
        return sm2.PrivateKey.from_pem(private_pem).sign(message, signer=signer)

    def verify(self, public_pem: str, signature: bytes, message: bytes, *, signer: bytes = sm2.DEFAULT_SIGNER) -> bool:
        """Tell whether an SM2 signature is right. Raises `KeyUnreadable`."""
        return sm2.PublicKey.from_pem(public_pem).verify(signature, message, signer=signer)


_provider: Provider = SoftwareProvider()


def provider() -> Provider:
    """Give the provider of this process."""
    return _provider


def use_provider(other: Provider) -> None:
    """Put another provider (a cryptographic device) in place, at start-up."""
    global _provider
    _provider = other
