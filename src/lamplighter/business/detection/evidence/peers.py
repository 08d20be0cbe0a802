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

from lamplighter.business.detection.changes import nan_median
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.records import Layer, LayerResult, found_where, ramp
from lamplighter.business.detection.settings import DetectionSettings

SCORES: Mapping[str, int] = MappingProxyType(
    {
        "peers_level": -1,
    }
)
"""What a trained fusion reads of this layer, and the direction in which it may count: +1 where a greater score can
only make theft more likely, −1 where only less, 0 where either."""


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what peers say of each candidate.

    Scores: ``peers_level`` (robust z of the log of daily kWh a contract kW), ``peers_kwh`` (median peer's kWh a day
        at this size).
    """
    window, number = material.window, settings.number
    daily = window.mean_daily_kwh
    size = np.array([_contract_kw(material, account) for account in material.accounts])
    with np.errstate(divide="ignore", invalid="ignore"):
        use = np.log(np.where((daily > 0.0) & (size > 0.0), daily / size, np.nan))
    z, peer_kwh = np.full(len(daily), np.nan), np.full(len(daily), np.nan)
    for word in sorted(set(material.classes.tolist())):
        members = np.flatnonzero(material.classes == word)
        known = members[np.isfinite(use[members])]
        if len(known) < number("peers.smallest_class"):
            continue
        middle = float(nan_median(use[known][None, :])[0])
        spread = 1.4826 * float(nan_median(np.abs(use[known] - middle)[None, :])[0])
        z[known] = (use[known] - middle) / max(spread, number("peers.spread_floor"))
        peer_kwh[known] = np.exp(middle) * size[known]
    low = ramp(-z, start=number("peers.low_start"), end=number("peers.low_end"))
    usual = ramp(np.abs(z), start=number("peers.usual_end"), end=0.0)
    return LayerResult(
        layer=Layer.PEERS,
        is_available=np.isfinite(z),
        scores={"peers_level": z, "peers_kwh": peer_kwh},
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


def _contract_kw(material: Material, account: str) -> float:
    row = material.customers.get(account, {})
    value = row.get("contract_kw") or row.get("contract_kva")
    return float(value) if isinstance(value, (int, float)) else 1.0
