"""Short messages to a gateway over HTTP: a small signed request that a few lines translate for any provider.

Request: ``POST url`` with JSON ``{"key", "to", "text", "callback"}`` and the headers ``Idempotency-Key``,
``X-Lamplighter-Time`` (seconds) and ``X-Lamplighter-Signature`` (HMAC-SHA256 of time, dot, body). Answer: 2xx with
``{"reference": "..."}``. Later the gateway says at ``callback`` what became of it, signed in the same way.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from lamplighter.base.outbox.records import Handed, Outgoing, SendingFailed
from lamplighter.base.outbox.rules import sign

_TIMEOUT_SECONDS: Final = 20
_AGAIN: Final = (408, 409, 425, 429)
"""Answers below 500 that may be another one later."""
_MOST_ANSWER_BYTES: Final = 65536


class GatewayAdapter:
    """Hands messages to a gateway.

    Args:
        given: ``url`` and ``secret_file`` of the settings.
        clock: seconds since 1970, for the signature.
    """

    def __init__(self, given: Mapping[str, Any], *, clock: Callable[[], float] = time.time) -> None:
        self._url, self._clock = str(given["url"]), clock
        self._secret_file = Path(str(given["secret_file"]))

    def send(self, outgoing: Outgoing) -> Handed:
        """Send the message.

        Raises:
            SendingFailed: the gateway did not take it, or was not reached.
        """
        if not self._url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise SendingFailed("url", is_final=True)
        said = {"key": outgoing.key, "to": outgoing.address, "text": outgoing.body, "callback": outgoing.callback_url}
        body = json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8")
        stamp = str(int(self._clock()))
        request = urllib.request.Request(  # https, or this machine: checked above
            self._url,
            data=body,
            method="POST",
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Idempotency-Key": outgoing.key,
                "X-Lamplighter-Time": stamp,
                "X-Lamplighter-Signature": sign(secret=read_secret(self._secret_file), stamp=stamp, body=body),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # as above
                content = answer.read(_MOST_ANSWER_BYTES)
        except urllib.error.HTTPError as refused:
            refused.close()
            is_final = 400 <= refused.code < 500 and refused.code not in _AGAIN
            raise SendingFailed(f"HTTP {refused.code}", is_final=is_final) from None
        except (OSError, ValueError) as failure:
            raise SendingFailed(type(failure).__name__) from None
        try:
            reference = str(json.loads(content)["reference"])
        except (ValueError, KeyError, TypeError):
            # It was taken; how the gateway names it is not known, and it is not sent again for that.
            reference = ""
        return Handed(reference=reference[:200])


def read_secret(file: Path) -> bytes:
    """Return the secret that a gateway and we share.

    Raises:
        SendingFailed: it cannot be read; nothing is sent unsigned.
    """
    try:
        found = file.read_bytes().strip()
    except OSError as failure:
        raise SendingFailed(f"secret_file: {failure.strerror}") from None
    if not found:
        raise SendingFailed("secret_file", is_final=True)
    return found
