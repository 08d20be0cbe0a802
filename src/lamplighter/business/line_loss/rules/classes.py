"""From sums to a class: the rate, whether it can be trusted, and what it is called."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.business.line_loss.records import CLASS_ORDER, LossClass, Reason
from lamplighter.business.line_loss.rules.balance import Balance
from lamplighter.business.line_loss.rules.thresholds import Thresholds

Floats = npt.NDArray[np.float64]


def loss_rate(*, supplied_kwh: float, sold_kwh: float) -> float:
    """Return (supplied - sold) / supplied; NaN when nothing was supplied. Negative stays negative.

    Source:
        LL-1.

    Example:
        >>> round(loss_rate(supplied_kwh=52_000, sold_kwh=49_800), 4)
        0.0423
    """
    return (supplied_kwh - sold_kwh) / supplied_kwh if supplied_kwh > 0 else float("nan")


def coverage_of(balance: Balance) -> Floats:
    """Return the share of customers really read: by meters or by energy, the lesser, shape (A, D); 0 without a
    customer.

    By energy as well, since one unread workshop can be half of an area; by meters as well, since an unread meter's
    energy is unknown.
    """
    meters = balance.customer_meters + balance.solar_meters
    with np.errstate(divide="ignore", invalid="ignore"):
        by_meters = np.where(meters > 0, balance.read_weight / meters, 0.0)
        by_energy = np.where(balance.taken_kwh > 0, balance.read_kwh / balance.taken_kwh, 1.0)
    return np.minimum(by_meters, by_energy)


def reasons_against(
    *, balance: Balance, coverage: Floats, clock_share: Floats, freeze_share: Floats, thresholds: Thresholds
) -> npt.NDArray[np.uint32]:
    """Return the bits of :class:`Reason` that keep each area's day from being a figure, shape (A, D).

    Args:
        balance: sums and counts.
        coverage: see :func:`coverage_of`.
        clock_share, freeze_share: share of the energy behind meters flagged for their clock, or for registers and
            curves that disagree, shape (A, D); 1 where the supply meter is flagged.
        thresholds: limits.

    Source:
        LL-8 and 4.2 "not computable"; LL-3 for clock and freeze.
    """
    mask = np.zeros(coverage.shape, np.uint32)

    def add(reason: Reason, where: npt.NDArray[np.bool_]) -> None:
        mask[where] |= np.uint32(1 << reason.value)

    supply_known = (balance.supply_meters > 0) & (balance.supply_unknown == 0)
    solar_known = balance.solar_meters - balance.solar_unknown
    add(Reason.SUPPLY_UNKNOWN, ~supply_known)
    add(Reason.SUPPLY_ZERO, supply_known & ~(balance.supplied_kwh > 0))
    add(Reason.SUPPLY_ESTIMATED, supply_known & (balance.supply_read < thresholds.supply_actual_min))
    add(Reason.CUSTOMERS_UNKNOWN, balance.customer_meters == 0)
    add(Reason.COVERAGE_LOW, (balance.customer_meters > 0) & (coverage < thresholds.coverage_min))
    add(Reason.CLOCK, clock_share > thresholds.clock_share_max)
    add(Reason.FREEZE, freeze_share > thresholds.freeze_share_max)
    add(
        Reason.SOLAR_UNKNOWN,
        (balance.solar_meters > 0) & (solar_known < thresholds.solar_known_min * balance.solar_meters),
    )
    return mask


def classify(
    *,
    rate: Floats,
    supplied_kwh: Floats,
    is_computable: npt.NDArray[np.bool_],
    technical_rate: Floats,
    thresholds: Thresholds,
    days: Floats | float = 1.0,
    high_above: float | None = None,
) -> npt.NDArray[np.int8]:
    """Return the class of each loss rate as index into ``CLASS_ORDER``; arrays of one shape.

    Args:
        rate: loss / supplied.
        supplied_kwh: for the small-load class, over ``days`` days.
        is_computable: false makes it not computable, whatever the rate.
        technical_rate: technical / supplied, NaN where unknown; used where the company has "one area, one index".
        thresholds: limits.
        days: days the energies cover.
        high_above: another limit of *high*, for 10 kV lines.

    Source:
        4.2.

    Example:
        >>> found = classify(
        ...     rate=np.array([-0.02, -0.005, 0.04, 0.05, 0.08, 0.3]), supplied_kwh=np.full(6, 100.0),
        ...     is_computable=np.ones(6, bool), technical_rate=np.full(6, np.nan), thresholds=_example_thresholds(),
        ... )
        >>> [CLASS_ORDER[k].value for k in found]
        ['negative', 'slightly_negative', 'economic', 'qualified', 'high', 'very_high']
    """
    high = np.full(rate.shape, thresholds.high_above if high_above is None else high_above)
    if thresholds.individual_index:
        margin = np.maximum(thresholds.individual_margin, thresholds.individual_share * technical_rate)
        high = np.where(np.isfinite(technical_rate), technical_rate + margin, high)
    small = supplied_kwh < thresholds.small_load_kwh * np.asarray(days)
    chosen = np.select(
        [
            ~is_computable | ~np.isfinite(rate),
            small,
            rate < thresholds.negative_below,
            rate < 0.0,
            (rate <= thresholds.economic_to) & (rate <= high),
            rate <= high,
            rate <= np.maximum(thresholds.very_high_above, high),
        ],
        [
            CLASS_ORDER.index(known)
            for known in (
                LossClass.NOT_COMPUTABLE,
                LossClass.SMALL_LOAD,
                LossClass.NEGATIVE,
                LossClass.SLIGHTLY_NEGATIVE,
                LossClass.ECONOMIC,
                LossClass.QUALIFIED,
                LossClass.HIGH,
            )
        ],
        default=CLASS_ORDER.index(LossClass.VERY_HIGH),
    )
    return chosen.astype(np.int8)


def _example_thresholds() -> Thresholds:
    from datetime import date

    from lamplighter.business.line_loss.rules.thresholds import load_thresholds

    return load_thresholds(on=date(2025, 1, 1))
