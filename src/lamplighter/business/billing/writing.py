"""Bills as rows of the lake: made one by one from records, or whole columns at a time from a bulk run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance.contract import KNOWN_AT, Contract
from lamplighter.business.billing.records import Bill, Item
from lamplighter.business.billing.rules.bulk import KWH_SCALE, RATE_SCALE, BulkBills, Integers
from lamplighter.business.billing.tables import BILL, BILL_LINE, BILL_READING
from lamplighter.business.tariffs.records import Tariff

Tables = Mapping[str, pa.Table]
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class BulkRows:
    """Accounts of a bulk run, column by column; every array has the shape (accounts,).

    Attributes:
        accounts, meters: ids.
        start, stop: dial readings, hundredths; ``start_known``, ``stop_known`` their versions.
        multiplier: whole numbers.
        kwh, before: energy of the month and of the tier's span before it, hundredths of a kWh.
        billed_cents: what the company billed, −1 where it does not say.
    """

    accounts: pa.Array
    meters: pa.Array
    start: Integers
    stop: Integers
    start_known: pa.Array
    stop_known: pa.Array
    multiplier: Integers
    kwh: Integers
    before: Integers
    billed_cents: Integers


def _typed(contract: Contract, columns: Mapping[str, Any]) -> pa.Table:
    schema = pa.schema([field for field in contract.schema if field.name != KNOWN_AT])
    length = len(next(iter(columns.values())))
    return pa.Table.from_arrays(
        [
            columns[f.name].cast(f.type)
            if isinstance(columns.get(f.name), pa.Array | pa.ChunkedArray)
            else pa.array(columns.get(f.name, [None] * length), f.type)
            for f in schema
        ],
        names=schema.names,
    )


def rows_of(bills: Sequence[Bill], *, book_version: str) -> Tables:
    """Return bills as rows of the three tables."""
    heads, lines, readings = [], [], []
    for bill in bills:
        key = {"account_id": bill.account_id, "month": bill.first_on}
        is_compared = bill.billed_yuan is not None and bill.total_yuan is not None
        heads.append(
            {
                **key,
                "tariff": bill.tariff_code or None,
                "energy_kwh": bill.energy_kwh,
                "used_before_kwh": bill.used_before_kwh,
                "own_loss_kwh": bill.own_loss_kwh or None,
                "total_yuan": bill.total_yuan,
                "billed_yuan": bill.billed_yuan,
                "difference_yuan": (bill.billed_yuan or 0) - (bill.total_yuan or 0) if is_compared else None,
                "issues": ";".join(bill.issues) or None,
                "book_version": book_version,
            }
        )
        lines += [key | row for row in _line_rows(bill)]
        readings += [key | row for row in _reading_rows(bill)]
    return {
        contract.name: _from_rows(contract, rows)
        for contract, rows in ((BILL, heads), (BILL_LINE, lines), (BILL_READING, readings))
    }


def _from_rows(contract: Contract, rows: list[dict[str, Any]]) -> pa.Table:
    return _typed(
        contract,
        {column.name: [_fitting(row.get(column.name), column.type) for row in rows] for column in contract.columns},
    )


def _fitting(value: Any, kind: pa.DataType) -> Any:
    """Return a number with the decimals its column keeps."""
    if isinstance(value, Decimal) and pa.types.is_decimal(kind):
        return value.quantize(Decimal(1).scaleb(-kind.scale), ROUND_HALF_UP)
    return value


def _line_rows(bill: Bill) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(bill.lines, start=1):
        yield {
            "line": number,
            "item": line.item.value,
            "detail": line.detail or None,
            "period": line.period.value if line.period else None,
            "tier": line.tier,
            "first_on": line.first_on,
            "end_on": line.end_on,
            "quantity": line.quantity,
            "unit": line.unit,
            "rate": line.rate,
            "formula": line.formula,
            "yuan": line.yuan,
            "tariff": line.origin.code,
            "tariff_version": line.origin.version,
            "source": line.origin.source,
            "evidence": line.origin.evidence,
        }


def _reading_rows(bill: Bill) -> Iterable[dict[str, Any]]:
    for use in bill.uses:
        yield {
            "meter_id": use.meter_id,
            "first_on": use.first_on,
            "end_on": use.end_on,
            "start_on": use.start.on_date if use.start else None,
            "start_kwh": use.start.value if use.start else None,
            "start_known_at": use.start.known_at if use.start else None,
            "stop_on": use.end.on_date if use.end else None,
            "stop_kwh": use.end.value if use.end else None,
            "stop_known_at": use.end.known_at if use.end else None,
            "multiplier": use.multiplier,
            "energy_kwh": use.energy_kwh,
            "bridged_kwh": use.bridged_kwh or None,
        }


def bulk_rows(
    rows: BulkRows,
    bills: BulkBills,
    *,
    tariff: Tariff,
    rates: Integers,
    first_on: date,
    end_on: date,
    book_version: str,
) -> Tables:
    """Return the bills of a bulk run as the rows :func:`rows_of` would make of the same bills."""
    count = len(rows.accounts)
    total, is_billed = bills.total_cents, rows.billed_cents >= 0
    billed = _decimals(rows.billed_cents, is_known=is_billed)
    has_tiers = bool(tariff.tiers)
    month = _repeated(first_on, count)
    head = {
        "account_id": rows.accounts,
        "month": month,
        "tariff": _repeated(tariff.code, count),
        "energy_kwh": _decimals(rows.kwh),
        "used_before_kwh": _decimals(rows.before, is_known=np.full(count, has_tiers)),
        "total_yuan": _decimals(total),
        "billed_yuan": billed,
        "difference_yuan": _decimals(rows.billed_cents - total, is_known=is_billed),
        "book_version": _repeated(book_version, count),
    }
    reading = {
        "account_id": rows.accounts,
        "month": month,
        "meter_id": rows.meters,
        "first_on": month,
        "end_on": _repeated(end_on, count),
        "start_on": month,
        "start_kwh": _decimals(rows.start),
        "start_known_at": rows.start_known,
        "stop_on": _repeated(end_on, count),
        "stop_kwh": _decimals(rows.stop),
        "stop_known_at": rows.stop_known,
        "multiplier": _decimals(rows.multiplier * KWH_SCALE),
        "energy_kwh": _decimals(rows.kwh),
    }
    line = _bulk_lines(rows, bills, tariff=tariff, rates=rates, first_on=first_on, end_on=end_on)
    return {
        BILL.name: _typed(BILL, head),
        BILL_LINE.name: _typed(BILL_LINE, line),
        BILL_READING.name: _typed(BILL_READING, reading),
    }


def _bulk_lines(
    rows: BulkRows, bills: BulkBills, *, tariff: Tariff, rates: Integers, first_on: date, end_on: date
) -> Mapping[str, Any]:
    who, tier = np.nonzero(bills.kwh)
    kwh = bills.kwh[who, tier]
    count = len(who)
    # Lines of an account stand together in the order of tiers; the first of each begins at 1.
    starts = np.searchsorted(who, who, side="left")
    texts = [f"{Decimal(int(rate)) / RATE_SCALE:f}".rstrip("0").rstrip(".") for rate in rates]
    words = pc.binary_join_element_wise(
        _plain(kwh), pa.array([f"kWh × {each}" for each in texts]).take(pa.array(tier)), " "
    )
    has_tiers = bool(tariff.tiers)
    return {
        "account_id": rows.accounts.take(pa.array(who)),
        "month": _repeated(first_on, count),
        "line": pa.array(np.arange(count) - starts + 1),
        "item": _repeated(Item.ENERGY.value, count),
        "tier": pa.array(tier + 1, mask=np.full(count, not has_tiers)),
        "first_on": _repeated(first_on, count),
        "end_on": _repeated(end_on, count),
        "quantity": _decimals(kwh),
        "unit": _repeated("kWh", count),
        "rate": pa.array([Decimal(int(rate)) / RATE_SCALE for rate in rates], pa.decimal128(18, 8)).take(
            pa.array(tier)
        ),
        "formula": words,
        "yuan": _decimals(bills.cents[who, tier]),
        "tariff": _repeated(tariff.code, count),
        "tariff_version": _repeated(tariff.origin.version, count),
        "source": _repeated(tariff.origin.source, count),
        "evidence": _repeated(tariff.origin.evidence, count),
    }


def _repeated(value: Any, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), count)


def _decimals(hundredths: Integers, *, is_known: Any = None) -> pa.Array:
    """Return hundredths as decimal numbers; null where not known."""
    whole = pa.array(hundredths, pa.int64(), mask=None if is_known is None else ~is_known)
    return pc.divide(whole.cast(pa.decimal128(19, 0)), pa.scalar(_HUNDRED, pa.decimal128(3, 0))).cast(
        pa.decimal128(15, 2)
    )


def _plain(hundredths: Integers) -> pa.Array:
    """Return hundredths as text without idle zeros."""
    return pc.utf8_rtrim(pc.utf8_rtrim(_decimals(hundredths).cast(pa.string()), "0"), ".")
