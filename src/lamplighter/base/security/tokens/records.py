"""What is known of a token, and how one is made and recognised; without Django."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lamplighter.base.security.actor import Right, Role

MARK: Final = "lmp"
"""Every token begins with it, so that scanners find one that was left in a file."""
_PREFIX_BYTES: Final = 6
_SECRET_BYTES: Final = 32


class TokenState(StrEnum):
    """Whether a token opens anything. Texts stand under ``tokens.state``."""

    WAITING = "waiting"
    """The security administrator has not released it."""
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token in a list; its secret is not known any more.

    Attributes:
        number: names it in addresses.
        prefix: public beginning.
        roles: of its service account.
        rights: what it opens.
        unit_id: whose rows it opens, and those below.
        released_by: empty while it waits.
    """

    number: int
    name: str
    prefix: str
    account: str
    roles: tuple[Role, ...]
    rights: tuple[Right, ...]
    unit_id: str
    unit_name: str
    state: TokenState
    made_at: dt.datetime
    made_by: str
    expires_at: dt.datetime
    released_by: str
    revoked_by: str
    last_used_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token just made: ``secret`` is shown once and then known to nobody here."""

    number: int
    prefix: str
    secret: str


def new_secret() -> tuple[str, str]:
    """Return the public prefix and the whole token, 256 random bits.

    Example:
        >>> prefix, token = new_secret()
        >>> token.startswith(f"lmp_{prefix}_"), len(token)
        (True, 81)
    """
    prefix = secrets.token_hex(_PREFIX_BYTES)
    return prefix, f"{MARK}_{prefix}_{secrets.token_hex(_SECRET_BYTES)}"


def hash_secret(token: str) -> str:
    """Return what is kept of a token. It has 256 random bits: one round of SHA-256 cannot be guessed backwards.

    Example:
        >>> hash_secret("lmp_0a_1b")[:8]
        '018ff449'
    """
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def prefix_of(token: str) -> str:
    """Return the public prefix of a token; empty where it is none of ours.

    Example:
        >>> prefix_of("lmp_0a1b_ffff"), prefix_of("ghp_0a1b_ffff")
        ('0a1b', '')
    """
    parts = token.split("_")
    return parts[1] if len(parts) == 3 and parts[0] == MARK else ""
