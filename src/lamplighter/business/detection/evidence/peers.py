"""Peers: a customer's use against others of its class and size.

``z = (log(kWh a day of contract kW) − median of the class) / (1.4826 · MAD of the class)``: weak on its own, because
    small
families are honest, but it sees who has always been low. The daily profile is held against the class's likewise.
Source: Lamplighter's own; robust z-score by median and MAD.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.changes import nan_median
from lamplighter.business.detection.day_signs import correlate_rows, profiles_around
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.peer_level import contract_of, level_among
from lamplighter.business.detection.records import Floats, Layer, LayerResult, found_where, ramp
from lamplighter.business.detection.settings import DetectionSettings

SCORES: Mapping[str, int] = MappingProxyType(
    {
        "peers_day_noise": 0,
        "peers_distance": 0,
        "peers_echo_day": 0,
        "peers_hole": 0,
        "peers_level": -1,
        "peers_load_factor": 0,
        "peers_match": 0,
        "peers_night_share": 0,
        "peers_place_load_factor": 0,
        "peers_place_night_share": 0,
        "peers_place_roughness": 0,
        "peers_place_zero_share": 0,
        "peers_roughness": 0,
        "peers_turned": 0,
    }
)
"""What a trained fusion reads of this layer, and the direction in which it may count: +1 where a greater score can
only make theft more likely, −1 where only less, 0 where either."""

HOLE_HOURS = (3, 4, 6, 8, 12)
"""Lengths of the part of the day in which energy is looked for that the class has and the customer has not."""


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what peers say of each candidate.

    Scores: ``peers_level`` (robust z of the log of daily kWh a contract kW), ``peers_kwh`` (median peer's kWh a day
    at this size); the customer's own median day: ``peers_load_factor``, ``_night_share``, ``_roughness``; its place
    among the class, 0 to 1: ``peers_place_…`` of these and of the share of zeros, ``peers_day_noise``,
    ``peers_echo_day``; its daily profile beside the class's: those of `profile_scores`.
    """
    window, number = material.window, settings.number
    daily = material.usual_daily_kwh
    size = np.array([contract_of(material.customers.get(account, {}), absent=1.0) for account in material.accounts])
    z, peer_kwh = level_among(use=daily, size=size, classes=material.classes, settings=settings)
    least = int(number("peers.smallest_class"))
    low = ramp(-z, start=number("peers.low_start"), end=number("peers.low_end"))
    usual = ramp(np.abs(z), start=number("peers.usual_end"), end=0.0)
    return LayerResult(
        layer=Layer.PEERS,
        is_available=np.isfinite(z),
        scores={"peers_level": z, "peers_kwh": peer_kwh}
        | day_scores(material, least)
        | profile_scores(material, least),
        findings=(
            found_where(
                code="low_for_peers",
                strength=low,
                value=daily,
                expected=peer_kwh,
                unit="kWh/d",
                first_on=window.days[0],
                last_on=window.last_day,
            ),
            found_where(
                code="usual_for_peers",
                strength=usual,
                value=daily,
                expected=peer_kwh,
                unit="kWh/d",
                first_on=window.days[0],
                last_on=window.last_day,
            ),
        ),
    )


def day_scores(material: Material, least: int) -> dict[str, Floats]:
    """Return what the customer's median day looks like and its place among its class."""
    found = {}
    for name in ("load_factor", "night_share", "roughness", "zero_share"):
        own = nan_median(getattr(material.day_signs, name))
        found[f"peers_place_{name}"] = place_among(own, material.classes, least=least)
        if name != "zero_share":
            found[f"peers_{name}"] = own
    for name in ("day_noise", "echo_day"):
        found[f"peers_{name}"] = place_among(getattr(material.window_signs, name), material.classes, least=least)
    return found


def profile_scores(material: Material, least: int) -> dict[str, Floats]:
    """Return the daily profile beside the median profile of the class, both of mean 1.

    ``peers_distance`` (mean absolute difference), ``peers_match`` (correlation), ``peers_turned`` (correlation of the
    profile turned round less that), ``peers_hole`` (most energy missing in a row of 3 to 12 hours, share of a day).
    """
    own, _ = profiles_around(material.day_signs.hours, np.full(len(material.classes), len(material.window.days)))
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(own.mean(axis=1, keepdims=True) > 0.0, own / own.mean(axis=1, keepdims=True), np.nan)
    usual = np.full_like(own, np.nan)
    for word in sorted(set(material.classes.tolist())):
        members = material.classes == word
        known = members & np.isfinite(own).all(axis=1)
        if known.sum() >= least:
            usual[members] = np.median(own[known], axis=0)
    match = correlate_rows(own, usual)
    gap = np.cumsum(np.concatenate([np.zeros((len(own), 1)), np.tile(usual - own, 2)], axis=1), axis=1)
    holes = [(gap[:, long : long + 24] - gap[:, :24]).max(axis=1) / 24 for long in HOLE_HOURS]
    return {
        "peers_distance": np.abs(own - usual).mean(axis=1),
        "peers_match": match,
        "peers_turned": correlate_rows(own[:, ::-1], usual) - match,
        "peers_hole": np.max(holes, axis=0),
    }


def place_among(values: Floats, classes: npt.NDArray[np.object_], *, least: int) -> Floats:
    """Return each value's place among the known ones of its class, 0 to 1, equals alike; NaN in a class too small.

    Example:
        >>> place_among(np.array([3.0, 1.0, 1.0, np.nan]), np.array(["a"] * 4, dtype=object), least=3).round(2).tolist()
        [0.83, 0.33, 0.33, nan]
    """
    place = np.full(len(values), np.nan)
    for word in sorted(set(classes.tolist())):
        members = np.flatnonzero((classes == word) & np.isfinite(values))
        if len(members) >= least:
            ordered = np.sort(values[members])
            low = np.searchsorted(ordered, values[members], side="left")
            high = np.searchsorted(ordered, values[members], side="right")
            place[members] = (low + high) / (2.0 * len(members))
    return place
