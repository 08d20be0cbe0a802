"""What line loss says of areas: classes, reasons, signs, and the dense result of one bucket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Matrix = npt.NDArray[np.float64]


class LossClass(StrEnum):
    """Class of a loss rate, as customary in the field; texts stand in the catalogue under ``line_loss.class``."""

    NOT_COMPUTABLE = "not_computable"
    SMALL_LOAD = "small_load"
    NEGATIVE = "negative"
    SLIGHTLY_NEGATIVE = "slightly_negative"
    ECONOMIC = "economic"
    QUALIFIED = "qualified"
    HIGH = "high"
    VERY_HIGH = "very_high"


CLASS_ORDER: tuple[LossClass, ...] = tuple(LossClass)
"""Position of a class in the coded arrays."""


class Reason(IntEnum):
    """Why a figure cannot be trusted; the value is its bit. Several may hold at once."""

    SUPPLY_UNKNOWN = 0
    """An area without supply meter, or one whose day is not known."""
    SUPPLY_ZERO = 1
    """Nothing was supplied: a rate would divide by nothing."""
    SUPPLY_ESTIMATED = 2
    """Too much of the supply meter's day was estimated."""
    CUSTOMERS_UNKNOWN = 3
    """No customer meter hangs on the area."""
    COVERAGE_LOW = 4
    """Too few of the customers were read."""
    CLOCK = 5
    """The clock of the supply meter, or of too many customers, is off: both sides do not cover the same time."""
    FREEZE = 6
    """Registers and curves of one day do not agree: the freeze was stale or not at midnight."""
    SOLAR_UNKNOWN = 7
    """Solar customers are in the archive and their export is not: the supplied side is too small."""

    @property
    def code(self) -> str:
        """The word by which files and catalogues call it."""
        return self.name.lower()


class Sign(IntEnum):
    """What the shape of the loss looks like (customary signature rules); the value is its bit."""

    CONSTANT = 0
    LOAD_SQUARED = 1
    LOAD_PROPORTIONAL = 2
    STEP = 3
    MIRROR = 4
    NOON_NEGATIVE = 5
    SUPPLY_GAP = 6
    CUSTOMER_GAP = 7
    STALE_FREEZE = 8
    CLOCK = 9
    SUBSTITUTED = 10
    SOLAR_UNKNOWN = 11
    LIGHT_LOAD = 12

    @property
    def word(self) -> str:
        """The word by which catalogues call it."""
        return self.name.lower()


CAUSE_CODES: dict[Sign, str] = {
    Sign.CONSTANT: "U1",
    Sign.LOAD_SQUARED: "L1",
    Sign.LOAD_PROPORTIONAL: "A3",
    Sign.STEP: "A6",
    Sign.MIRROR: "A1",
    Sign.NOON_NEGATIVE: "P1",
    Sign.SUPPLY_GAP: "C1",
    Sign.CUSTOMER_GAP: "C2",
    Sign.STALE_FREEZE: "C3",
    Sign.CLOCK: "C4",
    Sign.SUBSTITUTED: "C5",
    Sign.SOLAR_UNKNOWN: "P3",
    Sign.LIGHT_LOAD: "L5",
}
"""The first code to look at for a sign; the whole group stands in ``line_loss.hint.<code>``. One code per sign, so
that the sign can be read back from a stored hint."""


class Term(IntEnum):
    """The six sums of a balance; the first three are supply."""

    SUPPLY_FORWARD = 0
    SOLAR_EXPORT = 1
    CUSTOMER_EXPORT = 2
    CUSTOMER_IMPORT = 3
    SOLAR_IMPORT = 4
    SUPPLY_REVERSE = 5

    @property
    def word(self) -> str:
        """The word by which catalogues call it."""
        return self.name.lower()


class TechnicalSource(StrEnum):
    """Where the technical part comes from."""

    NONE = "none"
    NETWORK = "network"
    REGRESSION = "regression"
    USUAL = "usual"
    """The usual rate of a company default: nothing of this area's own tells it."""


SOURCE_ORDER: tuple[TechnicalSource, ...] = tuple(TechnicalSource)


def join_bits(mask: int, words: Iterable[tuple[int, str]]) -> str | None:
    """Return the words whose bits are set, joined by ``;``, or None when none is.

    Example:
        >>> join_bits(0b101, [(0, "a"), (1, "b"), (2, "c")])
        'a;c'
    """
    found = [word for bit, word in words if mask >> bit & 1]
    return ";".join(found) or None


@dataclass(frozen=True, slots=True)
class AreaPeriod:
    """What the whole window says of each area; arrays of shape (A,)."""

    day_counts: npt.NDArray[np.int32]
    loss_rate: Matrix
    unexplained_kwh: Matrix
    unexplained_low_kwh: Matrix
    unexplained_high_kwh: Matrix
    change_at: npt.NDArray[np.int32]
    """Index into days of the first day after the greatest change; -1 where nothing changed."""
    change_kwh_per_day: Matrix
    regression_r2: Matrix
    signs: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class AreaMonths:
    """What is known of areas by the month alone. Axes: A areas, K months; NaN where it cannot be known.

    Attributes:
        months: first day of each month, shape (K,).
        supplied_kwh, sold_kwh, technical_kwh: shape (A, K).
        spread_kwh: standard deviation that meters and the technical part give the unexplained loss, shape (A, K).
        shift_kwh: the same of bills and supply being read on different days, shape (A, K).
        unread_kwh: what accounts without a bill may have used, shape (A, K).
        coverage: share of accounts with a bill or reading, shape (A, K).
        is_computable: the figure can be trusted, shape (A, K).
    """

    months: npt.NDArray[np.datetime64]
    supplied_kwh: Matrix
    sold_kwh: Matrix
    technical_kwh: Matrix
    spread_kwh: Matrix
    shift_kwh: Matrix
    unread_kwh: Matrix
    coverage: Matrix
    is_computable: npt.NDArray[np.bool_]

    @property
    def unexplained_kwh(self) -> Matrix:
        """supplied - sold - technical, shape (A, K)."""
        found: Matrix = self.supplied_kwh - self.sold_kwh - self.technical_kwh
        return found


@dataclass(frozen=True, slots=True)
class AreaLosses:
    """The losses of all areas of one bucket. Axes: A areas, D days, S slots; NaN where a value cannot be known.

    Attributes:
        area_ids: shape (A,), as in the block.
        days: shape (D,), history included.
        first_worked: index of the first day rows are written for.
        supplied_kwh, sold_kwh, loss_kwh: shape (A, D); ``loss = supplied - sold``, negative kept.
        technical_kwh: part physics explains, shape (A, D); its source in ``technical_source``, index into
            ``SOURCE_ORDER``.
        technical_error_kwh: its standard deviation, shape (A, D).
        unexplained_kwh, unexplained_low_kwh, unexplained_high_kwh: loss - technical and its 90 % interval, shape (A,
            D).
        coverage: share of meters and energy really read, the lesser of the two, shape (A, D).
        estimated_share: share of sold energy that is estimated, shape (A, D).
        reasons: bits of :class:`Reason`, shape (A, D); zero where computable.
        loss_class: index into ``CLASS_ORDER``, shape (A, D).
        signs: bits of :class:`Sign`, shape (A, D).
        residual_kwh: supplied - sold of each slot, float32, shape (A, D, S); NaN where a side of the slot is not known.
        sold_slot_kwh: sold in each slot, float32, shape (A, D, S); NaN where nothing is known.
        technical_slot_kwh: technical loss of each slot, float32, shape (A, D, S); NaN where there is none.
        period: the window as of the newest day.
        policy_version: version of the thresholds.
        months: what is known by the month, for areas without a computable day; None where no month is.
    """

    area_ids: npt.NDArray[np.object_]
    days: npt.NDArray[np.datetime64]
    first_worked: int
    supplied_kwh: Matrix
    sold_kwh: Matrix
    loss_kwh: Matrix
    technical_kwh: Matrix
    technical_source: npt.NDArray[np.int8]
    technical_error_kwh: Matrix
    unexplained_kwh: Matrix
    unexplained_low_kwh: Matrix
    unexplained_high_kwh: Matrix
    coverage: Matrix
    estimated_share: Matrix
    reasons: npt.NDArray[np.uint32]
    loss_class: npt.NDArray[np.int8]
    signs: npt.NDArray[np.uint32]
    residual_kwh: npt.NDArray[np.float32]
    sold_slot_kwh: npt.NDArray[np.float32]
    technical_slot_kwh: npt.NDArray[np.float32]
    period: AreaPeriod
    policy_version: str
    months: AreaMonths | None = None

    @property
    def loss_rate(self) -> Matrix:
        """loss / supplied, shape (A, D); NaN where nothing was supplied."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.supplied_kwh > 0, self.loss_kwh / self.supplied_kwh, np.nan)

    @property
    def is_computable(self) -> npt.NDArray[np.bool_]:
        """The figure can be trusted, shape (A, D)."""
        computable: npt.NDArray[np.bool_] = self.reasons == 0
        return computable

    def tables(self) -> dict[str, pa.Table]:
        """Return the rows of the worked days as ``out_area_loss_daily``, and the newest day's ``out_area_period``."""
        return {"out_area_loss_daily": self._daily(), "out_area_period": self._period()}

    def _daily(self) -> pa.Table:
        worked = slice(self.first_worked, None)
        areas, days = len(self.area_ids), len(self.days) - self.first_worked

        def number(values: Matrix) -> pa.Array:
            flat = np.ascontiguousarray(values[:, worked], dtype=np.float64).ravel()
            return pa.array(flat, mask=np.isnan(flat))

        def word(indices: npt.NDArray[np.int8], words: Iterable[str]) -> pa.Array:
            return pa.DictionaryArray.from_arrays(
                pa.array(indices[:, worked].ravel().astype(np.int32)), pa.array(list(words), pa.string())
            ).dictionary_decode()

        reason_words = [(reason.value, reason.code) for reason in Reason]
        code_words = [(sign.value, code) for sign, code in CAUSE_CODES.items()]
        return pa.table(
            {
                "area_id": pa.array(np.repeat(self.area_ids, days), pa.string()),
                "on_date": pa.array(np.tile(self.days[worked], areas), pa.date32()),
                "supplied_kwh": number(self.supplied_kwh),
                "sold_kwh": number(self.sold_kwh),
                "loss_kwh": number(self.loss_kwh),
                "loss_rate": number(self.loss_rate),
                "technical_kwh": number(self.technical_kwh),
                "technical_source": word(self.technical_source, SOURCE_ORDER),
                "unexplained_kwh": number(self.unexplained_kwh),
                "unexplained_low_kwh": number(self.unexplained_low_kwh),
                "unexplained_high_kwh": number(self.unexplained_high_kwh),
                "coverage": number(self.coverage),
                "estimated_share": number(self.estimated_share),
                "is_computable": pa.array(self.is_computable[:, worked].ravel()),
                "not_computable_reason": _worded(self.reasons[:, worked], reason_words),
                "loss_class": word(self.loss_class, CLASS_ORDER),
                "cause_hints": _worded(self.signs[:, worked], code_words),
                "policy_version": pa.array([self.policy_version] * (areas * days), pa.string()),
            }
        )

    def _period(self) -> pa.Table:
        found, count = self.period, len(self.area_ids)

        def number(values: Matrix) -> pa.Array:
            return pa.array(values, pa.float64(), mask=np.isnan(values))

        changed = found.change_at >= 0
        change_on = self.days[np.where(changed, found.change_at, 0)]
        code_words = [(sign.value, code) for sign, code in CAUSE_CODES.items()]
        return pa.table(
            {
                "area_id": pa.array(self.area_ids, pa.string()),
                "as_of_on": pa.array(np.repeat(self.days[-1:], count), pa.date32()),
                "day_count": pa.array(found.day_counts, pa.int32()),
                "loss_rate": number(found.loss_rate),
                "unexplained_kwh": number(found.unexplained_kwh),
                "unexplained_low_kwh": number(found.unexplained_low_kwh),
                "unexplained_high_kwh": number(found.unexplained_high_kwh),
                "change_on": pa.array(change_on.astype("datetime64[D]"), pa.date32(), mask=~changed),
                "change_kwh_per_day": number(np.where(changed, found.change_kwh_per_day, np.nan)),
                "regression_r2": number(found.regression_r2),
                "cause_hints": _worded(found.signs, code_words),
            }
        )


def _worded(masks: npt.NDArray[np.uint32], words: list[tuple[int, str]]) -> pa.Array:
    """Return each mask as its words; every distinct mask is put into words once."""
    distinct, place = np.unique(masks.ravel(), return_inverse=True)
    texts = pa.array([join_bits(int(mask), words) for mask in distinct], pa.string())
    return texts.take(pa.array(place.ravel()))
