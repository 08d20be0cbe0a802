"""Writing the bills of a month."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.business.billing.batch import bill_in_bulk, bill_one_by_one, read_archives
from lamplighter.business.billing.records import BLOCKING
from lamplighter.business.billing.tables import TABLES
from lamplighter.business.billing.writing import rows_of
from lamplighter.business.tariffs.rules.book import Book

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BillRun:
    """What a run did: accounts = whole + blocked.

    Attributes:
        month: first day.
        accounts: accounts open in the month.
        whole: bills with a total; ``in_bulk`` of them by the bulk path.
        blocked: bills without one; ``issues`` how many bills have each issue, blocking or not.
        total_yuan: of the whole bills.
        book_version: version of the prices.
    """

    month: date
    accounts: int
    whole: int
    in_bulk: int
    blocked: int
    issues: Mapping[str, int]
    total_yuan: Decimal
    book_version: str


def bill_month(*, lake: Lake, month: date, book: Book, now: datetime, progress: Progress = SILENT) -> BillRun:
    """Make the shadow bill of every account for a month and write it to the lake; a repeated run replaces the month.

    Args:
        lake: where readings are and bills go.
        month: any day of the month.
        book: prices.
        now: instant of the run, UTC-naive.
        progress: told about each bucket.

    Raises:
        LakeBusy: another process is writing.
    """
    first = month.replace(day=1)
    issues: Counter[str] = Counter()
    accounts = in_bulk = blocked = 0
    total = Decimal(0)
    with lake.transaction() as change, lake.snapshot() as state:
        archives = list(read_archives(state, first_on=first))
        words, unit = text("billing.step.bill"), text("billing.unit.buckets")
        with progress.step(words, total=len(archives), unit=unit) as advance:
            for archive in archives:
                parts = bill_in_bulk(state, archive, first_on=first, book=book)
                done = frozenset(account for part in parts for account in part.accounts)
                bills = bill_one_by_one(state, archive, leave_out=done, first_on=first, book=book)
                single = rows_of(bills, book_version=book.version)
                for contract in TABLES:
                    rows = pa.concat_tables([*(part.tables[contract.name] for part in parts), single[contract.name]])
                    change.append_run(contract, rows, known_at=now, days=[first], bucket=archive.bucket)
                issues.update(str(issue) for bill in bills for issue in bill.issues)
                accounts += archive.accounts.num_rows
                in_bulk += len(done)
                blocked += sum(bool(BLOCKING & set(bill.issues)) for bill in bills)
                total += Decimal(sum(part.total_cents for part in parts)) / 100
                total += sum((bill.total_yuan for bill in bills if bill.total_yuan is not None), Decimal(0))
                advance(1)
    log.info("billing.month.billed", extra={"month": str(first), "accounts": accounts, "blocked": blocked})
    return BillRun(
        month=first,
        accounts=accounts,
        whole=accounts - blocked,
        in_bulk=in_bulk,
        blocked=blocked,
        issues=dict(sorted(issues.items())),
        total_yuan=total.quantize(Decimal("0.01")),
        book_version=book.version,
    )
