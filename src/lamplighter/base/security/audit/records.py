"""What an entry of the audit trail says; without Django."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What was done. Texts stand under ``audit.act``."""

    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    LOGIN_FAILED = "login_failed"
    LOCKED_OUT = "locked_out"
    """Somebody failed too often and was turned away."""
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 RUF100  # the name of an act
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    UNMASKED = "unmasked"
    """Personal data of a customer were shown."""
    CURVES_SEEN = "curves_seen"
    """Somebody looked at a customer's load curves; once a person, customer and day."""
    EXPORT_ASKED = "export_asked"
    EXPORT_DOWNLOADED = "export_downloaded"
    VERIFIED = "verified"
    """Somebody had the whole trail checked."""
    RELEASED = "released"
    """A model or a version of a process was put to use."""
    REFUSED = "refused"
    """Somebody asked for what none of his roles allows."""
    TOKEN_MADE = "token_made"  # noqa: S105 RUF100  # the name of an act
    TOKEN_RELEASED = "token_released"  # noqa: S105 RUF100  # the name of an act
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 RUF100  # the name of an act
    TOKEN_REFUSED = "token_refused"  # noqa: S105 RUF100  # the name of an act
    """A token that opens nothing was shown."""


SECURITY_ACTS = (
    Act.UNMASKED,
    Act.EXPORT_ASKED,
    Act.EXPORT_DOWNLOADED,
    Act.LOCKED_OUT,
    Act.LOGIN_FAILED,
    Act.REFUSED,
    Act.PASSWORD_CHANGED,
    Act.FACTOR_ADDED,
    Act.FACTOR_REMOVED,
    Act.TOKEN_MADE,
    Act.TOKEN_RELEASED,
    Act.TOKEN_REVOKED,
    Act.TOKEN_REFUSED,
)
"""What the security administrator follows."""


class Outcome(StrEnum):
    """How it ended. Texts stand under ``audit.outcome``."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        number: from 1, without a gap.
        at: when, with its zone.
        staff_id: number of the account; None where nobody was logged in or a program acted.
        staff_name: name at that time.
        province_id, city_id, county_id, station_id: units of the person at that time; empty for a program.
        origin: from where: an address, ``cli``, ``job 17``.
        act: what was done.
        outcome: how it ended.
        kind: kind of the record it was done to, such as ``customers.customerentry``; empty where it was done to none.
        subject: the record's number.
        before: canonical JSON of the fields as they were; empty where there were none.
        after: canonical JSON of the fields as they are now.
        purpose: code of the purpose that was chosen, see ``base.security.purposes``.
        note: what the person wrote.
        previous: hash of the entry before; :data:`rules.ORIGIN` for the first.
        hash: hash of all of the above.
    """

    number: int
    at: dt.datetime
    staff_id: int | None
    staff_name: str
    province_id: str
    city_id: str
    county_id: str
    station_id: str
    origin: str
    act: str
    outcome: str
    kind: str
    subject: str
    before: str
    after: str
    purpose: str
    note: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: up to this entry the chain was this one.

    Attributes:
        number: entry it is of.
        hash: that entry's hash.
        sealed_at: when it was signed, with its zone.
        signature: Ed25519 over the three above, base64.
    """

    number: int
    hash: str
    sealed_at: dt.datetime
    signature: str


class Fault(StrEnum):
    """What is wrong with a trail. Texts stand under ``audit.fault``."""

    ALTERED = "altered"
    """An entry's hash is not that of what it says."""
    UNLINKED = "unlinked"
    """An entry does not carry the hash of the one before."""
    MISSING = "missing"
    """A number is not there."""
    REBUILT = "rebuilt"
    """The chain is whole, and is not the one that was signed."""
    CUT_OFF = "cut_off"
    """Entries that were signed are not there any more."""
    FORGED_HEAD = "forged_head"
    """A signature does not fit its head."""
    LOST_HEADS = "lost_heads"
    """Heads that one folder has are not in the other."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What reading the whole trail came to.

    Attributes:
        entries: how many there are.
        first_broken: number of the first entry that is wrong; None = none is.
        fault: what is wrong with it.
        heads: signed heads the chain was held against.
        sealed_up_to: last entry a head covers; later ones rest on the chain alone until the next head.
        sealed_at: when that was.
    """

    entries: int
    first_broken: int | None
    fault: Fault | None
    heads: int
    sealed_up_to: int
    sealed_at: dt.datetime | None

    @property
    def is_whole(self) -> bool:
        """Nothing was found."""
        return self.fault is None
