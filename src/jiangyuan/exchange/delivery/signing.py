"""What an application system signs, byte for byte; the gateway and every client build it here.

Twelve lines joined by line feeds: the name of the scheme, method, path as sent, query as sent with its parameters
sorted, SM3 of the body in hexadecimal, and the seven headers `X-Jiangyuan-System`, `-Key`, `-Time`, `-Nonce`,
`-Operator`, `-Case`, `-Purpose` as sent (absent ones empty). The signature (`X-Jiangyuan-Signature`, hexadecimal) is
HMAC-SM3 under the shared secret, or SM2 with SM3 (DER) under the system's own key. Values beyond ASCII are
percent-encoded UTF-8. Shape after the X-Road message headers; algorithms GB/T 32905, GB/T 32918.
"""

from __future__ import annotations

from collections.abc import Mapping

SCHEME = "JIANGYUAN-SM3-1"
HEADER = "x-jiangyuan-"
SIGNED = ("system", "key", "time", "nonce", "operator", "case", "purpose")
"""The signed headers without their common beginning, in the order in which they are signed."""
SIGNATURE = "signature"


def canonical_request(*, method: str, path: str, query: str, body_digest: str, headers: Mapping[str, str]) -> bytes:
    """Give the bytes that are signed. `headers` are the signed headers by short name (`system`, `key`, …)."""
    if "&" in query:
        query = "&".join(sorted(query.split("&")))
    get = headers.get
    return (
        f"{SCHEME}\n{method}\n{path}\n{query}\n{body_digest}\n"
        f"{get('system', '')}\n{get('key', '')}\n{get('time', '')}\n{get('nonce', '')}\n"
        f"{get('operator', '')}\n{get('case', '')}\n{get('purpose', '')}"
    ).encode("latin-1")
