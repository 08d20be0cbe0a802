"""Thefts injected into honest customers of a block: what a fusion is trained on before there are outcomes.

The catalogue of :mod:`~lamplighter.business.detection.attacks` is done to the trusted curves of customers nobody
suspects; what their meters then no longer show appears in the residual of their area, as it would. Everything else
of the block stays real: its noise, gaps, wrong archives and honest oddities.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.detection.attacks import draw_kind, draw_theft, inject_theft
from lamplighter.business.line_loss.records import AreaLosses
from lamplighter.business.trusted_energy.records import TrustedEnergy


@dataclass(frozen=True, slots=True)
class InjectedBlock:
    """A block after injection.

    Attributes:
        trusted: trusted energy as the meters would show it.
        losses: residual of each slot with what the meters no longer show; daily figures and the window's are left as
            they were.
        thefts: one row a theft: meter_id, account_id, area_id, kind, theta, onset_on, stolen_kwh_a_day (mean after
            the onset).
    """

    trusted: TrustedEnergy
    losses: AreaLosses
    thefts: pa.Table


def inject_thefts(
    *,
    block: AreaBlock,
    trusted: TrustedEnergy,
    losses: AreaLosses,
    share: float,
    seed: int,
    spare: Collection[str] = (),
    subtlety: float = 0.5,
) -> InjectedBlock:
    """Return the block with thefts done to a drawn share of its honest customers.

    Currents and voltages stay as they were: evidence from them must not be learned from injected thefts. Energy is what
    :func:`~lamplighter.business.detection.attacks.inject_theft` says.

    Args:
        block: the block.
        trusted: its trusted energy.
        losses: its losses.
        share: share of the live customer meters to draw, 0 to 1.
        seed: the same seed draws the same thefts whatever the order of the meters.
        spare: accounts never drawn, such as those that were found or are suspected.
        subtlety: as in :func:`~lamplighter.business.detection.attacks.draw_theft`.
    """
    metered, residual = trusted.metered_kwh.copy(), losses.residual_kwh.copy()
    day_kwh = trusted.day_kwh.copy()
    accounts, wiring, ct = block.strings("account_id"), block.strings("wiring"), block.numbers("ct_ratio", default=1.0)
    days, slots = metered.shape[1:]
    rows = []
    for at in np.argsort(block.meter_ids.astype(str), kind="stable"):
        # Each meter has its own stream, so that one meter more or less changes no other's draw.
        rng = np.random.default_rng([seed, *block.meter_ids[at].encode()])
        is_eligible = block.strings("role")[at] == "customer" and block.is_live[at].all() and accounts[at] is not None
        if rng.uniform() >= share or not is_eligible or accounts[at] in spare:
            continue
        kind_of_wiring = "CT" if ct[at] > 1.0 else "1P" if wiring[at] == "1P" else "3P"
        kind = draw_kind(wiring=kind_of_wiring, rng=rng)
        theft = draw_theft(kind=kind, wiring=kind_of_wiring, days=days, slots=slots, rng=rng, subtlety=subtlety)
        effect = inject_theft(theft=theft, true_kwh=metered[at])
        metered[at] = effect.registered_kwh
        stolen = np.nan_to_num(effect.stolen_kwh, nan=0.0) * block.multipliers[at]
        fallen = np.nan_to_num(effect.stolen_kwh - effect.extra_kwh, nan=0.0).sum(axis=1) * block.multipliers[at]
        day_kwh[at] -= fallen
        for day in range(days):
            if block.area_of[at, day] >= 0:
                residual[block.area_of[at, day], day] += stolen[day].astype(np.float32)
        rows.append(
            {
                "meter_id": str(block.meter_ids[at]),
                "account_id": str(accounts[at]),
                "area_id": str(block.area_ids[block.area_of[at, -1]]) if block.area_of[at, -1] >= 0 else None,
                "kind": kind.value,
                "theta": theft.theta,
                "onset_on": block.days[theft.onset_day].item(),
                "stolen_kwh_a_day": float(stolen[theft.onset_day :].sum() / max(days - theft.onset_day, 1)),
            }
        )
    return InjectedBlock(
        trusted=replace(trusted, metered_kwh=metered, day_kwh=day_kwh),
        losses=replace(losses, residual_kwh=residual),
        thefts=pa.Table.from_pylist(rows, schema=_THEFTS),
    )


_THEFTS = pa.schema(
    [
        ("meter_id", pa.string()),
        ("account_id", pa.string()),
        ("area_id", pa.string()),
        ("kind", pa.string()),
        ("theta", pa.float64()),
        ("onset_on", pa.date32()),
        ("stolen_kwh_a_day", pa.float64()),
    ]
)
