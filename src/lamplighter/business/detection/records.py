"""What detection hands on: findings of a layer, and the words for layers, colours and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

DAYS_A_MONTH = 365.25 / 12
"""Days of a mean month: energy "a month" is a daily mean times this."""


class Layer(StrEnum):
    """Where evidence comes from; the names stand in the list's ``layers`` column."""

    BALANCE = "balance"
    """The customer's use against the area's unexplained energy, instant by instant."""
    HANDOVER = "handover"
    """Energy that vanished at the meter and appeared in the area's loss."""
    VOLTAGE = "voltage"
    """The drop along the customer's own wire against the current its meter shows."""
    SHAPE = "shape"
    """The customer's own curve against its own past."""
    PEERS = "peers"
    """The customer against others of its class and size."""
    METER = "meter"
    """What the meter says of itself: events, voltages, currents."""
    CONTEXT = "context"
    """Area, archive, earlier visits, weather and interruptions."""


class Depth(StrEnum):
    """How deep a customer's data go; each depth is judged by what was learned of customers with the same."""

    INTERVAL_ELECTRICAL = "interval_electrical"
    """Interval energy with voltages."""
    INTERVAL = "interval"
    """Interval energy."""
    DAILY = "daily"
    """Daily registers."""
    MONTHLY = "monthly"
    """Bills."""
    ARCHIVE = "archive"
    """Class, contract and earlier visits alone."""


class SuspicionState(StrEnum):
    """What people made of a suspicion; texts stand under ``detection.state``."""

    OPEN = "open"
    """Nobody has decided yet."""
    IN_CASE = "in_case"
    """Somebody took it up."""
    DISMISSED = "dismissed"
    """Somebody dismissed it with a reason."""
    NEEDS_DATA = "needs_data"
    """Somebody asked for more data before deciding."""


class OutcomeKind(StrEnum):
    """What became of an inspection: the label models learn from, ``core_outcome``."""

    THEFT = "theft"
    BREACH = "breach"
    METERING_FAULT = "metering_fault"
    WRONG_ARCHIVE = "wrong_archive"
    VACANCY = "vacancy"
    SOLAR = "solar"
    NO_ACCESS = "no_access"
    """No result: never read as clean."""
    CLEAN = "clean"
    OBJECTION_UPHELD = "objection_upheld"
    """Something was claimed, the customer objected, and was right: nothing is proven."""

    @property
    def is_result(self) -> bool:
        """Something was established."""
        return self is not OutcomeKind.NO_ACCESS

    @property
    def is_find(self) -> bool:
        """Something that changes what the customer pays."""
        return self in (OutcomeKind.THEFT, OutcomeKind.BREACH, OutcomeKind.METERING_FAULT)


class Colour(StrEnum):
    """Warning level of a suspicion, as inspection departments use it."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, found at some meters.

    Args:
        code: reason of the published list (``reasons.toml``), which also says whether it speaks for or against.
        at: indices of the meters it was found at, into the window's meters, shape (K,).
        strength: how strongly, above 0 and at most 1, shape (K,).
        value: the figure found, shape (K,), NaN where there is none.
        expected: what would be usual, shape (K,), NaN where there is none.
        unit: unit of both, in words of the field.
        first_on: first day it shows, shape (K,), NaT where it cannot be dated.
        last_on: last day it shows, shape (K,).
    """

    code: str
    at: npt.NDArray[np.int64]
    strength: Floats
    value: Floats
    expected: Floats
    unit: str
    first_on: Days
    last_on: Days


@dataclass(frozen=True, slots=True)
class LayerResult:
    """What a layer says of the window's N meters.

    Attributes:
        layer: which.
        is_available: the layer could judge this meter at all, shape (N,). No finding at an available meter means
            nothing was seen.
        scores: name -> raw score, shape (N,), NaN where it could not be computed: what a trained fusion learns from.
        findings: reasons with the figures a person sees on the evidence card.
        tables: further lake tables the layer fills, by name, without ``known_at``.
    """

    layer: Layer
    is_available: npt.NDArray[np.bool_]
    scores: Mapping[str, Floats]
    findings: Sequence[Finding] = field(default=())
    tables: Mapping[str, pa.Table] = field(default_factory=dict)


def found_where(
    *,
    code: str,
    strength: Floats,
    value: Floats,
    expected: Floats | float = np.nan,
    unit: str = "",
    first_on: Days | np.datetime64 | None = None,
    last_on: Days | np.datetime64 | None = None,
) -> Finding:
    """Return the finding at every meter whose strength is above zero; NaN strength counts as nothing seen.

    Args:
        code: reason of the published list.
        strength: shape (N,); clipped at 1.
        value: shape (N,).
        expected: shape (N,) or one figure for all.
        unit: unit of both.
        first_on: shape (N,), one day for all, or None.
        last_on: likewise.

    Example:
        >>> strength = np.array([0.0, 0.4, np.nan])
        >>> found = found_where(code="lasting_drop", strength=strength, value=np.array([1.0, 0.2, 1.0]))
        >>> found.at.tolist(), found.value.tolist()
        ([1], [0.2])
    """
    at = np.flatnonzero(np.nan_to_num(strength, nan=0.0) > 0.0)
    count = len(strength)

    def days(given: Days | np.datetime64 | None) -> Days:
        if given is None:
            return np.full(len(at), np.datetime64("NaT", "D"))
        return np.broadcast_to(np.asarray(given, "datetime64[D]"), (count,))[at].copy()

    return Finding(
        code=code,
        at=at,
        strength=np.minimum(strength[at], 1.0),
        value=np.asarray(value, np.float64)[at],
        expected=np.broadcast_to(np.asarray(expected, np.float64), (count,))[at].copy(),
        unit=unit,
        first_on=days(first_on),
        last_on=days(last_on),
    )


def ramp(values: Floats, *, start: float, end: float) -> Floats:
    """Return 0 up to ``start``, 1 from ``end`` on, straight between; NaN becomes 0 and ``end < start`` turns it round.

    Example:
        >>> ramp(np.array([1.0, 3.0, 9.0, np.nan]), start=2.0, end=4.0).tolist()
        [0.0, 0.5, 1.0, 0.0]
        >>> ramp(np.array([0.25, 0.75]), start=1.0, end=0.5).tolist()
        [1.0, 0.5]
    """
    risen: Floats = np.clip((values - start) / (end - start), 0.0, 1.0)
    return np.nan_to_num(risen, nan=0.0)
