"""How fast bills are made: plain residential accounts in bulk, and any account one by one.

    python -m benchmarks.billing_speed [--accounts 200000]

A lake of one bucket with a meter an account and its dial on the mornings of 1 January, 1 March and 1 April. *Kernel* is
the pricing alone; *in bulk* is everything from reading the lake to the rows that are written; *one by one* is the
Decimal path on the same accounts, their dials read from the lake. The bills of both ways are compared, each line.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measuring import publish
from lamplighter.base.lake import Lake
from lamplighter.business.billing.batch import bill_in_bulk, bill_one_by_one, read_archives
from lamplighter.business.billing.rules.bulk import KWH_SCALE, price_in_bulk, scaled, tier_rates
from lamplighter.business.billing.tables import BILL_LINE, TABLES
from lamplighter.business.billing.writing import rows_of
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.metering.tables import METER, REGISTER_DAILY
from lamplighter.business.tariffs.rules.book import Book, load_book
from lamplighter.business.tariffs.rules.tiers import tier_limits

MARCH, APRIL = dt.date(2025, 3, 1), dt.date(2025, 4, 1)
MORNINGS = (dt.date(2025, 1, 1), MARCH, APRIL)
KNOWN = dt.datetime(2025, 4, 1, 1)
ONE_BY_ONE = 5000
"""Accounts the Decimal path is timed on."""
NOTES = (
    "Household use is drawn: log-normal, median 9 kWh a day.",
    "In bulk: from the open lake to staged and published rows of out_bill, out_bill_line and out_bill_reading.",
    "CPU seconds of one process; PyArrow is held to one thread.",
)


def make_lake(folder: Path, accounts: int) -> Lake:
    """Return a lake of residential accounts with three mornings of dials each."""
    rng = np.random.default_rng(2025)
    ids = [f"{number:010d}" for number in range(accounts)]
    meters = [f"M{number:09d}" for number in range(accounts)]
    daily = np.exp(rng.normal(np.log(9.0), 0.6, accounts))
    start = rng.uniform(50, 30_000, accounts).round(2)
    lake = Lake.open(folder)
    with lake.transaction() as change:
        kinds = {"class": ["residential"] * accounts, "price_class": ["zj.residential"] * accounts}
        change.append(CUSTOMER, pa.table({"account_id": ids, **kinds}), known_at=KNOWN)
        archive = {
            "meter_id": meters,
            "account_id": ids,
            "role": ["customer"] * accounts,
            "multiplier": [1.0] * accounts,
            "bucket": pa.array([0] * accounts, pa.int32()),
        }
        change.append(METER, pa.table(archive), known_at=KNOWN)
        for morning in MORNINGS:
            total = (start + daily * (morning - MORNINGS[0]).days).round(2)
            dials = {"meter_id": meters, "on_date": [morning] * accounts, "total_kwh": total}
            change.append(REGISTER_DAILY, pa.table(dials), known_at=KNOWN)
    return lake


def time_bulk(lake: Lake, book: Book) -> tuple[float, pa.Table]:
    """Return the CPU seconds of a month in bulk, and its lines."""
    begun = time.process_time()
    with lake.transaction() as change, lake.snapshot() as state:
        for archive in read_archives(state, first_on=MARCH):
            (part,) = bill_in_bulk(state, archive, first_on=MARCH, book=book)
            for contract in TABLES:
                change.append_run(contract, part.tables[contract.name], known_at=KNOWN, days=[MARCH], bucket=0)
    return time.process_time() - begun, part.tables[BILL_LINE.name]


def time_kernel(accounts: int, book: Book) -> float:
    """Return the CPU seconds of pricing alone."""
    tariff = book.tariff("zj.residential", on=MARCH)
    rng = np.random.default_rng(1)
    kwh, before = rng.integers(0, 100_000, accounts), rng.integers(0, 500_000, accounts)
    limits, rates = scaled(tier_limits(tariff, on=MARCH), scale=KWH_SCALE), tier_rates(tariff)
    assert limits is not None
    assert rates is not None
    begun = time.process_time()
    price_in_bulk(kwh=kwh, before=before, limits=limits, rates=rates)
    return time.process_time() - begun


def time_single(lake: Lake, book: Book, lines: pa.Table) -> tuple[float, int]:
    """Return the CPU seconds of the Decimal path on the first accounts, and how many of their lines differ."""
    with lake.snapshot() as state:
        (archive,) = read_archives(state, first_on=MARCH)
        few = archive.accounts.slice(0, ONE_BY_ONE)
        rest = frozenset(archive.accounts.column("account_id").to_pylist()[ONE_BY_ONE:])
        begun = time.process_time()
        bills = bill_one_by_one(state, archive, leave_out=rest, first_on=MARCH, book=book)
        spent = time.process_time() - begun
    single = rows_of(bills, book_version=book.version)[BILL_LINE.name].to_pylist()
    chosen = set(few.column("account_id").to_pylist())
    bulk = [row for row in lines.to_pylist() if row["account_id"] in chosen]
    by_key = [{(row["account_id"], row["line"]): row for row in rows} for rows in (single, bulk)]
    differing = sum(by_key[0].get(key) != by_key[1].get(key) for key in by_key[0].keys() | by_key[1].keys())
    return spent, differing


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--accounts", type=int, default=200_000)
    accounts = reader.parse_args().accounts
    pa.set_cpu_count(1)
    book = load_book()
    with tempfile.TemporaryDirectory() as folder:
        lake = make_lake(Path(folder), accounts)
        kernel = time_kernel(accounts, book)
        bulk, lines = time_bulk(lake, book)
        single, differing = time_single(lake, book, lines)
    checked = min(ONE_BY_ONE, accounts)
    found = (("kernel", accounts, kernel), ("in bulk", accounts, bulk), ("one by one", checked, single))
    rows: list[dict[str, Any]] = [
        {"way": way, "accounts": count, "CPU s": round(spent, 3), "accounts per CPU s": round(count / spent)}
        for way, count, spent in found
    ]
    equal = f"{differing} of the lines of {checked} accounts differ between both ways."
    publish("billing_speed", rows=rows, notes=(*NOTES, equal))
    assert not differing


if __name__ == "__main__":
    main()
