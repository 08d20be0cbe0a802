"""The adapter of every channel that has none of its own: a file in the outbox of the home, for another system."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from lamplighter.base.documents import replaced
from lamplighter.base.outbox.records import Handed, Outgoing, SendingFailed

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]+")


class FileAdapter:
    """Writes one file a message, named by its key: handed over again, the same file stands there once.

    Args:
        folder: the outbox of the home; each channel has its folder in it, readable by the owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, outgoing: Outgoing) -> Handed:
        """Write the message, and what is attached beside it; both appear whole or not at all.

        Raises:
            SendingFailed: the disk did not take it.
        """
        folder = self._folder / outgoing.channel.value
        name = _UNSAFE.sub("_", outgoing.key)
        said = {
            "key": outgoing.key,
            "channel": outgoing.channel.value,
            "to": outgoing.address,
            "title": outgoing.title,
            "body": outgoing.body,
            "language": outgoing.language,
            "attachment": f"{name}{outgoing.attachment.suffix}" if outgoing.attachment else None,
        }
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if outgoing.attachment is not None:
                # First what is attached: whoever takes messages up begins with the message.
                self._write(folder / f"{name}{outgoing.attachment.suffix}", outgoing.attachment.read_bytes())
            path = folder / f"{name}.json"
            self._write(path, json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8"))
        except OSError as failure:
            raise SendingFailed(failure.strerror or type(failure).__name__) from failure
        return Handed(reference=f"{outgoing.channel.value}/{path.name}")

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        with replaced(path) as staged:
            staged.write_bytes(content)
            staged.chmod(0o600)
