"""What the lake knows of an account that a bill is made of: terms, meters, dials, intervals, what was billed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.base.periods import months_between
from lamplighter.business.billing.records import Terms
from lamplighter.business.billing.rules.measuring import REGISTERS, Dial, Hung, exact
from lamplighter.business.customers.queries import read_billed_months
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.metering.queries import read_curve, read_meters, read_registers
from lamplighter.business.tariffs.records import FeeMode, Period, Scheme
from lamplighter.business.tariffs.rules.hours import period_slots
from lamplighter.business.tariffs.rules.transformer import Plate
from lamplighter.business.trusted_energy.records import Quality
from lamplighter.business.trusted_energy.tables import TRUSTED_CURVE

_DAYS_BACK: Final = 31
"""How far before a period dials are read: a boundary without a reading takes an earlier one."""
_CENT_KWH: Final = Decimal("0.01")


TERM_COLUMNS: Final = (
    "household_size",
    "contract_demand_kw",
    "fee_mode",
    "has_left_market",
    "is_metered_below",
    "own_rated_kva",
    "load_shape",
)
"""Columns a customers file may have beyond its contract, which a price depends on; they are kept as attributes."""


class AccountUnknown(LamplighterError):
    """Somebody asks for the bill of an account the archive does not have."""

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        super().__init__(text("billing.error.account_unknown", account_id=account_id))


class TermsBroken(LamplighterError):
    """A column of the archive that a price depends on cannot be read."""

    def __init__(self, account_id: str, *, column: str, value: object) -> None:
        self.account_id, self.column, self.value = account_id, column, value
        super().__init__(text("billing.error.terms_broken", column=column, value=value))


@dataclass(frozen=True, slots=True)
class TrustedSlots:
    """Trusted intervals of a meter over days, after the multiplier; NaN = not known.

    Attributes:
        first_on: first day.
        kwh: shape (D, S).
        is_estimated: slots that are not as measured, shape (D, S).
    """

    first_on: date
    kwh: npt.NDArray[np.float64]
    is_estimated: npt.NDArray[np.bool_]

    def of_days(self, first_on: date, end_on: date) -> TrustedSlots:
        """Return only some of its days."""
        part = slice((first_on - self.first_on).days, (end_on - self.first_on).days)
        return TrustedSlots(first_on, self.kwh[part], self.is_estimated[part])


def read_terms(snapshot: Snapshot, *, account_id: str, as_known_at: datetime | None = None) -> Terms:
    """Return what the archive says of an account; columns the contract does not know are read from its attributes.

    Raises:
        AccountUnknown: no such account.
        TermsBroken: a figure of it is none.
    """
    found = snapshot.read(CUSTOMER, where=pc.field("account_id") == account_id, as_known_at=as_known_at).to_pylist()
    if not found:
        raise AccountUnknown(account_id)
    return terms_of(found[-1])


def terms_of(row: Mapping[str, Any]) -> Terms:
    """Return the terms of a row of ``core_customer``.

    Raises:
        TermsBroken: a figure of it is none.
    """
    more: Mapping[str, Any] = json.loads(row["attributes"] or "{}")
    account_id = row["account_id"]

    def number(column: str, scale: Decimal = Decimal(1)) -> Decimal | None:
        value = more.get(column)
        if value in (None, ""):
            return None
        try:
            return Decimal(str(value)) * scale
        except InvalidOperation as error:
            raise TermsBroken(account_id, column=column, value=value) from error

    def is_on(column: str) -> bool:
        return str(more.get(column, "")).lower() in ("true", "1", "yes")

    try:
        mode = FeeMode(more.get("fee_mode") or FeeMode.CAPACITY)
    except ValueError as error:
        raise TermsBroken(account_id, column="fee_mode", value=more["fee_mode"]) from error
    rated, idle, load = number("own_rated_kva"), number("own_no_load_loss_kw"), number("own_load_loss_kw")
    percent = Decimal("0.01")
    plate = (
        Plate(rated, idle, load, number("own_no_load_current_pct", percent), number("own_short_circuit_pct", percent))
        if rated is not None and idle is not None and load is not None
        else None
    )
    kva = row["contract_kva"]
    return Terms(
        account_id=account_id,
        customer_class=row["class"],
        price_class=row["price_class"],
        household_size=int(number("household_size") or 0),
        capacity_kva=None if kva is None else exact(kva),
        contract_demand_kw=number("contract_demand_kw"),
        fee_mode=mode,
        opened_on=row["opened_on"],
        has_left_market=is_on("has_left_market"),
        is_metered_below=is_on("is_metered_below"),
        plate=plate,
        load_shape=str(more.get("load_shape") or ""),
    )


def read_hung(snapshot: Snapshot, *, account_id: str) -> list[Hung]:
    """Return the meters that measure what an account uses; a meter of its generation is not among them."""
    rows = read_meters(snapshot, account_id=account_id).to_pylist()
    return [
        Hung(row["meter_id"], exact(row["multiplier"]), row["installed_on"], row["removed_on"])
        for row in rows
        if row["role"] == "customer"
    ]


def read_dials(
    snapshot: Snapshot, *, meter_id: str, first_on: date, end_on: date, as_known_at: datetime | None = None
) -> Mapping[date, Dial]:
    """Return the mornings of a meter from some days before a period to the morning after it."""
    found = read_registers(
        snapshot,
        meter_id=meter_id,
        first_on=first_on - timedelta(days=_DAYS_BACK),
        end_on=end_on + timedelta(days=1),
        as_known_at=as_known_at,
    )
    return {row["on_date"]: row_to_dial(row) for row in found.to_pylist()}


def row_to_dial(row: Mapping[str, Any]) -> Dial:
    """Return a row of ``core_register_daily`` as a dial."""
    return Dial(
        total_kwh=row["total_kwh"],
        registers={column: row[column] for column in REGISTERS.values()},
        reactive_kvarh=row["reactive_kvarh"],
        max_demand_kw=row["max_demand_kw"],
        known_at=row["known_at"],
    )


def read_slots(
    snapshot: Snapshot,
    *,
    meter: Hung,
    bucket: int,
    first_on: date,
    end_on: date,
    as_known_at: datetime | None = None,
) -> TrustedSlots | None:
    """Return the trusted intervals of a meter over ``[first_on, end_on)``; None where it has none."""
    curve = read_curve(snapshot, meter_id=meter.meter_id, first_on=first_on, end_on=end_on, as_known_at=as_known_at)
    days = pc.field("on_date")
    changed = snapshot.read(
        TRUSTED_CURVE,
        months=months_between(first_on, end_on),
        buckets=[bucket],
        where=(pc.field("meter_id") == meter.meter_id)
        & (pc.field("channel") == "energy_kwh")
        & (days >= pa.scalar(first_on, pa.date32()))
        & (days < pa.scalar(end_on, pa.date32())),
        as_known_at=as_known_at,
    ).to_pylist()
    width = max([curve.values.shape[1], *(len(row["values"]) for row in changed)], default=0)
    if not width:
        return None
    kwh = np.full((len(curve.days), width), np.nan)
    kwh[:, : curve.values.shape[1]] = curve.values
    is_estimated = np.zeros(kwh.shape, bool)
    for row in changed:
        at = (row["on_date"] - first_on).days
        kwh[at] = [np.nan if value is None else value for value in row["values"]]
        is_estimated[at] = [quality in (Quality.ESTIMATED, Quality.SUBSTITUTED) for quality in row["quality"]]
    return TrustedSlots(first_on, kwh * float(meter.multiplier), is_estimated)


def slot_shares(slots: TrustedSlots, *, scheme: Scheme, least_coverage: Decimal) -> Mapping[Period, Decimal] | None:
    """Return the energy of the slots by period, kWh to 0.01; None where too few of them are known."""
    if not slots.kwh.size or np.isfinite(slots.kwh).mean() < least_coverage:
        return None
    found: dict[Period, float] = {}
    for number in range(len(slots.kwh)):
        month = (slots.first_on + timedelta(days=number)).month
        for period, share in period_slots(scheme, month=month, slots=slots.kwh.shape[1]).items():
            found[period] = found.get(period, 0.0) + float(np.nansum(slots.kwh[number] * share))
    return {period: exact(round(kwh, 2)).quantize(_CENT_KWH) for period, kwh in found.items()}


def read_billed(snapshot: Snapshot, *, account_id: str) -> Mapping[date, tuple[Decimal, Decimal | None]]:
    """Return month -> energy and amount the company billed."""
    rows = read_billed_months(snapshot, account_id=account_id).to_pylist()
    return {
        row["month"]: (
            exact(row["energy_kwh"]),
            None if row["amount_yuan"] is None else exact(row["amount_yuan"]),
        )
        for row in rows
    }
