"""Losses of 10 kV lines and of units: from the sums of a relation to rate, technical part, interval and class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.business.line_loss.records import CAUSE_CODES, CLASS_ORDER, Reason, Sign, join_bits
from lamplighter.business.line_loss.rules.classes import classify
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.line_loss.rules.uncertainty import NORMAL_90

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SolarGap:
    """What the archive knows of generation on a feeder beside what was measured of it.

    Attributes:
        feeder_id: the line.
        known_plants: customers or meters the archive marks as generating.
        measured_plants: of these with a measured export.
        installed_kw: power of the plants whose export is not measured, where the archive knows it; NaN otherwise.
    """

    feeder_id: str
    known_plants: int
    measured_plants: int
    installed_kw: float

    @property
    def missing(self) -> int:
        """Plants without measured export."""
        return self.known_plants - self.measured_plants


def line_losses(
    *,
    flows: pa.Table,
    hours: Floats,
    transformer_kwh: Floats,
    line_kwh: Floats,
    solar_gaps: dict[str, SolarGap],
    thresholds: Thresholds,
    period: str,
) -> pa.Table:
    """Return rows of ``out_feeder_loss`` from the sums of ``feeder_flows``.

    A line's own loss lies between its head and the supply meters of its areas: the losses of the transformers are the
    line's, those behind their low-voltage side are the areas'. Where areas have no supply meter the line is followed
    to their customers.

    Args:
        flows: one row a feeder and day or month.
        hours: length of each row's period, shape (rows,).
        transformer_kwh: technical loss of the transformers, shape (rows,), NaN where no nameplate is known.
        line_kwh: technical loss of the 10 kV conductors, likewise.
        solar_gaps: generation known and not measured, by feeder.
        thresholds: limits.
        period: day or month.

    Source:
        LL-2, LL-6, LL-8, TLL-8.
    """
    columns = {name: np.nan_to_num(flows.column(name).to_numpy().astype(float)) for name in _NUMBERS}
    supplied, sold = columns["supplied_kwh"], columns["sold_kwh"]
    head_known = (columns["head_count"] > 0) & (columns["head_known"] == columns["head_count"])
    supplied = np.where(head_known, supplied, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_meters = np.where(columns["end_count"] > 0, columns["end_read"] / columns["end_count"], 0.0)
        by_energy = np.where(columns["end_kwh"] > 0, columns["end_read_kwh"] / columns["end_kwh"], 1.0)
        coverage = np.minimum(by_meters, by_energy)
        loss = supplied - sold
        rate = np.where(supplied > 0, loss / supplied, np.nan)
    technical = np.nan_to_num(transformer_kwh) + np.nan_to_num(line_kwh)
    has_lines, has_plates = np.isfinite(line_kwh), np.isfinite(transformer_kwh)
    technical = np.where(has_lines | has_plates, technical, np.nan)
    source = np.select([has_lines, has_plates], ["network", "transformers"], default="none")
    unexplained = loss - technical
    spread = np.sqrt(
        (columns["head_kwh"] * thresholds.supply_meter_error) ** 2 / 3
        + columns["end_square"] * thresholds.supply_meter_error**2 / 3
        + (thresholds.technical_error * np.nan_to_num(technical)) ** 2
    )
    feeders = flows.column("feeder_id").to_pylist()
    reasons = _reasons(columns, head_known, supplied, coverage, thresholds)
    without_solar = _solar_missing(feeders, columns, rate, solar_gaps, thresholds)
    reasons[without_solar] |= np.uint32(1 << Reason.SOLAR_UNKNOWN.value)
    signs = np.zeros(len(feeders), np.uint32)
    signs[without_solar] |= np.uint32(1 << Sign.SOLAR_UNKNOWN.value)
    classes = classify(
        rate=rate,
        supplied_kwh=np.nan_to_num(supplied),
        is_computable=reasons == 0,
        technical_rate=technical / supplied,
        thresholds=thresholds,
        days=hours / 24,
        high_above=thresholds.feeder_high_above,
    )
    open_areas, metered = columns["open_areas"] > 0, columns["metered_areas"] > 0
    reason_words = [(reason.value, reason.code) for reason in Reason]
    return pa.table(
        {
            "feeder_id": flows.column("feeder_id"),
            "on_date": flows.column("on_date").cast(pa.date32()),
            "period": pa.repeat(period, len(feeders)),
            "boundary": np.select(
                [open_areas & metered, open_areas], ["mixed", "customers"], default="transformers"
            ).tolist(),
            "supplied_kwh": _nullable(supplied),
            "sold_kwh": _nullable(sold),
            "loss_kwh": _nullable(loss),
            "loss_rate": _nullable(rate),
            "technical_kwh": _nullable(technical),
            "technical_source": source.tolist(),
            "unexplained_kwh": _nullable(unexplained),
            "unexplained_low_kwh": _nullable(unexplained - NORMAL_90 * spread),
            "unexplained_high_kwh": _nullable(unexplained + NORMAL_90 * spread),
            "coverage": _nullable(coverage),
            "estimated_share": _nullable(1.0 - by_energy),
            "is_computable": reasons == 0,
            "not_computable_reason": pa.array([join_bits(int(m), reason_words) for m in reasons], pa.string()),
            "loss_class": [CLASS_ORDER[k].value for k in classes],
            "cause_hints": pa.array([_hints(int(mask)) for mask in signs], pa.string()),
            "policy_version": pa.repeat(thresholds.version, len(feeders)),
        }
    )


_NUMBERS = (
    "supplied_kwh", "sold_kwh", "head_kwh", "head_count", "head_known", "head_read", "end_count", "end_read", "end_kwh",
    "end_read_kwh", "end_square", "solar_kwh", "solar_count", "solar_known", "metered_areas", "open_areas",
)  # fmt: skip


def _hints(mask: int) -> str | None:
    return join_bits(mask, [(sign.value, code) for sign, code in CAUSE_CODES.items()])


def _nullable(values: Floats) -> pa.Array:
    return pa.array(np.asarray(values, np.float64), mask=np.isnan(values))


def _reasons(
    columns: dict[str, Floats],
    head_known: npt.NDArray[np.bool_],
    supplied: Floats,
    coverage: Floats,
    thresholds: Thresholds,
) -> npt.NDArray[np.uint32]:
    found = np.zeros(len(coverage), np.uint32)
    for reason, where in (
        (Reason.SUPPLY_UNKNOWN, ~head_known),
        (Reason.SUPPLY_ZERO, head_known & ~(supplied > 0)),
        (Reason.SUPPLY_ESTIMATED, head_known & (columns["head_read"] < thresholds.supply_actual_min)),
        (Reason.CUSTOMERS_UNKNOWN, columns["end_count"] == 0),
        (Reason.COVERAGE_LOW, (columns["end_count"] > 0) & (coverage < thresholds.coverage_min)),
    ):
        found[where] |= np.uint32(1 << reason.value)
    return found


def _solar_missing(
    feeders: list[str],
    columns: dict[str, Floats],
    rate: Floats,
    solar_gaps: dict[str, SolarGap],
    thresholds: Thresholds,
) -> npt.NDArray[np.bool_]:
    """Return on which lines generation is missing from the model, whatever the rate: its energy was never counted.

    Two ways to know it: meters of generation exist and most say nothing, or the archive marks customers as generating
        beyond the
    measured plants. A rate near or below zero is what that looks like, and is therefore no finding.
    """
    missing = np.zeros(len(feeders), bool)
    for row, feeder in enumerate(feeders):
        silent = columns["solar_known"][row] < thresholds.solar_known_min * columns["solar_count"][row]
        gap = solar_gaps.get(feeder)
        unmeasured = gap is not None and gap.measured_plants < thresholds.solar_known_min * gap.known_plants
        missing[row] = silent or unmeasured
    return missing
