"""What a code app shows (RFC 6238, SHA-1, 30 seconds, six figures)."""

import base64
import hashlib
import hmac
import struct
import time

PERIOD = 30  # seconds


def code_now(secret: str, seconds: float = 10) -> str:
    """The code of now, that holds for so many seconds more: nothing but the one of this half minute
    opens anything, so at its very end a test waits for the next."""
    left = PERIOD - time.time() % PERIOD
    if left < seconds:
        time.sleep(left)
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // PERIOD), hashlib.sha1).digest()
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
