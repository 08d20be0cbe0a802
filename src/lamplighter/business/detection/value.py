"""What is at stake: kWh a month, held within what the area really loses, and the expected value of a visit in yuan.

``EV = E[kWh] · price · (months back · collectable share + months ahead) − visit − (1 − p) · goodwill``, E[kWh] = p ·
kWh if stolen. ``Σ E[kWh]`` over an area never exceeds the upper end of its unexplained loss; where that end is
unknown or not above zero, the customer's kWh is unknown, not 0, and the value rests on the company's default instead.
Source: docs/explanation/the-list.md; costs and months are company defaults (``costs.toml``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Colour, Floats
from lamplighter.business.detection.settings import DetectionSettings


def hold_within_area(
    *, probability: Floats, kwh: Floats, area: npt.NDArray[np.int64], upper_kwh: Floats
) -> tuple[Floats, Floats]:
    """Return kWh if stolen and expected kWh, both a month, such that no area expects more than it loses; shape (N,)
    each.

    One customer cannot take more than its area loses, and all together cannot either.

    Args:
        probability: shape (N,).
        kwh: kWh a month if stolen, shape (N,).
        area: index into ``upper_kwh``, -1 = no area, shape (N,).
        upper_kwh: upper end of the unexplained loss a month, shape (A,); NaN = not computable.

    Returns:
        NaN for customers of areas whose upper end is unknown or not above zero.

    Example:
        Two sure thieves of 80 kWh each behind a transformer that loses at most 100:

        >>> stolen, expected = hold_within_area(
        ...     probability=np.ones(2), kwh=np.full(2, 80.0), area=np.zeros(2, int), upper_kwh=np.array([100.0])
        ... )
        >>> stolen.tolist(), expected.round(6).tolist()
        ([80.0, 80.0], [50.0, 50.0])
    """
    uppers = np.append(upper_kwh, np.nan)
    upper = uppers[np.where(area >= 0, area, len(upper_kwh))]
    is_known = np.isfinite(upper) & (upper > 0.0)
    stolen = np.where(is_known, np.minimum(kwh, np.where(is_known, upper, np.inf)), np.nan)
    expected = probability * stolen
    order = np.lexsort((expected, area))
    together = np.bincount(
        np.where(is_known, area, len(upper_kwh))[order],
        weights=np.nan_to_num(expected, nan=0.0)[order],
        minlength=len(upper_kwh) + 1,
    )
    total = together[np.where(is_known, area, len(upper_kwh))]
    # The last bit is given away, so that the sum stays below the end in floating point too.
    is_over = is_known & (total > upper)
    shrink = np.where(is_over, upper / np.where(is_over, total, 1.0) * (1.0 - 1e-9), 1.0)
    return stolen, expected * shrink


def value_visits(
    *,
    probability: Floats,
    kwh: Floats,
    area: npt.NDArray[np.int64],
    upper_kwh: Floats,
    price: Floats,
    settings: DetectionSettings,
) -> tuple[Floats, Floats]:
    """Return the expected kWh a month, held within the area's loss, and the expected value of a visit in yuan, shape
    (N,) each.

    Args:
        probability: shape (N,).
        kwh: kWh a month if stolen, shape (N,).
        area: index into ``upper_kwh``, -1 = no area, shape (N,).
        upper_kwh: upper end of the unexplained loss a month, shape (A,); NaN = not computable.
        price: yuan per kWh, shape (N,).
        settings: ``cost.*``, ``value.unknown_discount``, ``value.default_most_kwh``.

    Example:
        The same sure thief behind a transformer that loses enough, and behind one that loses nothing:

        >>> from lamplighter.business.detection.settings import default_settings
        >>> kwh, yuan = value_visits(
        ...     probability=np.ones(2), kwh=np.full(2, 100.0), area=np.arange(2), upper_kwh=np.array([500.0, -3.0]),
        ...     price=np.full(2, 0.6), settings=default_settings())
        >>> kwh.tolist(), yuan.round(2).tolist()
        ([100.0, nan], [496.0, -80.0])
    """
    _, expected = hold_within_area(probability=probability, kwh=kwh, area=area, upper_kwh=upper_kwh)
    # Where the area was measured and has nothing to lose, no fallback may put the account first all the same.
    has_no_room = (area >= 0) & (np.append(upper_kwh, np.nan)[area] <= 0.0)
    yuan = expected_yuan(
        probability=probability,
        expected_kwh=expected,
        fallback_kwh=np.where(has_no_room, 0.0, np.minimum(kwh, settings.number("value.default_most_kwh"))),
        price=price,
        settings=settings,
    )
    return expected, yuan


def expected_yuan(
    *, probability: Floats, expected_kwh: Floats, fallback_kwh: Floats, price: Floats, settings: DetectionSettings
) -> Floats:
    """Return the expected value of a visit, yuan, shape (N,); below zero where the visit costs more than it is
    likely to bring.

    Args:
        probability: shape (N,).
        expected_kwh: a month, NaN = unknown.
        fallback_kwh: kWh a month if stolen where the expected is unknown; counted by ``value.unknown_discount``.
        price: yuan per kWh, shape (N,).
        settings: ``cost.*``, ``value.unknown_discount``.

    Example:
        Half a chance of 100 kWh a month at 0.60 yuan, with the costs of the package:

        >>> from lamplighter.business.detection.settings import default_settings
        >>> value = expected_yuan(
        ...     probability=np.array([0.5]), expected_kwh=np.array([50.0]), fallback_kwh=np.array([100.0]),
        ...     price=np.array([0.6]), settings=default_settings())
        >>> value.round(2).tolist()
        [183.0]
    """
    number = settings.number
    unknown = probability * fallback_kwh * number("value.unknown_discount")
    energy = np.where(np.isfinite(expected_kwh), expected_kwh, unknown)
    months = number("cost.months_back") * number("cost.collectable_share") + number("cost.months_ahead")
    goodwill = (1.0 - probability) * number("cost.goodwill_yuan")
    value: Floats = energy * price * months - number("cost.visit_yuan") - goodwill
    return value


def colours(*, probability: Floats, settings: DetectionSettings) -> npt.NDArray[np.object_]:
    """Return the warning level of each probability.

    Example:
        >>> from lamplighter.business.detection.settings import default_settings
        >>> [str(c) for c in colours(probability=np.array([0.7, 0.45, 0.25, 0.01]), settings=default_settings())]
        ['red', 'orange', 'yellow', 'none']
    """
    steps = [settings.number(f"colour.{colour}") for colour in (Colour.YELLOW, Colour.ORANGE, Colour.RED)]
    words = np.array([Colour.NONE, Colour.YELLOW, Colour.ORANGE, Colour.RED], dtype=object)
    level: npt.NDArray[np.object_] = words[np.searchsorted(np.array(steps), probability, side="right")]
    return level
