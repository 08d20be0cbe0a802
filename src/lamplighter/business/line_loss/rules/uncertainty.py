"""How far the unexplained loss may be off: an interval from meter classes, estimates and the technical part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.business.line_loss.records import Term
from lamplighter.business.line_loss.rules.balance import Balance
from lamplighter.business.line_loss.rules.thresholds import Thresholds

Floats = npt.NDArray[np.float64]
NORMAL_90 = 1.645
"""Half-width of a 90 % interval in standard deviations."""


def spread_kwh(*, balance: Balance, technical_error_kwh: Floats, thresholds: Thresholds) -> Floats:
    """Return the standard deviation of the unexplained loss, kWh, shape (A, D).

    Each meter's error is uniform inside its class (limit / sqrt 3). Customers' errors are independent, so their
    squares add: many small meters are together far better than one. Estimated energy errs by its own share, meter by
        meter.

    Args:
        balance: sums of squares of each area's day.
        technical_error_kwh: standard deviation of the technical part, shape (A, D).
        thresholds: classes and estimate error.

    Source:
        GUM type B for a rectangular limit.
    """
    supply = balance.terms[:, :, Term.SUPPLY_FORWARD] + balance.terms[:, :, Term.SUPPLY_REVERSE]
    supply_variance = (supply * thresholds.supply_meter_error) ** 2 / 3
    customer_variance = balance.customer_square * thresholds.customer_meter_error**2 / 3
    estimate_variance = balance.estimated_square * thresholds.estimate_error**2
    technical_variance = np.nan_to_num(technical_error_kwh) ** 2
    return np.sqrt(supply_variance + customer_variance + estimate_variance + technical_variance)


def interval_kwh(
    *, unexplained_kwh: Floats, spread: Floats, unread_kwh: Floats, carried_kwh: Floats
) -> tuple[Floats, Floats]:
    """Return lower and upper end of the 90 % interval of the unexplained loss, shape (A, D).

    Args:
        unexplained_kwh: the figure.
        spread: see :func:`spread_kwh`.
        unread_kwh: energy that customers without a known day may have used: it lowers the lower end only.
        carried_kwh: technical loss that the unexplained energy causes on its way when it flows in the lines: likewise.

    Example:
        >>> low, high = interval_kwh(unexplained_kwh=np.array([10.0]), spread=np.array([2.0]),
        ...                          unread_kwh=np.array([1.0]), carried_kwh=np.array([0.0]))
        >>> round(float(low[0]), 2), round(float(high[0]), 2)
        (5.71, 13.29)
    """
    half = NORMAL_90 * spread
    return unexplained_kwh - half - unread_kwh - carried_kwh, unexplained_kwh + half


def unread_energy_kwh(balance: Balance) -> Floats:
    """Return what the customers without a known day may have used: as much as the area's mean customer, shape (A,
    D).
    """
    known = balance.customer_meters - balance.customer_unknown
    mean = balance.terms[:, :, Term.CUSTOMER_IMPORT] / np.maximum(known, 1)
    return np.asarray(mean * balance.customer_unknown)


def carried_loss_kwh(*, technical_kwh: Floats, supplied_kwh: Floats, sold_kwh: Floats) -> Floats:
    """Return how much greater the technical loss is if all that was supplied flowed through the lines as the sold
    part did.

    Example:
        1 kWh of loss for 10 kWh sold; had 11 flowed, it would be 1.21:

        >>> carried_loss_kwh(
        ...     technical_kwh=np.array([1.0]), supplied_kwh=np.array([11.0]), sold_kwh=np.array([10.0])).round(2)
        array([0.21])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.clip(supplied_kwh / sold_kwh, 1.0, 2.0)
    return np.nan_to_num(technical_kwh * (ratio**2 - 1.0))
