"""What a bill says, why it differs from another, and what another tariff would have cost."""

from __future__ import annotations

from datetime import date, datetime

from lamplighter.base.lake import Snapshot
from lamplighter.business.billing.records import BillBreakdown, BillComparison, TariffComparison
from lamplighter.business.tariffs.rules.book import Book


def bill_breakdown(
    snapshot: Snapshot, *, account_id: str, month: date, book: Book, as_known_at: datetime | None = None
) -> BillBreakdown:
    """Return the shadow bill of a month, line by line.

    Args:
        snapshot: state of the lake.
        account_id: account; whoever asks was found to see it.
        month: any day of the month.
        book: tariffs, see ``load_book``.
        as_known_at: UTC-naive instant; readings that came later are left out.

    Raises:
        AccountUnknown: no such account.
    """
    raise NotImplementedError


def compare_bills(
    snapshot: Snapshot,
    *,
    account_id: str,
    month: date,
    against: date,
    book: Book,
    as_known_at: datetime | None = None,
) -> BillComparison:
    """Return why the bill of a month differs from that of another, cause by cause, adding up to the difference.

    Raises:
        AccountUnknown: no such account.
    """
    raise NotImplementedError


def compare_tariffs(snapshot: Snapshot, *, account_id: str, months: tuple[date, ...], book: Book) -> TariffComparison:
    """Return what the months would have cost under each tariff the account may choose.

    Raises:
        AccountUnknown: no such account.
    """
    raise NotImplementedError
