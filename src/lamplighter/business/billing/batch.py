"""The bills of a month, a bucket at a time: plain residential accounts in bulk, the others one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.base.periods import months_between
from lamplighter.business.billing.facts import TERM_COLUMNS, read_slots, row_to_dial, terms_of
from lamplighter.business.billing.making import AccountFacts, Slots, make_bill, next_month
from lamplighter.business.billing.records import Bill
from lamplighter.business.billing.rules.bulk import (
    KWH_SCALE,
    Integers,
    dial_hundredths,
    is_plain,
    price_in_bulk,
    scaled,
    tier_rates,
)
from lamplighter.business.billing.rules.measuring import Dial, Hung, exact
from lamplighter.business.billing.writing import BulkRows, Tables, bulk_rows
from lamplighter.business.customers.tables import BILLED_MONTH, CUSTOMER
from lamplighter.business.metering.tables import METER, REGISTER_DAILY
from lamplighter.business.tariffs.records import Tariff, TierSpan
from lamplighter.business.tariffs.rules.book import Book
from lamplighter.business.tariffs.rules.tiers import tier_limits

_STEP: Final = Decimal("0.01")
_DAYS_BACK: Final = 31
_SPECIAL: Final = "|".join(f'"{column}"' for column in TERM_COLUMNS)
_REGISTER_COLUMNS: Final = [
    "meter_id",
    "on_date",
    "total_kwh",
    "sharp_kwh",
    "peak_kwh",
    "flat_kwh",
    "valley_kwh",
    "reactive_kvarh",
    "max_demand_kw",
    "known_at",
]


@dataclass(frozen=True, slots=True)
class Archive:
    """Accounts of a bucket and the meters that measure what they use, as the archive has them."""

    bucket: int
    accounts: pa.Table
    meters: pa.Table


@dataclass(frozen=True, slots=True)
class BulkPart:
    """Bills of one tariff that were made in bulk."""

    accounts: tuple[str, ...]
    tables: Tables
    total_cents: int


def read_archives(snapshot: Snapshot, *, first_on: date) -> Iterator[Archive]:
    """Yield the accounts that are open in a month, by the bucket of their meters; those without a meter come first."""
    accounts = snapshot.read(CUSTOMER)
    closed = accounts.column("closed_on")
    accounts = accounts.filter(pc.or_kleene(pc.is_null(closed), pc.greater(closed, pa.scalar(first_on))))
    meters = snapshot.read(METER).filter(pc.field("role") == "customer")
    meters = meters.filter(pc.is_valid(meters.column("account_id")))
    by_account = meters.group_by("account_id").aggregate([("bucket", "min")])
    places = pc.index_in(accounts.column("account_id"), by_account.column("account_id").combine_chunks())
    buckets = pc.fill_null(by_account.column("bucket_min").take(places), 0)
    accounts = accounts.append_column("bucket", buckets)
    for bucket in sorted(set(buckets.to_pylist())):
        own = accounts.filter(pc.field("bucket") == bucket)
        theirs = meters.filter(pc.is_in(meters.column("account_id"), own.column("account_id").combine_chunks()))
        yield Archive(int(bucket), own, theirs)


def bill_in_bulk(snapshot: Snapshot, archive: Archive, *, first_on: date, book: Book) -> list[BulkPart]:
    """Return the bills of a bucket's accounts that one price list, one meter and readings on the days make plain.

    Whoever is not among them, for whatever reason, is to be billed one by one.
    """
    end_on = next_month(first_on)
    if any(book.rule(f"rounding.{name}", on=first_on).value != _STEP for name in ("register", "money")):
        return []
    parts = []
    for price_class in pc.unique(archive.accounts.column("price_class")).to_pylist():
        tariff = book.assigned(price_class, on=first_on)
        if tariff is None or not is_plain(tariff) or book.changes(price_class, first_on=first_on, end_on=end_on):
            continue
        accounts = archive.accounts.filter(pc.field("price_class") == price_class)
        part = _bill_plain(snapshot, archive, accounts, tariff, first_on, end_on, book.version)
        if part is not None:
            parts.append(part)
    return parts


def _bill_plain(
    snapshot: Snapshot,
    archive: Archive,
    accounts: pa.Table,
    tariff: Tariff,
    first_on: date,
    end_on: date,
    book_version: str,
) -> BulkPart | None:
    begin = date(first_on.year, 1, 1) if tariff.tier_span is TierSpan.YEAR else first_on
    rates = tier_rates(tariff)
    limits = scaled(tier_limits(tariff, on=first_on) or (None,), scale=KWH_SCALE)
    if rates is None or limits is None:
        return None
    accounts, meters = _with_one_meter(accounts, archive.meters, begin=begin, end_on=end_on)
    dials = _read_mornings(snapshot, archive.bucket, meters.column("meter_id"), days=(begin, first_on, end_on))
    multiplier = np.asarray(meters.column("multiplier").to_numpy(), np.float64)
    whole = multiplier.astype(np.int64)
    start, before = dials[first_on].hundredths - dials[begin].hundredths, dials[first_on].hundredths
    moved = dials[end_on].hundredths - dials[first_on].hundredths
    is_plain_row = (multiplier == whole) & (whole > 0) & (moved >= 0) & (start >= 0)
    for morning in dials.values():
        is_plain_row &= morning.is_exact
    keep = pa.array(is_plain_row)
    if not is_plain_row.any():
        return None
    names = accounts.column("account_id").combine_chunks().filter(keep)
    rows = BulkRows(
        accounts=names,
        meters=meters.column("meter_id").combine_chunks().filter(keep),
        start=before[is_plain_row],
        stop=dials[end_on].hundredths[is_plain_row],
        start_known=dials[first_on].known_at.filter(keep),
        stop_known=dials[end_on].known_at.filter(keep),
        multiplier=whole[is_plain_row],
        kwh=(moved * whole)[is_plain_row],
        before=(start * whole)[is_plain_row],
        billed_cents=_billed_cents(snapshot, names, first_on=first_on),
    )
    bills = price_in_bulk(kwh=rows.kwh, before=rows.before, limits=limits, rates=rates)
    tables = bulk_rows(
        rows, bills, tariff=tariff, rates=rates, first_on=first_on, end_on=end_on, book_version=book_version
    )
    return BulkPart(tuple(names.to_pylist()), tables, int(bills.total_cents.sum()))


def _with_one_meter(accounts: pa.Table, meters: pa.Table, *, begin: date, end_on: date) -> tuple[pa.Table, pa.Table]:
    """Return the accounts with one meter that hung through and nothing special on record, and their meters in order."""
    attributes = pc.fill_null(accounts.column("attributes"), "")
    opened = accounts.column("opened_on")
    keep = pc.and_(
        pc.invert(pc.match_substring_regex(attributes, _SPECIAL)),
        pc.or_kleene(pc.is_null(opened), pc.less_equal(opened, pa.scalar(begin))),
    )
    accounts = accounts.filter(keep)
    counts = meters.group_by("account_id").aggregate([("meter_id", "count")])
    single = counts.filter(pc.field("meter_id_count") == 1).column("account_id").combine_chunks()
    installed, removed = meters.column("installed_on"), meters.column("removed_on")
    through = pc.and_kleene(
        pc.or_kleene(pc.is_null(installed), pc.less_equal(installed, pa.scalar(begin))),
        pc.or_kleene(pc.is_null(removed), pc.greater_equal(removed, pa.scalar(end_on))),
    )
    meters = meters.filter(pc.and_kleene(through, pc.is_in(meters.column("account_id"), single)))
    places = pc.index_in(accounts.column("account_id"), meters.column("account_id").combine_chunks())
    found = pc.is_valid(places)
    return accounts.filter(found), meters.take(places.filter(found).combine_chunks())


@dataclass(frozen=True, slots=True)
class _Morning:
    """Dials of one morning in the order of meters: hundredths, whether they stand on one, and their versions."""

    hundredths: Integers
    is_exact: npt.NDArray[np.bool_]
    known_at: pa.Array


def _read_mornings(
    snapshot: Snapshot, bucket: int, meters: pa.ChunkedArray, *, days: Sequence[date]
) -> Mapping[date, _Morning]:
    wanted = sorted(set(days))
    months = sorted({f"{day:%Y-%m}" for day in wanted})
    found = snapshot.read(
        REGISTER_DAILY,
        columns=["meter_id", "on_date", "total_kwh", "known_at"],
        months=months,
        buckets=[bucket],
        where=pc.field("on_date").isin(pa.array(wanted, pa.date32())),
    )
    mornings = {}
    for day in wanted:
        part = found.filter(pc.field("on_date") == pa.scalar(day))
        places = pc.index_in(meters, part.column("meter_id").combine_chunks()).combine_chunks()
        values = part.column("total_kwh").combine_chunks().take(places)
        hundredths, is_exact = dial_hundredths(np.asarray(pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False)))
        mornings[day] = _Morning(hundredths, is_exact, part.column("known_at").combine_chunks().take(places))
    return mornings


def _billed_cents(snapshot: Snapshot, accounts: pa.Array, *, first_on: date) -> Integers:
    """Return what the company billed for the month, cents; −1 where it does not say."""
    found = snapshot.read(
        BILLED_MONTH,
        columns=["account_id", "amount_yuan"],
        months=[f"{first_on:%Y-%m}"],
        where=pc.field("month") == pa.scalar(first_on),
    )
    places = pc.index_in(accounts, found.column("account_id").combine_chunks())
    amounts = pc.fill_null(found.column("amount_yuan").combine_chunks().take(places), -0.01)
    cents: npt.NDArray[np.int64] = np.rint(np.asarray(amounts.to_numpy(zero_copy_only=False)) * KWH_SCALE).astype(
        np.int64
    )
    return cents


def bill_one_by_one(
    snapshot: Snapshot, archive: Archive, *, leave_out: frozenset[str], first_on: date, book: Book
) -> list[Bill]:
    """Return the bills of a bucket's other accounts, each from its own records."""
    end_on = next_month(first_on)
    rows = [row for row in archive.accounts.to_pylist() if row["account_id"] not in leave_out]
    wanted = {row["account_id"] for row in rows}
    meters: dict[str, list[Hung]] = {}
    for row in archive.meters.to_pylist():
        if row["account_id"] in wanted:
            hung = Hung(row["meter_id"], exact(row["multiplier"]), row["installed_on"], row["removed_on"])
            meters.setdefault(row["account_id"], []).append(hung)
    dials = _read_dials(snapshot, archive.bucket, meters, first_on=date(first_on.year, 1, 1), end_on=end_on)
    billed = _read_billed(snapshot, wanted, first_on=date(first_on.year, 1, 1), end_on=end_on)
    bills = []
    for row in rows:
        hung_here = meters.get(row["account_id"], [])
        facts = AccountFacts(
            terms=terms_of(row),
            meters=tuple(hung_here),
            dials={meter.meter_id: dials.get(meter.meter_id, {}) for meter in hung_here},
            slots=_slots(snapshot, archive.bucket, hung_here),
            billed=billed.get(row["account_id"], {}),
        )
        bills.append(make_bill(facts, first_on=first_on, end_on=end_on, book=book, is_checked=False))
    return bills


def _read_dials(
    snapshot: Snapshot, bucket: int, meters: Mapping[str, list[Hung]], *, first_on: date, end_on: date
) -> Mapping[str, Mapping[date, Dial]]:
    names = [meter.meter_id for each in meters.values() for meter in each]
    begin, after = first_on - timedelta(days=_DAYS_BACK), end_on + timedelta(days=1)
    found = snapshot.read(
        REGISTER_DAILY,
        columns=_REGISTER_COLUMNS,
        months=months_between(begin, after),
        buckets=[bucket],
        where=(pc.field("on_date") >= pa.scalar(begin))
        & (pc.field("on_date") < pa.scalar(after))
        & pc.field("meter_id").isin(pa.array(names, pa.string())),
    )
    dials: dict[str, dict[date, Dial]] = {}
    for row in found.to_pylist():
        dials.setdefault(row["meter_id"], {})[row["on_date"]] = row_to_dial(row)
    return dials


def _read_billed(
    snapshot: Snapshot, accounts: set[str], *, first_on: date, end_on: date
) -> Mapping[str, Mapping[date, tuple[Decimal, Decimal | None]]]:
    found = snapshot.read(
        BILLED_MONTH,
        columns=["account_id", "month", "energy_kwh", "amount_yuan"],
        months=months_between(first_on, end_on),
        where=pc.field("account_id").isin(pa.array(sorted(accounts), pa.string())),
    )
    billed: dict[str, dict[date, tuple[Decimal, Decimal | None]]] = {}
    for row in found.to_pylist():
        amount = None if row["amount_yuan"] is None else exact(row["amount_yuan"])
        billed.setdefault(row["account_id"], {})[row["month"]] = (exact(row["energy_kwh"]), amount)
    return billed


def _slots(snapshot: Snapshot, bucket: int, meters: Sequence[Hung]) -> Slots:
    by_id = {meter.meter_id: meter for meter in meters}

    def slots(meter_id: str, first_on: date, end_on: date) -> Any:
        return read_slots(snapshot, meter=by_id[meter_id], bucket=bucket, first_on=first_on, end_on=end_on)

    return slots
