"""What validation and estimation hand on: the trusted energy of a block of meters, and the published codes in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.base.engine.block import AreaBlock


class Quality(IntEnum):
    """How far a slot's value can be trusted."""

    ACTUAL = 0
    """As measured."""
    VERIFIED = 1
    """As measured, looked at by a person and kept."""
    ESTIMATED = 2
    """Worked out from other values of this meter or its class."""
    SUBSTITUTED = 3
    """Taken from another measurement of the same energy."""
    MISSING = 4
    """Not known, and not knowable from what there is."""


class Source(IntEnum):
    """What the energy of a whole day rests on."""

    NONE = 0
    INTERVAL = 1
    """The sum of the slots, most of them measured."""
    REGISTER = 2
    """The difference of two dial readings; the curve, if any, is scaled to it."""
    ESTIMATED = 3
    """Mostly estimated slots and no dial reading."""

    @property
    def word(self) -> str:
        """The word stored in the lake.

        Example:
            >>> Source.REGISTER.word
            'register'
        """
        return self.name.lower()


class Cause(IntEnum):
    """Why a slot is not as received: the high four bits of its reason."""

    NONE = 0
    NOT_RECEIVED = 1
    """V-05: no value came."""
    NEGATIVE = 2
    """V-13: less than nothing."""
    BEYOND_CAPABILITY = 3
    """V-12: more than the meter can pass."""
    NOT_LIVE = 4
    """V-02: the meter was not installed on this day."""
    METER_STATUS = 5
    """V-04: the meter itself reported a fault."""
    SPIKE = 6
    """V-08: a spike that the dial readings contradict."""
    INTERVAL_SIZE = 7
    """V-17: the values belong to longer intervals."""


class Method(IntEnum):
    """How a slot was filled: the low four bits of its reason."""

    NONE = 0
    LINEAR = 1
    """E-01: straight line between good neighbours."""
    HELD = 2
    """E-01: one good neighbour only, its value held."""
    LIKE_DAY = 3
    """E-02: mean of the latest valid days of the same type."""
    CLASS_PROFILE = 4
    """E-04: shape of the same class on the same day, level of the month before."""
    MONTHLY = 5
    """E-05: shape of the class, level of the same month a year before times growth."""
    ZERO_OUTAGE = 6
    """The supply was interrupted: nothing could flow."""
    EXCHANGE = 7
    """The slot belongs to the other meter of an exchange, or lies between the two."""
    LINEAR_SCALED = 8
    """E-03: E-01, scaled to the dial readings."""
    LIKE_DAY_SCALED = 9
    """E-03: E-02, scaled to the dial readings."""
    CLASS_PROFILE_SCALED = 10
    """E-03: the class's shape, scaled to the dial readings."""
    REGISTER_SPREAD = 11
    """E-03: what the dial readings leave, spread evenly: no shape was to be had."""
    INTERVAL_SPREAD = 12
    """V-17: the value of a longer interval spread over its slots."""


def reason_code(cause: Cause, method: Method) -> int:
    """Return the byte stored for a slot: ``16 * cause + method``.

    Example:
        >>> reason_code(Cause.NOT_RECEIVED, Method.LINEAR)
        17
    """
    return 16 * int(cause) + int(method)


def reason_parts(code: int) -> tuple[Cause, Method]:
    """Return cause and method of a stored reason byte.

    Example:
        >>> reason_parts(17) == (Cause.NOT_RECEIVED, Method.LINEAR)
        True
    """
    return Cause(code >> 4), Method(code & 15)


RULE_OF_CAUSE: dict[Cause, str] = {
    Cause.NOT_RECEIVED: "V-05",
    Cause.NEGATIVE: "V-13",
    Cause.BEYOND_CAPABILITY: "V-12",
    Cause.NOT_LIVE: "V-02",
    Cause.METER_STATUS: "V-04",
    Cause.SPIKE: "V-08",
    Cause.INTERVAL_SIZE: "V-17",
}
"""The validation rule that took a slot's value away."""

RULE_OF_METHOD: dict[Method, str] = {
    Method.LINEAR: "E-01",
    Method.HELD: "E-01",
    Method.LIKE_DAY: "E-02",
    Method.CLASS_PROFILE: "E-04",
    Method.MONTHLY: "E-05",
    Method.ZERO_OUTAGE: "E-08",
    Method.EXCHANGE: "E-09",
    Method.LINEAR_SCALED: "E-03",
    Method.LIKE_DAY_SCALED: "E-03",
    Method.CLASS_PROFILE_SCALED: "E-03",
    Method.REGISTER_SPREAD: "E-03",
    Method.INTERVAL_SPREAD: "V-17",
}
"""The estimation rule that gave a slot its value."""


AEMO_TYPE: dict[Method, int] = {
    Method.LINEAR: 17,
    Method.HELD: 17,
    Method.LIKE_DAY: 15,
    Method.CLASS_PROFILE: 12,
    Method.MONTHLY: 12,
    Method.ZERO_OUTAGE: 19,
    Method.EXCHANGE: 12,
    Method.LINEAR_SCALED: 12,
    Method.LIKE_DAY_SCALED: 12,
    Method.CLASS_PROFILE_SCALED: 12,
    Method.REGISTER_SPREAD: 12,
    Method.INTERVAL_SPREAD: 12,
}
"""E-06: the substitution type of the AEMO Metrology Procedure each method stands for: 12 calculated, 15 average like
day, 17 linear, 19 zero."""


class Severity(StrEnum):
    """What a flag asks for."""

    NOTE = "note"
    """For the record."""
    WARN = "warn"
    """A person should look; the value stands."""
    FAIL = "fail"
    """The value is not trusted as it came."""


@dataclass(frozen=True, slots=True)
class TrustedEnergy:
    """The trusted energy of one block. Axes: M meters, D days (history included), S slots; the block's own.

    Attributes:
        metered_kwh: import of each slot before the multiplier, float32 (M, D, S); NaN where it cannot be known.
        reverse_kwh: export likewise, or None when no meter of the block measures export; NaN for meters that do not.
        quality: :class:`Quality` of each slot of ``metered_kwh``, uint8 (M, D, S); slots a day does not have are
            MISSING.
        reason: :func:`reason_code` of each slot, uint8 (M, D, S); 0 for a slot as received.
        reverse_quality: quality of ``reverse_kwh``, or None with it.
        reverse_reason: reason of ``reverse_kwh``, or None with it.
        day_kwh: import of the day after the multiplier, float64 (M, D); NaN = unknown. On REGISTER days it is the
            difference of the dial readings, to which the slots, where known, are scaled.
        day_reverse_kwh: export likewise; NaN also for meters that do not measure it.
        actual_share: share of the day's slots as measured, float32 (M, D).
        estimated_share: share of the day's slots estimated or substituted, float32 (M, D).
        source: :class:`Source` of ``day_kwh``, int8 (M, D).
        is_outage: the meter's supply was interrupted at some time of the day, bool (M, D).
        flags: rows of ``core_meter_flag`` for the worked days, without ``known_at``.
        policy_version: version of the rules.
    """

    metered_kwh: npt.NDArray[np.float32]
    reverse_kwh: npt.NDArray[np.float32] | None
    quality: npt.NDArray[np.uint8]
    reason: npt.NDArray[np.uint8]
    reverse_quality: npt.NDArray[np.uint8] | None
    reverse_reason: npt.NDArray[np.uint8] | None
    day_kwh: npt.NDArray[np.float64]
    day_reverse_kwh: npt.NDArray[np.float64]
    actual_share: npt.NDArray[np.float32]
    estimated_share: npt.NDArray[np.float32]
    source: npt.NDArray[np.int8]
    is_outage: npt.NDArray[np.bool_]
    flags: pa.Table
    policy_version: str

    def tables(self, block: AreaBlock) -> dict[str, pa.Table]:
        """Return what is stored of the worked days, by table name, without ``known_at``.

        A curve is stored only where it differs from the received one; live meters get a day row even when nothing is
        known.
        """
        worked = slice(block.first_worked, None)
        m_of, d_of = np.nonzero(block.is_live[:, worked] & block.is_home[:, None])
        d_of = d_of + block.first_worked
        top = largest_slots(self.metered_kwh[:, worked])
        at = (m_of, d_of - block.first_worked)
        by_multiplier = block.multipliers[m_of]
        areas = [*block.area_ids.tolist(), None]
        words = pa.array([source.word for source in Source])
        days = pa.table(
            {
                "meter_id": pa.array(block.meter_ids, pa.string()).take(pa.array(m_of)),
                "on_date": pa.array(block.days[d_of]),
                "area_id": pa.array(areas, pa.string()).take(pa.array(block.area_of[m_of, d_of] % len(areas))),
                "role": block.archive.column("role").combine_chunks().take(pa.array(m_of)),
                "energy_kwh": _nullable(self.day_kwh[m_of, d_of]),
                "reverse_kwh": _nullable(self.day_reverse_kwh[m_of, d_of]),
                "source": words.take(pa.array(self.source[m_of, d_of])),
                "actual_share": self.actual_share[m_of, d_of],
                "estimated_share": self.estimated_share[m_of, d_of],
                "peak_kwh": _nullable((top[0][at] * by_multiplier).astype(np.float32)),
                "third_kwh": _nullable((top[1][at] * by_multiplier).astype(np.float32)),
                "is_outage": self.is_outage[m_of, d_of],
                "policy_version": pa.repeat(self.policy_version, len(m_of)),
            }
        )
        curves = [self._curves(block, "energy_kwh", self.metered_kwh, self.quality, self.reason)]
        if self.reverse_kwh is not None and self.reverse_quality is not None and self.reverse_reason is not None:
            curves.append(
                self._curves(block, "reverse_kwh", self.reverse_kwh, self.reverse_quality, self.reverse_reason)
            )
        return {
            "core_trusted_day": days,
            "core_trusted_curve": pa.concat_tables(curves),
            "core_meter_flag": self.flags,
        }

    def _curves(
        self,
        block: AreaBlock,
        channel: str,
        values: npt.NDArray[np.float32],
        quality: npt.NDArray[np.uint8],
        reason: npt.NDArray[np.uint8],
    ) -> pa.Table:
        """Return the curves of worked days on which at least one slot is not as received."""
        slots = values.shape[2]
        # A slot that did not come and could not be filled is no different from the received one.
        differs = (reason & 15 > 0) | (reason > 16 * Cause.NOT_RECEIVED)
        m_of, d_of = np.nonzero(differs[:, block.first_worked :].any(axis=2) & block.is_home[:, None])
        d_of = d_of + block.first_worked
        kept = values[m_of, d_of]
        offsets = np.arange(0, (len(m_of) + 1) * slots, slots, dtype=np.int32)
        return pa.table(
            {
                "meter_id": pa.array(block.meter_ids, pa.string()).take(pa.array(m_of)),
                "on_date": pa.array(block.days[d_of]),
                "channel": pa.repeat(channel, len(m_of)),
                "values": pa.ListArray.from_arrays(offsets, _nullable(kept.ravel())),
                "quality": pa.ListArray.from_arrays(offsets, pa.array(quality[m_of, d_of].ravel())),
                "reason": pa.ListArray.from_arrays(offsets, pa.array(reason[m_of, d_of].ravel())),
            }
        )


def largest_slots(values: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the greatest and the third greatest slot of each meter's day, NaN where there are fewer.

    Args:
        values: shape (M, D, S); NaN = missing.
    """
    # Imported here: who only reads results need not load the compiled kernels.
    from lamplighter.methods.timeseries.days import greatest_three

    top = greatest_three(values)
    return top[:, :, 0].astype(np.float64), top[:, :, 2].astype(np.float64)


def _nullable(values: npt.NDArray[np.float64] | npt.NDArray[np.float32]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
