"""Encryption: of what a replay needs but nobody may read.

A link may hold a secret (``?token=…``) without which its page cannot be retried.
The table of rejects shows the link without it.  Beside it is the whole payload, encrypted
with a key that is in no table.  Without the key such a reject cannot be replayed.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from transforms.redaction import redact

SEALED = "sealed"
"""Under this name is what is encrypted, in a payload."""
SEALED_MARK = f'"{SEALED}"'
"""Is in the text of each payload that was encrypted; a value's own quotes are escaped."""
_PERSON = b"newsbeam-links"


@dataclasses.dataclass(frozen=True, slots=True)
class Cipher:
    """Encrypts and decrypts; the same text always becomes the same.

    Attributes:
      secret: The dataset's.
    """

    secret: bytes = dataclasses.field(repr=False)

    def encrypt(self, text: str) -> str:
        """Return ``text`` encrypted."""
        return base64.urlsafe_b64encode(
            self._siv().encrypt(text.encode(), None)
        ).decode("ascii")

    def decrypt(self, encrypted: str) -> str | None:
        """Return what :meth:`encrypt` was given; None where the key is another."""
        try:
            data = base64.urlsafe_b64decode(encrypted.encode("ascii"))
            return self._siv().decrypt(data, None).decode()
        except (InvalidTag, binascii.Error, ValueError):
            return None

    def _siv(self) -> AESSIV:
        key = hashlib.blake2b(self.secret, digest_size=64, person=_PERSON).digest()
        return AESSIV(key)


def shown_payload(payload: str, cipher: Cipher | None) -> str:
    """Return a payload as a table may show it.

    Args:
      payload: JSON, an object; whole.
      cipher: Keeps what must not be shown; None where it is lost.

    Returns:
      The payload itself where there is no secret in it.  Otherwise its plain values
      without secrets, and the whole of it encrypted.
    """
    content: dict[str, Any] = json.loads(payload)
    shown = _redacted(content)
    if shown == content:
        return payload
    if cipher is None:
        return json.dumps(shown)
    plain = {name: text for name, text in shown.items() if isinstance(text, str)}
    return json.dumps(plain | {SEALED: cipher.encrypt(payload)})


def whole_payload(payload: str, cipher: Cipher | None) -> str | None:
    """Return what :func:`shown_payload` was given; None if it cannot be read.

    A damaged payload is no JSON, one with a secret cannot be decrypted without its key.

    Args:
      payload: As the table shows it.
      cipher: What encrypted it.
    """
    try:
        content = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(content, dict) or SEALED not in content:
        return payload
    return None if cipher is None else cipher.decrypt(str(content[SEALED]))


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    if isinstance(value, dict):
        return {
            # A file's path is no URL, and needed as it is.
            name: item if name == "path" and "://" not in str(item) else _redacted(item)
            for name, item in value.items()
        }
    return value
