"""SM2 signatures (GB/T 32918.2) by the system's libcrypto, version 3 or later.

`cryptography` has no SM2, and libraries that write it in Python sign with guessable nonces or slowly; OpenSSL's is
maintained, constant-time where it matters, and the same that the `openssl` command uses. Keys travel as PEM (PKCS#8
and SubjectPublicKeyInfo), signatures as DER. Signing hashes with SM3 over the signer's distinguishing identifier.
"""

from __future__ import annotations

import base64
import ctypes
import ctypes.util
import weakref
from ctypes import byref, c_char_p, c_int, c_long, c_size_t, c_ulong, c_void_p
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Broken, Refused

DEFAULT_SIGNER = b"1234567812345678"
"""The distinguishing identifier that GB/T 35276 gives to signers without one of their own."""

_CANDIDATES = ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib", "/opt/homebrew/lib/libcrypto.3.dylib")
_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "OpenSSL_version_num": (c_ulong, ()),
    "EVP_sm3": (c_void_p, ()),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_new_from_pkey": (c_void_p, (c_void_p, c_void_p, c_char_p)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_char_p, c_int)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_keygen_init": (c_int, (c_void_p,)),
    "EVP_PKEY_generate": (c_int, (c_void_p, c_void_p)),
    "EVP_PKEY_is_a": (c_int, (c_void_p, c_char_p)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (c_void_p, c_void_p)),
    "EVP_DigestSignInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, c_void_p, c_char_p, c_size_t)),
    "EVP_DigestVerifyInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
    "BIO_new_mem_buf": (c_void_p, (c_char_p, c_int)),
    "BIO_new": (c_void_p, (c_void_p,)),
    "BIO_s_mem": (c_void_p, ()),
    "BIO_read": (c_int, (c_void_p, c_char_p, c_int)),
    "BIO_ctrl": (c_long, (c_void_p, c_int, c_long, c_void_p)),
    "BIO_free": (c_int, (c_void_p,)),
    "PEM_read_bio_PrivateKey": (c_void_p, (c_void_p, c_void_p, c_void_p, c_char_p)),
    "PEM_read_bio_PUBKEY": (c_void_p, (c_void_p, c_void_p, c_void_p, c_char_p)),
    "PEM_write_bio_PKCS8PrivateKey": (
        c_int,
        (c_void_p, c_void_p, c_void_p, c_char_p, c_int, c_void_p, c_void_p),
    ),
    "PEM_write_bio_PUBKEY": (c_int, (c_void_p, c_void_p)),
    "ERR_clear_error": (None, ()),
}
_BIO_CTRL_PENDING = 10


class Sm2Unavailable(Broken):
    """No usable libcrypto with SM2 is on this machine."""

    default_code = "sm2_unavailable"


class KeyUnreadable(Refused):
    """A PEM text is not an SM2 key of the expected kind."""

    default_code = "sm2_key"


def open_library(*names: str) -> ctypes.CDLL:
    """Open the first libcrypto of `names` that has SM2. Raises `Sm2Unavailable` with how to mend it."""
    tried: list[str] = []
    for name in names:
        try:
            library = ctypes.CDLL(name)
            for function, (result, arguments) in _SIGNATURES.items():
                symbol = getattr(library, function)
                symbol.restype, symbol.argtypes = result, arguments
        except (OSError, AttributeError) as exc:
            tried.append(f"{name}: {exc}")
            continue
        context = library.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
        if library.OpenSSL_version_num() >= 0x30000000 and context:
            library.EVP_PKEY_CTX_free(context)
            return library
        library.ERR_clear_error()
        tried.append(f"{name}: no SM2")
    raise Sm2Unavailable(
        _("找不到带 SM2 的 OpenSSL 3 运行库，无法签名和验签"),
        where="; ".join(tried),
        mend=_("请安装 OpenSSL 3（Debian：apt-get install libssl3；麒麟、欧拉：安装 openssl-libs 3 以上）。"),
    )


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    # The search by `find_library` starts a compiler or ldconfig, so the usual names are tried first.
    try:
        return open_library(*_CANDIDATES)
    except Sm2Unavailable:
        found = ctypes.util.find_library("crypto")
        return open_library(*_CANDIDATES, *([found] if found else []))


def available() -> bool:
    """Tell whether SM2 can be used on this machine."""
    try:
        _library()
    except Sm2Unavailable:
        return False
    return True


def _failed(library: ctypes.CDLL, step: str) -> Broken:
    library.ERR_clear_error()
    return Broken(_("SM2 运算失败"), code="sm2_failed", where=step, mend=_("请检查 OpenSSL 运行库是否完整。"))


class _Key:
    """An EVP_PKEY, freed with the object."""

    __slots__ = ("__weakref__", "_handle")

    def __init__(self, handle: int) -> None:
        self._handle = handle
        weakref.finalize(self, _library().EVP_PKEY_free, handle)

    @classmethod
    def _read(cls, function: str, pem: str | bytes) -> int:
        library = _library()
        data = pem.encode() if isinstance(pem, str) else pem
        bio = library.BIO_new_mem_buf(data, len(data))
        # An empty password instead of none: OpenSSL would else ask for one on the terminal.
        handle = getattr(library, function)(bio, None, None, b"")
        library.BIO_free(bio)
        if not handle or not library.EVP_PKEY_is_a(handle, b"SM2"):
            if handle:
                library.EVP_PKEY_free(handle)
            library.ERR_clear_error()
            mend = _("请提供未加密的 PEM 格式 SM2 密钥。")
            raise KeyUnreadable(_("无法读取 SM2 密钥"), mend=mend, article="GB/T 32918")
        return handle

    def _write(self, function: str, *arguments: object) -> str:
        library = _library()
        bio = library.BIO_new(library.BIO_s_mem())
        try:
            if getattr(library, function)(bio, self._handle, *arguments) != 1:
                raise _failed(library, function)
            length = library.BIO_ctrl(bio, _BIO_CTRL_PENDING, 0, None)
            buffer = ctypes.create_string_buffer(length)
            library.BIO_read(bio, buffer, length)
            return buffer.raw[:length].decode("ascii")
        finally:
            library.BIO_free(bio)

    def public_pem(self) -> str:
        """Write the public key as PEM (SubjectPublicKeyInfo)."""
        return self._write("PEM_write_bio_PUBKEY")

    def _context(self, signer: bytes) -> tuple[int, int]:
        library = _library()
        context = library.EVP_PKEY_CTX_new_from_pkey(None, self._handle, None)
        if not context:
            raise _failed(library, "EVP_PKEY_CTX_new_from_pkey")
        if library.EVP_PKEY_CTX_set1_id(context, signer, len(signer)) <= 0:
            library.EVP_PKEY_CTX_free(context)
            raise _failed(library, "EVP_PKEY_CTX_set1_id")
        digest = library.EVP_MD_CTX_new()
        library.EVP_MD_CTX_set_pkey_ctx(digest, context)
        return context, digest


class PublicKey(_Key):
    """An SM2 public key; verifies."""

    __slots__ = ()

    @classmethod
    def from_pem(cls, pem: str | bytes) -> PublicKey:
        """Read a public key from PEM. Raises `KeyUnreadable`."""
        return cls(cls._read("PEM_read_bio_PUBKEY", pem))

    @classmethod
    def from_point(cls, point: bytes) -> PublicKey:
        """Read a public key from its uncompressed point: 65 bytes, 04 || x || y. Raises `KeyUnreadable`."""
        body = base64.b64encode(_SPKI_PREFIX + point).decode("ascii")
        return cls.from_pem(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")

    def verify(self, signature: bytes, message: bytes, *, signer: bytes = DEFAULT_SIGNER) -> bool:
        """Tell whether `signature` (DER) is this key's over `message`; a malformed signature is simply not."""
        library = _library()
        context, digest = self._context(signer)
        try:
            if library.EVP_DigestVerifyInit(digest, None, library.EVP_sm3(), None, self._handle) != 1:
                raise _failed(library, "EVP_DigestVerifyInit")
            verdict = library.EVP_DigestVerify(digest, signature, len(signature), message, len(message))
            if verdict != 1:
                library.ERR_clear_error()
            return verdict == 1
        finally:
            library.EVP_MD_CTX_free(digest)
            library.EVP_PKEY_CTX_free(context)


class PrivateKey(_Key):
    """An SM2 private key; signs."""

    __slots__ = ()

    @classmethod
    def generate(cls) -> PrivateKey:
        """Make a new key."""
        library = _library()
        context = library.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
        handle = c_void_p()
        try:
            started = library.EVP_PKEY_keygen_init(context) == 1
            if not started or library.EVP_PKEY_generate(context, byref(handle)) != 1 or handle.value is None:
                raise _failed(library, "EVP_PKEY_generate")
        finally:
            library.EVP_PKEY_CTX_free(context)
        return cls(handle.value)

    @classmethod
    def from_pem(cls, pem: str | bytes) -> PrivateKey:
        """Read an unencrypted private key from PEM (PKCS#8 or SEC 1). Raises `KeyUnreadable`."""
        return cls(cls._read("PEM_read_bio_PrivateKey", pem))

    def pem(self) -> str:
        """Write the key as unencrypted PEM (PKCS#8); keep it only under a data key."""
        return self._write("PEM_write_bio_PKCS8PrivateKey", None, None, 0, None, None)

    def public_key(self) -> PublicKey:
        """Give the public half."""
        return PublicKey.from_pem(self.public_pem())

    def sign(self, message: bytes, *, signer: bytes = DEFAULT_SIGNER) -> bytes:
        """Sign `message` with SM3 under `signer`; gives DER. Raises `Broken` when the library fails."""
        library = _library()
        context, digest = self._context(signer)
        try:
            if library.EVP_DigestSignInit(digest, None, library.EVP_sm3(), None, self._handle) != 1:
                raise _failed(library, "EVP_DigestSignInit")
            # The DER of two 32-byte integers is at most 72 bytes.
            signature, length = ctypes.create_string_buffer(128), c_size_t(128)
            if library.EVP_DigestSign(digest, signature, byref(length), message, len(message)) != 1:
                raise _failed(library, "EVP_DigestSign")
            return signature.raw[: length.value]
        finally:
            library.EVP_MD_CTX_free(digest)
            library.EVP_PKEY_CTX_free(context)
