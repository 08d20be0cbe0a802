"""The bill of a customer as it is asked for: which months there are, one of them, and what it is held against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lamplighter.base.lake import Snapshot
from lamplighter.business.billing.facts import AccountUnknown
from lamplighter.business.billing.queries import bill_breakdown, compare_bills, read_bill_months
from lamplighter.business.billing.records import Bill, BillComparison, BillMonth
from lamplighter.business.tariffs.rules.book import Book

MOST_MONTHS: Final = 15
"""A year and the same season of the year before."""


@dataclass(frozen=True, slots=True)
class BillView:
    """A bill with the months one may ask for.

    Attributes:
        months: newest first.
        month: of the bill; None where nothing was billed yet.
        against: month it is held against; None without one.
        bill: None where nothing was billed, or the archive has lost the account since the desk was loaded.
        compared: why it differs; None where it is held against nothing.
    """

    months: Sequence[BillMonth]
    month: dt.date | None
    against: dt.date | None
    bill: Bill | None
    compared: BillComparison | None


def read_bill_view(state: Snapshot, *, account_id: str, month: str, against: str, book: Book) -> BillView:
    """Return a bill and what it is held against.

    Args:
        state: the lake as one sees it.
        account_id: of the customer.
        month: ``2026-03``; the newest billed where it is none of those there are.
        against: the one to compare with; the one before where it is none.
        book: prices and rules.
    """
    months = read_bill_months(state, account_id=account_id)[:MOST_MONTHS]
    known = [row.month for row in months]
    asked = _among(month, known) or (known[0] if known else None)
    if asked is None:
        return BillView(months, None, None, None, None)
    other = _among(against, known) or next((each for each in known if each < asked), None)
    try:
        if other is None or other == asked:
            bill = bill_breakdown(state, account_id=account_id, month=asked, book=book).bill
            return BillView(months, asked, other, bill, None)
        compared = compare_bills(state, account_id=account_id, month=asked, against=other, book=book)
    except AccountUnknown:
        return BillView(months, asked, other, None, None)
    return BillView(months, asked, other, compared.bill, compared)


def _among(asked: str, known: Sequence[dt.date]) -> dt.date | None:
    return next((month for month in known if f"{month:%Y-%m}" == asked), None)
