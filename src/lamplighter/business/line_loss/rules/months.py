"""Losses over a month or a unit, put together from smaller ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.business.line_loss.records import CLASS_ORDER, Reason
from lamplighter.business.line_loss.rules.classes import classify
from lamplighter.business.line_loss.rules.thresholds import Thresholds

Floats = npt.NDArray[np.float64]


def month_figures(
    *, sums: pa.Table, thresholds: Thresholds, high_above: float | None = None, with_day_count: bool = True
) -> pa.Table:
    """Return the figures of months from the sums over their computable days.

    The ends of the interval are added as they are: the errors of a meter and of a network model last all month.

    Args:
        sums: rows of ``area_months`` with its key columns first.
        thresholds: limits; ``month_days_min`` of the worked days must be computable.
        high_above: another limit of *high*, for 10 kV lines.
        with_day_count: keep the column ``day_count``.
    """
    counted = _floats(sums, "day_count")
    known = _floats(sums, "known_days")
    enough = counted >= np.maximum(thresholds.month_days_min * known, 1)
    figures = figures_of(
        sums=sums,
        is_computable=enough,
        days=np.maximum(counted, 1),
        thresholds=thresholds,
        high_above=high_above,
    )
    if with_day_count:
        figures = {"day_count": pa.array(counted.astype(np.int32))} | figures
    return pa.table(figures)


def unit_figures(*, sums: pa.Table, hours: Floats, thresholds: Thresholds) -> dict[str, pa.Array]:
    """Return the figures of units from ``unit_sums``: elements err independently, so half-widths add as squares.

    A unit is a figure when at least ``coverage_min`` of its elements are.
    """
    unexplained = _floats(sums, "unexplained_kwh")
    low = unexplained - np.sqrt(_floats(sums, "low_square"))
    high = unexplained + np.sqrt(_floats(sums, "high_square"))
    sums = sums.append_column("unexplained_low_kwh", _nullable(low)).append_column(
        "unexplained_high_kwh", _nullable(high)
    )
    source = ["none" if np.isnan(value) else "sum" for value in _floats(sums, "technical_kwh")]
    sums = sums.append_column("technical_source", pa.array(source, pa.string()))
    share = _floats(sums, "computable_count") / np.maximum(_floats(sums, "area_count"), 1)
    return figures_of(sums=sums, is_computable=share >= thresholds.coverage_min, days=hours / 24, thresholds=thresholds)


def figures_of(
    *,
    sums: pa.Table,
    is_computable: npt.NDArray[np.bool_],
    days: Floats,
    thresholds: Thresholds,
    high_above: float | None = None,
) -> dict[str, pa.Array]:
    """Return rate, shares, class and reason beside the sums, as the columns every loss table has."""
    supplied, sold, loss = (_floats(sums, name) for name in ("supplied_kwh", "sold_kwh", "loss_kwh"))
    technical = _floats(sums, "technical_kwh")
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(supplied > 0, loss / supplied, np.nan)
        estimated = np.where(sold > 0, np.nan_to_num(_floats(sums, "estimated_kwh")) / sold, np.nan)
        technical_rate = technical / supplied
    is_computable = is_computable & np.isfinite(rate)
    classes = classify(
        rate=rate,
        supplied_kwh=np.nan_to_num(supplied),
        is_computable=is_computable,
        technical_rate=technical_rate,
        thresholds=thresholds,
        days=days,
        high_above=high_above,
    )
    count = sums.num_rows
    return {
        "supplied_kwh": _nullable(supplied),
        "sold_kwh": _nullable(sold),
        "loss_kwh": _nullable(loss),
        "loss_rate": _nullable(rate),
        "technical_kwh": _nullable(technical),
        "technical_source": sums.column("technical_source"),
        "unexplained_kwh": _nullable(_floats(sums, "unexplained_kwh")),
        "unexplained_low_kwh": _nullable(_floats(sums, "unexplained_low_kwh")),
        "unexplained_high_kwh": _nullable(_floats(sums, "unexplained_high_kwh")),
        "coverage": pa.array(np.nan_to_num(_floats(sums, "coverage"))),
        "estimated_share": _nullable(estimated),
        "is_computable": pa.array(is_computable),
        "not_computable_reason": pa.array(
            [None if fine else Reason.COVERAGE_LOW.code for fine in is_computable], pa.string()
        ),
        "loss_class": pa.array([CLASS_ORDER[k].value for k in classes], pa.string()),
        "cause_hints": pa.nulls(count, pa.string()),
        "policy_version": pa.repeat(thresholds.version, count),
    }


def _floats(table: pa.Table, name: str) -> Floats:
    return np.asarray(table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _nullable(values: Floats) -> pa.Array:
    return pa.array(np.asarray(values, np.float64), mask=np.isnan(values))
