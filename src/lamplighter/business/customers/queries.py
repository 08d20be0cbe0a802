"""Reads of the company and its customers."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.business.customers.records import Company
from lamplighter.business.customers.rules import mask_table
from lamplighter.business.customers.tables import BILLED_MONTH, COMPANY, CUSTOMER


class CompanyUnknown(LamplighterError):
    """The lake is empty: no company was imported."""

    def __init__(self) -> None:
        super().__init__(text("customers.company_unknown"))


def read_company(snapshot: Snapshot) -> Company:
    """Return the company.

    Raises:
        CompanyUnknown: none was imported.
    """
    rows = snapshot.read(COMPANY).to_pylist()
    if not rows:
        raise CompanyUnknown
    row = rows[-1]
    prices = json.loads(row["price_yuan_per_kwh"] or "{}")
    return Company(row["name"], row["timezone"], int(row["interval_minutes"]), prices)


def read_customers(snapshot: Snapshot, *, account_id: str = "", is_masked: bool = True) -> pa.Table:
    """Return customers, all or one, their personal data masked unless asked for.

    Args:
        snapshot: state of the lake.
        account_id: only this account.
        is_masked: False shows names, addresses and telephones; the caller answers for the purpose.
    """
    found = snapshot.read(CUSTOMER, where=pc.field("account_id") == account_id if account_id else None)
    return mask_table(found, CUSTOMER) if is_masked else found


def read_billed_months(snapshot: Snapshot, *, account_id: str) -> pa.Table:
    """Return what an account was billed, month by month."""
    return snapshot.read(BILLED_MONTH, where=pc.field("account_id") == account_id)
