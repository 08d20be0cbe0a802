"""A 10 kV line's own loss explained: its technical part, its metering, what was not read, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.business.line_loss.explanations import Cause
from lamplighter.business.line_loss.rules.target import target_rate
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.line_loss.rules.uncertainty import NORMAL_90

_CAUSES = (Cause.TECHNICAL, Cause.SUPPLY_METER, Cause.MISSING, Cause.UNKNOWN)


class ExplainedLine(NamedTuple):
    """A line's window: its figures, its target, and each cause's kWh with both ends of its 90 % interval."""

    feeder_id: str
    day_count: int
    supplied_kwh: float
    loss_kwh: float
    target_rate: float
    shares: Mapping[Cause, tuple[float, float, float]]


def explain_lines(daily: pa.Table, *, thresholds: Thresholds) -> list[ExplainedLine]:
    """Return what each line's own loss over a window consists of.

    The loss between the head and the areas' supply meters has no curve of single customers to fit: prior sizes of what
    may cause it share what the transformers and conductors do not explain, each by its own variance, and the interval
    of each says how little that settles. Causes behind the areas' meters are the areas' and not the line's.

    Args:
        daily: rows of ``out_feeder_loss`` by day, one window.
        thresholds: classes of meters, errors of the technical part and of estimates, ``line_unknown_share``.

    Returns:
        By feeder; the parts add up to the loss. Lines without a computable day or a technical part are left out.

    Source:
        Conditional mean and variance of independent Gaussians given their sum.

    Example:
        100 kWh lost of 10,000, 90 of them technical with an error of a tenth: nearly all of the ten kWh go to the two
        that err most.

        >>> import datetime as dt
        >>> from lamplighter.business.line_loss.rules.thresholds import load_thresholds
        >>> one = pa.table({"feeder_id": ["F1"], "is_computable": [True], "supplied_kwh": [1e4], "loss_kwh": [100.0],
        ...                 "technical_kwh": [90.0], "estimated_share": [0.0]})
        >>> row = explain_lines(one, thresholds=load_thresholds(on=dt.date(2025, 6, 1)))[0]
        >>> round(sum(part[0] for part in row.shares.values()), 6)
        100.0
    """
    known = daily.filter(pc.and_(daily["is_computable"], pc.is_valid(daily["technical_kwh"])))
    found: list[ExplainedLine] = []
    for feeder in sorted(set(known["feeder_id"].to_pylist())):
        own = known.filter(pc.equal(known["feeder_id"], feeder))
        supplied, loss, technical = (
            float(pc.sum(own[name]).as_py()) for name in ("supplied_kwh", "loss_kwh", "technical_kwh")
        )
        if supplied <= 0.0:
            continue
        guessed = float(pc.sum(pc.multiply(own["supplied_kwh"], pc.fill_null(own["estimated_share"], 0.0))).as_py())
        prior = np.array([technical, 0.0, 0.0, 0.0])
        # Head and areas' meters are of one class: the head errs once, the many below hardly.
        deviation = np.array(
            [
                thresholds.technical_error * technical,
                thresholds.supply_meter_error / 3.0**0.5 * supplied,
                thresholds.estimate_error * guessed,
                thresholds.line_unknown_share * supplied,
            ]
        )
        variance = deviation**2
        share = variance / max(float(variance.sum()), 1e-12)
        middle = prior + share * (loss - technical)
        half = NORMAL_90 * np.sqrt(variance * (1.0 - share))
        found.append(
            ExplainedLine(
                feeder_id=feeder,
                day_count=own.num_rows,
                supplied_kwh=supplied,
                loss_kwh=loss,
                target_rate=target_rate(
                    technical_kwh=technical, supplied_kwh=supplied, customer_square_kwh=0.0, thresholds=thresholds
                ),
                shares={
                    cause: (float(value), float(value - wide), float(value + wide))
                    for cause, value, wide in zip(_CAUSES, middle, half, strict=True)
                },
            )
        )
    return found
