"""One area on one day, taken apart: every term of its balance, meter by meter."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.business.line_loss.queries.results import month_of, read_area_losses
from lamplighter.business.line_loss.records import LossClass, Term
from lamplighter.business.metering.tables import METER
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY


class AreaDayUnknown(LamplighterError):
    """There is no loss of this area on this day."""

    def __init__(self, area_id: str, *, on: dt.date) -> None:
        self.area_id, self.on = area_id, on
        super().__init__(text("line_loss.error.area_unknown", area=area_id, day=on))


@dataclass(frozen=True, slots=True)
class MeterShare:
    """What one meter gave to the balance; energies after the multiplier, None = not known."""

    meter_id: str
    role: str
    term: Term
    energy_kwh: float | None
    source: str
    actual_share: float
    multiplier: float


@dataclass(frozen=True, slots=True)
class AreaDay:
    """The loss of an area on a day with everything it is made of.

    Attributes:
        area_id, on_date: what and when.
        supplied_kwh, sold_kwh, loss_kwh, loss_rate: the balance; None where a side is not known.
        technical_kwh, technical_source: part that physics explains.
        unexplained_kwh, unexplained_low_kwh, unexplained_high_kwh: the rest and its 90 % interval.
        coverage, estimated_share: how far customers were read, and how much of the sold energy is estimated.
        is_computable, reasons: whether it is a figure, and codes of why not.
        loss_class: its class.
        hints: codes of the signs found.
        meters: every live meter of the area, supply first, greatest energy first.
        terms: sum of each term.
        policy_version: version of the thresholds.
    """

    area_id: str
    on_date: dt.date
    supplied_kwh: float | None
    sold_kwh: float | None
    loss_kwh: float | None
    loss_rate: float | None
    technical_kwh: float | None
    technical_source: str
    unexplained_kwh: float | None
    unexplained_low_kwh: float | None
    unexplained_high_kwh: float | None
    coverage: float
    estimated_share: float | None
    is_computable: bool
    reasons: tuple[str, ...]
    loss_class: LossClass
    hints: tuple[str, ...]
    meters: tuple[MeterShare, ...]
    terms: dict[Term, float]
    policy_version: str


def explain_area_day(state: Snapshot, *, area_id: str, on: dt.date) -> AreaDay:
    """Return the loss of an area on a day, meter by meter.

    Args:
        state: a published state of the lake.
        area_id: the area.
        on: the day.

    Raises:
        AreaDayUnknown: the day was not worked, or there is no such area.
    """
    rows = read_area_losses(state, on=on, area_id=area_id).to_pylist()
    if not rows:
        raise AreaDayUnknown(area_id, on=on)
    row = rows[0]
    where = (pc.field("on_date") == pa.scalar(on, pa.date32())) & (pc.field("area_id") == area_id)
    days = state.read(TRUSTED_DAY, months=[month_of(on)], where=where).to_pylist()
    meters = state.read(METER, columns=["meter_id", "multiplier"])
    multipliers = dict(zip(*(meters.column(name).to_pylist() for name in ("meter_id", "multiplier")), strict=True))
    two_way = _two_way_meters(state, [day["meter_id"] for day in days if day["role"] == "solar"], on)
    shares = [
        MeterShare(
            meter_id=day["meter_id"],
            role=day["role"],
            term=term,
            energy_kwh=day[column],
            source=day["source"],
            actual_share=day["actual_share"],
            multiplier=multipliers.get(day["meter_id"], 1.0),
        )
        for day in days
        for term, column in _terms_of(day, is_two_way=day["meter_id"] in two_way)
        if column == "energy_kwh" or day[column]
    ]
    shares.sort(key=lambda share: (share.term, -(share.energy_kwh or 0.0), share.meter_id))
    terms = {term: sum(share.energy_kwh or 0.0 for share in shares if share.term is term) for term in Term}
    return AreaDay(
        area_id=area_id,
        on_date=on,
        **{name: row[name] for name in _FIGURES},
        technical_source=row["technical_source"],
        is_computable=row["is_computable"],
        reasons=_codes(row["not_computable_reason"]),
        loss_class=LossClass(row["loss_class"]),
        hints=_codes(row["cause_hints"]),
        meters=tuple(shares),
        terms=terms,
        policy_version=row["policy_version"],
    )


_FIGURES = (
    "supplied_kwh", "sold_kwh", "loss_kwh", "loss_rate", "technical_kwh", "unexplained_kwh", "unexplained_low_kwh",
    "unexplained_high_kwh", "coverage", "estimated_share",
)  # fmt: skip


def _codes(joined: str | None) -> tuple[str, ...]:
    return tuple(joined.split(";")) if joined else ()


def _two_way_meters(state: Snapshot, solar: list[str], on: dt.date) -> set[str]:
    """Return the solar meters that showed an export register in the month: their forward reading is the plant's own
    use.
    """
    if not solar:
        return set()
    rows = state.read(
        TRUSTED_DAY,
        columns=["meter_id", "reverse_kwh"],
        months=[month_of(on)],
        where=pc.field("meter_id").isin(solar),
    )
    return set(rows.filter(pc.is_valid(rows.column("reverse_kwh"))).column("meter_id").to_pylist())


def _terms_of(day: dict[str, object], *, is_two_way: bool) -> list[tuple[Term, str]]:
    if day["role"] == "supply":
        return [(Term.SUPPLY_FORWARD, "energy_kwh"), (Term.SUPPLY_REVERSE, "reverse_kwh")]
    if day["role"] == "customer":
        return [(Term.CUSTOMER_IMPORT, "energy_kwh"), (Term.CUSTOMER_EXPORT, "reverse_kwh")]
    if day["role"] == "solar" and is_two_way:
        return [(Term.SOLAR_IMPORT, "energy_kwh"), (Term.SOLAR_EXPORT, "reverse_kwh")]
    return [(Term.SOLAR_EXPORT, "energy_kwh")] if day["role"] == "solar" else []
