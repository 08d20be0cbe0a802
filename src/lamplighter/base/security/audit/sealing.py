"""The signed head: once a day the newest hash is signed and written outside the database.

The key lies in the home, readable by its owner alone. Heads lie beside it and, where the company names one, in a second
folder as well: one that this machine can add to and the desk's people cannot reach.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.audit.records import Head
from lamplighter.base.security.audit.rules import words_signed

KEY: Final = "sign.key"
PUBLIC_KEY: Final = "verify.pem"
HEADS: Final = "heads.jsonl"


class HeadsUnreadable(LamplighterError):
    """A file of heads, or the key they are checked with, cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(text("audit.heads_unreadable", path=path))


class SecondFolderClosed(LamplighterError):
    """The newest head stands in the home, and could not be written to the second folder."""

    def __init__(self, folder: Path, why: str) -> None:
        self.folder, self.why = folder, why
        super().__init__(text("audit.second_folder_closed", folder=folder, why=why))


@dataclass(frozen=True, slots=True)
class Seals:
    """Where heads are kept.

    Args:
        own: the home's folder, with the key.
        outside: a second folder; None = the company named none.
    """

    own: Path
    outside: Path | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Both, the home's first."""
        return (self.own,) if self.outside is None else (self.own, self.outside)


def seal(seals: Seals, *, now: dt.datetime) -> Head | None:
    """Sign the newest entry and write it to every folder; None where there is no entry yet.

    Args:
        seals: where heads are kept; the key is made when there is none.
        now: when, with its zone.

    Raises:
        SecondFolderClosed: it is not there, or not to be written to; the home has the head.
        HeadsUnreadable: the key cannot be read.
    """
    last = Entry.objects.order_by("-number").values_list("number", "hash").first()
    if last is None:
        return None
    key = _key(seals.own)
    number, hashed = last
    signed = key.sign(words_signed(number=number, hash=hashed, sealed_at=now))
    head = Head(number, hashed, now, base64.b64encode(signed).decode("ascii"))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for folder in seals.folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write_new(folder / PUBLIC_KEY, public, mode=0o644)
            _append(folder / HEADS, head)
        except OSError as failure:
            if folder == seals.own:
                raise
            raise SecondFolderClosed(folder, failure.strerror or str(failure)) from failure
    return head


def seal_if_due(seals: Seals, *, now: dt.datetime) -> Head | None:
    """Sign the newest entry unless that was done on this day already; days are those of UTC."""
    newest = max((head.sealed_at for head in read_heads(seals.own)), default=None)
    if newest is not None and newest.astimezone(dt.UTC).date() >= now.astimezone(dt.UTC).date():
        return None
    return seal(seals, now=now)


def read_heads(folder: Path) -> list[Head]:
    """Return the heads of a folder, oldest first, good or not; none where none was written.

    Raises:
        HeadsUnreadable: a line is no head.
    """
    path = folder / HEADS
    if not path.exists():
        return []
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        return [
            Head(row["number"], row["hash"], dt.datetime.fromisoformat(row["sealed_at"]), row["signature"])
            for row in rows
        ]
    except (ValueError, KeyError, TypeError) as failure:
        raise HeadsUnreadable(path) from failure


def find_forged(heads: Sequence[Head], folder: Path) -> Head | None:
    """Return the first head whose signature is not good by the folder's own public key.

    Raises:
        HeadsUnreadable: there are heads and no public key to check them with.
    """
    if not heads:
        return None
    path = folder / PUBLIC_KEY
    try:
        public = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as failure:
        raise HeadsUnreadable(path) from failure
    if not isinstance(public, Ed25519PublicKey):
        raise HeadsUnreadable(path)
    return next((head for head in heads if not _is_good(head, public)), None)


def _is_good(head: Head, public: Ed25519PublicKey) -> bool:
    try:
        said = words_signed(number=head.number, hash=head.hash, sealed_at=head.sealed_at)
        public.verify(base64.b64decode(head.signature, validate=True), said)
    except (InvalidSignature, binascii.Error):
        return False
    return True


def _key(folder: Path) -> Ed25519PrivateKey:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / KEY
    fresh = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_new(path, fresh, mode=0o600)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as failure:
        raise HeadsUnreadable(path) from failure
    if not isinstance(key, Ed25519PrivateKey):
        raise HeadsUnreadable(path)
    return key


def _write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file that is not there yet; one that is there stays as it is."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _append(path: Path, head: Head) -> None:
    row = {
        "number": head.number,
        "hash": head.hash,
        "sealed_at": head.sealed_at.isoformat(),
        "signature": head.signature,
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
        file.flush()
        os.fsync(file.fileno())
