"""What explaining a loss takes and gives: signs of customers, causes with their shares, checks worth a visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]


class Cause(StrEnum):
    """What a loss can consist of; the parts add up to it. Texts stand under ``line_loss.cause``."""

    TECHNICAL = "technical"
    WRONG_AREA = "wrong_area"
    """Meters booked here that hang elsewhere (negative) and the reverse (positive)."""
    SUPPLY_METER = "supply_meter"
    """Ratio or error of the area's own meter; either sign."""
    CUSTOMER_METER = "customer_meter"
    """Ratio or fault of customers' meters that nobody means; either sign."""
    MISSING = "missing"
    """Readings that were estimated or never came, and clocks that are off."""
    UNMETERED = "unmetered"
    """Supply that was never given a meter: lamps, cameras."""
    THEFT = "theft"
    UNKNOWN = "unknown"
    """What nothing seen accounts for."""


CAUSES: tuple[Cause, ...] = tuple(Cause)
"""Position of a cause in the coded arrays."""


class CheckCode(StrEnum):
    """A check on site or in the archive; texts stand under ``line_loss.check``."""

    READ_SUPPLY = "read_supply"
    """Hold a reference meter against the supply meter and read its ratio plate."""
    FIND_AREA = "find_area"
    """Find out on which transformer a meter hangs."""
    TEST_METER = "test_meter"
    """Hold a reference meter against a customer's and read its ratio plate."""
    LOOK_AT_CUSTOMER = "look_at_customer"
    """Inspect a customer's installation unannounced."""
    FIND_UNMETERED = "find_unmetered"
    """Walk the line at night for lamps, cameras and boxes without a meter."""
    CLAMP_BOXES = "clamp_boxes"
    """Clamp the branch of a box and hold it against the sum of its meters."""
    READ_MISSING = "read_missing"
    """Read on site the meters that do not report."""


@dataclass(frozen=True, slots=True)
class CustomerSigns:
    """What the balance of the areas says of each customer meter, as line loss reads it. N meters, in block order.

    Attributes:
        meters: index into the block's meters, shape (N,).
        area: index of the area the archive hangs it on, shape (N,); -1 where none.
        coefficient: kWh of the area's residual that move with a registered kWh, shape (N,): 0 honest, 1 = half is
            registered, -1 = hangs elsewhere; NaN where it is not known. Meters moved below are taken out before.
        error: its standard error, shape (N,).
        home_coefficient: the same on the archive's area with every meter where the archive has it, shape (N,).
        elsewhere: area whose residual holds its energy, shape (N,); -1 where it belongs where it is.
        onset_day: index into the block's days from which the coefficient is greatest, shape (N,); 0 from the start.
        onset_coefficient: the coefficient from then on, shape (N,).
        onset_z: how far it stands out, shape (N,).
        fell_day: index into the block's days of the day its use fell lastingly, shape (N,); -1 where it did not.
        fell_kwh: kWh a day it fell by, shape (N,); NaN where unknown.
        fell_t: how far the fall stands out, shape (N,).
    """

    meters: npt.NDArray[np.int64]
    area: npt.NDArray[np.int32]
    coefficient: Floats
    error: Floats
    home_coefficient: Floats
    elsewhere: npt.NDArray[np.int32]
    onset_day: npt.NDArray[np.int64]
    onset_coefficient: Floats
    onset_z: Floats
    fell_day: npt.NDArray[np.int64]
    fell_kwh: Floats
    fell_t: Floats


@dataclass(frozen=True, slots=True)
class Share:
    """One cause's part of an area's loss over the window, kWh, with its 90 % interval."""

    cause: Cause
    kwh: float
    low_kwh: float
    high_kwh: float


@dataclass(frozen=True, slots=True)
class Check:
    """A check and what it is worth.

    Attributes:
        code: what to do.
        place: what it is done at: the area's supply meter, a meter or a box, by its archive number.
        hour: hour of the day at which it tells most; -1 where any hour serves.
        minutes: about how long it takes.
        reduction_kwh: by how much it narrows what is not known: fall of the standard deviation over all causes.
        probability: chance that it finds what it looks for.
    """

    code: CheckCode
    place: str
    hour: int
    minutes: float
    reduction_kwh: float
    probability: float


@dataclass(frozen=True, slots=True)
class AreaExplanation:
    """The loss of an area over the window, taken apart.

    Attributes:
        area_id: the area.
        day_count: computable days it rests on.
        supplied_kwh, loss_kwh: over those days; the shares add up to the loss.
        shares: one of each cause, in the order of :class:`Cause`.
        checks: most telling first.
        target_rate: duty of this area from its own physics, a share of supply.
    """

    area_id: str
    day_count: int
    supplied_kwh: float
    loss_kwh: float
    shares: tuple[Share, ...]
    checks: tuple[Check, ...]
    target_rate: float

    @property
    def loss_rate(self) -> float:
        """Loss over supply."""
        return self.loss_kwh / self.supplied_kwh if self.supplied_kwh > 0 else float("nan")

    @property
    def top_cause(self) -> Cause:
        """The cause with the greatest energy of either sign."""
        return max(self.shares, key=lambda share: abs(share.kwh)).cause


def explanation_tables(found: Sequence[AreaExplanation], *, as_of: dt.date, policy_version: str) -> dict[str, pa.Table]:
    """Return rows of ``out_area_explanation``, ``out_area_check`` and ``out_area_target``, without ``known_at``."""
    shares = [(area, share) for area in found for share in area.shares]
    checks = [(area, rank, check) for area in found for rank, check in enumerate(area.checks, 1)]
    day = pa.scalar(as_of, pa.date32())
    return {
        "out_area_explanation": pa.table(
            {
                "area_id": pa.array([area.area_id for area, _ in shares], pa.string()),
                "as_of_on": pa.repeat(day, len(shares)),
                "cause": pa.array([share.cause.value for _, share in shares], pa.string()),
                "kwh": pa.array([share.kwh for _, share in shares], pa.float64()),
                "low_kwh": pa.array([share.low_kwh for _, share in shares], pa.float64()),
                "high_kwh": pa.array([share.high_kwh for _, share in shares], pa.float64()),
                "share_of_supply": pa.array([share.kwh / area.supplied_kwh for area, share in shares], pa.float64()),
                "policy_version": pa.repeat(policy_version, len(shares)),
            }
        ),
        "out_area_check": pa.table(
            {
                "area_id": pa.array([area.area_id for area, _, _ in checks], pa.string()),
                "as_of_on": pa.repeat(day, len(checks)),
                "rank": pa.array([rank for _, rank, _ in checks], pa.int32()),
                "check": pa.array([check.code.value for _, _, check in checks], pa.string()),
                "place": pa.array([check.place for _, _, check in checks], pa.string()),
                "hour": pa.array([None if check.hour < 0 else check.hour for _, _, check in checks], pa.int32()),
                "minutes": pa.array([check.minutes for _, _, check in checks], pa.float64()),
                "reduction_kwh": pa.array([check.reduction_kwh for _, _, check in checks], pa.float64()),
                "probability": pa.array([check.probability for _, _, check in checks], pa.float64()),
                "policy_version": pa.repeat(policy_version, len(checks)),
            }
        ),
        "out_area_target": pa.table(
            {
                "area_id": pa.array([area.area_id for area in found], pa.string()),
                "as_of_on": pa.repeat(day, len(found)),
                "day_count": pa.array([area.day_count for area in found], pa.int32()),
                "supplied_kwh": pa.array([area.supplied_kwh for area in found], pa.float64()),
                "loss_kwh": pa.array([area.loss_kwh for area in found], pa.float64()),
                "loss_rate": pa.array([area.loss_rate for area in found], pa.float64()),
                "target_loss_rate": pa.array([area.target_rate for area in found], pa.float64()),
                "over_target_kwh": pa.array(
                    [area.loss_kwh - area.target_rate * area.supplied_kwh for area in found], pa.float64()
                ),
                "policy_version": pa.repeat(policy_version, len(found)),
            }
        ),
    }
