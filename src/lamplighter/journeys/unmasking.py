"""A customer's personal data in clear: for a purpose, so often a day and no more, recorded before they are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.queries import count_acts
from lamplighter.base.security.audit.recording import lock_trail, record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.policy import Policy
from lamplighter.business.customers.desk_queries import FoundCustomer
from lamplighter.business.customers.queries import read_customers
from lamplighter.business.service_desk.contacts.operations import KIND as CONTACT_KIND
from lamplighter.business.service_desk.contacts.queries import ContactUnknown
from lamplighter.business.service_desk.contacts.records import ContactView
from lamplighter.business.service_desk.contacts.view import find_contact

KIND: Final = "customers.customerentry"
SHOWN: Final = ("name", "account_id", "address", "telephone")
"""What is masked elsewhere and shown here."""
_NOTE_LENGTH: Final = 500


class PurposeMissing(LamplighterError):
    """No purpose of the list was chosen, or nothing was said of the work."""

    def __init__(self) -> None:
        super().__init__(text("unmask.purpose_missing"))


class UnmaskingsUsedUp(LamplighterError):
    """Somebody had as many customers' data shown as one may in a day."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(text("unmask.used_up", most=most))


@dataclass(frozen=True, slots=True)
class Unmasked:
    """What is shown on one page, once.

    Attributes:
        entry: number of the entry that records it.
        purpose: code of the purpose.
        name: the customer's name.
        account_id: account number.
        address: address; None where the archive has none.
        telephone: telephone; None where the archive has none.
    """

    entry: int
    purpose: str
    name: str | None
    account_id: str
    address: str | None
    telephone: str | None


def count_left(*, actor: Actor, policy: Policy, day_began_at: dt.datetime) -> int:
    """Return how many more customers an actor may have shown on this day."""
    used = count_acts(staff_id=actor.staff_id, act=Act.UNMASKED, since=day_began_at)
    return max(0, policy.limits["unmaskings_a_day"].value - used)


def unmask_customer(
    *,
    lake: Lake,
    customer: FoundCustomer,
    by: Actor,
    purpose: str,
    note: str,
    policy: Policy,
    day_began_at: dt.datetime,
    now: dt.datetime,
) -> Unmasked:
    """Record who wants a customer's personal data and what for, and return them.

    Args:
        lake: where archives are.
        customer: one that ``by`` was found to see.
        by: who asks.
        purpose: code of a purpose of the policy.
        note: which work it is for.
        policy: purposes and the limit that hold today.
        day_began_at: when the company's day began: the limit counts from there.
        now: when.

    Raises:
        RightMissing: he may not.
        PurposeMissing: no such purpose, or nothing said.
        UnmaskingsUsedUp: the day's limit is reached.
    """
    entry = _record_unmasking(
        by=by,
        kind=KIND,
        subject=customer.number,
        after={"account": customer.masked_account, "fields": list(SHOWN)},
        purpose=purpose,
        note=note,
        policy=policy,
        day_began_at=day_began_at,
        now=now,
    )
    # Read only once it is recorded: what could not be recorded was not shown.
    with lake.snapshot() as state:
        rows = read_customers(state, account_id=customer.account_id, is_masked=False).to_pylist()
    row = rows[0] if rows else {}
    return Unmasked(
        entry=entry,
        purpose=purpose,
        name=row.get("name"),
        account_id=customer.account_id,
        address=row.get("address"),
        telephone=row.get("telephone"),
    )


def unmask_contact(
    *,
    number: int,
    by: Actor,
    purpose: str,
    note: str,
    policy: Policy,
    day_began_at: dt.datetime,
    now: dt.datetime,
) -> tuple[int, ContactView]:
    """Record who wants a contact's words in clear and what for, and return the entry's number and the contact.

    Args:
        number: of the contact.
        by: who asks.
        purpose: code of a purpose of the policy.
        note: which work it is for.
        policy: purposes and the limit that hold today.
        day_began_at: when the company's day began: the limit counts from there.
        now: when.

    Raises:
        RightMissing: he may not.
        ContactUnknown: he sees no such contact.
        PurposeMissing: no such purpose, or nothing said.
        UnmaskingsUsedUp: the day's limit is reached.
    """
    if find_contact(actor=by, number=number, now=now) is None:
        raise ContactUnknown(number)
    entry = _record_unmasking(
        by=by,
        kind=CONTACT_KIND,
        subject=number,
        after={"fields": ["dialogue"]},
        purpose=purpose,
        note=note,
        policy=policy,
        day_began_at=day_began_at,
        now=now,
    )
    clear = find_contact(actor=by, number=number, now=now, is_clear=True)
    if clear is None:
        raise ContactUnknown(number)
    return entry, clear


def _record_unmasking(
    *,
    by: Actor,
    kind: str,
    subject: int,
    after: Mapping[str, Any],
    purpose: str,
    note: str,
    policy: Policy,
    day_began_at: dt.datetime,
    now: dt.datetime,
) -> int:
    by.require(Right.UNMASK)
    said = " ".join(note.split())[:_NOTE_LENGTH]
    if policy.purpose(purpose) is None or not said:
        raise PurposeMissing
    with transaction.atomic():
        # Held while it is counted: two requests at once are two.
        lock_trail()
        if not count_left(actor=by, policy=policy, day_began_at=day_began_at):
            raise UnmaskingsUsedUp(policy.limits["unmaskings_a_day"].value)
        return record(
            act=Act.UNMASKED, by=by, now=now, kind=kind, subject=subject, after=after, purpose=purpose, note=said
        )
