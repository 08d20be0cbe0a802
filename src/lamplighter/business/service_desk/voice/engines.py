"""Engines of speech that a company runs itself, asked over HTTP: what is sent, and what must come back."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

_MOST_BYTES: Final = 20_000_000


class EngineFailed(LamplighterError):
    """The company's own engine did not answer as it should."""

    def __init__(self, address: str, why: str) -> None:
        self.address, self.why = address, why
        super().__init__(text("voice.engine_failed", address=address, why=why))


def ask_engine(
    address: str, body: bytes, *, kind: str, seconds: float, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return what an engine answers to a POST.

    Args:
        address: https, or this machine; `read_voice_settings` sees to that.
        body: what is sent, of the media type ``kind``.
        seconds: how long it may take.

    Raises:
        EngineFailed: it was not reached, refused, or answered more than fits.
    """
    request = urllib.request.Request(address, body, {"Content-Type": kind, **(headers or {})}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            content: bytes = answer.read(_MOST_BYTES + 1)
    except urllib.error.HTTPError as refused:
        refused.close()
        raise EngineFailed(address, f"HTTP {refused.code}") from None
    except (OSError, ValueError) as failure:
        raise EngineFailed(address, type(failure).__name__) from None
    if len(content) > _MOST_BYTES:
        raise EngineFailed(address, f"> {_MOST_BYTES} B")
    return content
