"""Looking customers up on the desk: masked, and by the whole account number only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lamplighter.base.security.actor import Actor, Right, UnitPath
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.customers.rules import mask_word


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer as the desk names it.

    Attributes:
        number: names it in addresses; says nothing of the person.
        account_id: account, for reads of the lake; never shown as it is.
        path: its units.
    """

    number: int
    account_id: str
    masked_account: str
    masked_name: str
    customer_class: str
    area_id: str
    is_protected: bool
    path: UnitPath


def find_customer(*, actor: Actor, number: int) -> FoundCustomer | None:
    """Return a customer the actor sees; None where there is none, or it is another unit's.

    Raises:
        RightMissing: the actor may not see customers.
    """
    actor.require(Right.SEE_CUSTOMERS)
    row = CustomerEntry.objects.seen_by(actor).filter(pk=number).first()
    return None if row is None else _customer(row)


def search_customers(*, actor: Actor, accounts: Sequence[str]) -> list[FoundCustomer]:
    """Return the customers with exactly these account numbers that the actor sees."""
    if not actor.may(Right.SEE_CUSTOMERS):
        return []
    wanted = [account for account in accounts if account]
    return [_customer(row) for row in CustomerEntry.objects.seen_by(actor).filter(account_id__in=wanted)]


def numbers_of(*, actor: Actor, accounts: Sequence[str]) -> dict[str, int]:
    """Return account -> number in addresses, of customers the actor sees; empty where customers are closed to him."""
    return {found.account_id: found.number for found in search_customers(actor=actor, accounts=accounts)}


def _customer(row: CustomerEntry) -> FoundCustomer:
    return FoundCustomer(
        number=row.pk,
        account_id=row.account_id,
        masked_account=mask_word(row.account_id, column="account_id"),
        masked_name=row.masked_name,
        customer_class=row.customer_class,
        area_id=row.area_id,
        is_protected=row.is_protected,
        path=row.path,
    )
