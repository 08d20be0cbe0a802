"""All steps of explaining the areas of a block, in their order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.line_loss.explanations import AreaExplanation, Cause, CustomerSigns
from lamplighter.business.line_loss.records import AreaLosses
from lamplighter.business.line_loss.rules.balance import Role, role_codes
from lamplighter.business.line_loss.rules.explanation.cells import AreaCells, area_cells
from lamplighter.business.line_loss.rules.explanation.checks import Places, rank_checks
from lamplighter.business.line_loss.rules.explanation.hypotheses import (
    AreaSigns,
    Part,
    always_parts,
    area_candidates,
    customer_candidates,
    read_area_signs,
)
from lamplighter.business.line_loss.rules.explanation.mixture import Columns, Gaussian, average_models
from lamplighter.business.line_loss.rules.explanation.shares import Contributions, add_up_causes
from lamplighter.business.line_loss.rules.target import target_rate
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.trusted_energy.records import TrustedEnergy

Floats = npt.NDArray[np.float64]

_ROUNDS = 3
"""Technical loss depends on what flows past the meters, and the other way round: so often they tell each other."""
_FLOWS = (Cause.WRONG_AREA, Cause.CUSTOMER_METER, Cause.UNMETERED, Cause.THEFT)
"""Causes whose energy flows through the area's lines though no meter of it shows it."""


def explain_areas(
    *,
    block: AreaBlock,
    trusted: TrustedEnergy,
    losses: AreaLosses,
    signs: CustomerSigns,
    first: int,
    thresholds: Thresholds,
) -> tuple[AreaExplanation, ...]:
    """Return the explanation of every area of a block whose window can be explained, as of its newest day.

    Args:
        block: one bucket.
        trusted: its trusted energy.
        losses: its losses.
        signs: what the balance says of each customer.
        first: index into the days of the window's first.
        thresholds: prior chances, sizes and visit minutes.

    Returns:
        One explanation an area; an area that was computable on too few days has none.
    """
    roles = role_codes(block)
    found = []
    for area, area_id in enumerate(block.area_ids):
        hung = block.area_of[:, -1] == area
        members = np.flatnonzero(hung & (roles == Role.CUSTOMER))
        cells = area_cells(
            area=area, first=first, block=block, trusted=trusted, losses=losses, members=members, thresholds=thresholds
        )
        supply = np.flatnonzero(hung & (roles == Role.SUPPLY))
        if cells is None or not len(supply) or cells.supplied_kwh <= 0.0:
            continue
        meter = int(supply[0])
        area_signs = read_area_signs(signs, area)
        own = customer_candidates(
            cells, area_signs, signs=signs, first=first, block=block, trusted=trusted, thresholds=thresholds
        )
        whole = area_candidates(cells, supply_ratio=float(block.multipliers[meter]), thresholds=thresholds)
        always = always_parts(cells, members=len(members), thresholds=thresholds)
        parts, explained = _fit(cells, area_signs, always, [*whole, *own], thresholds)
        meters = sorted({part.meter for part in parts if part.meter >= 0})
        places = Places(
            area_id=str(area_id),
            supply_meter=str(block.meter_ids[meter]),
            meter_ids=block.meter_ids,
            boxes=block.strings("box_id"),
            supply_kw=_by_hour(losses.residual_kwh[area, first:] + losses.sold_slot_kwh[area, first:]),
            rest_kw=_by_hour(losses.residual_kwh[area, first:]),
            meter_kw={m: _by_hour(trusted.metered_kwh[m, first:]) for m in meters},
        )
        technical = next(share.kwh for share in explained.shares if share.cause is Cause.TECHNICAL)
        found.append(
            AreaExplanation(
                area_id=str(area_id),
                day_count=cells.day_count,
                supplied_kwh=cells.supplied_kwh,
                loss_kwh=cells.loss_kwh,
                shares=explained.shares,
                checks=rank_checks(parts=parts, found=explained, places=places, thresholds=thresholds),
                target_rate=target_rate(
                    technical_kwh=technical,
                    supplied_kwh=cells.supplied_kwh,
                    customer_square_kwh=float(
                        np.nansum(np.nansum(trusted.day_kwh[members, first:], axis=1) ** 2) if len(members) else 0.0
                    ),
                    thresholds=thresholds,
                ),
            )
        )
    return tuple(found)


def _fit(
    cells: AreaCells, signs: AreaSigns, always: list[Part], candidates: list[Part], thresholds: Thresholds
) -> tuple[list[Part], Contributions]:
    technical_mean = 1.0
    parts = [*always, *candidates]
    for turn in range(_ROUNDS):
        parts[0] = parts[0]._replace(mean=technical_mean, deviation=always[0].deviation * technical_mean)
        mixture = _mix(cells, signs, parts, len(always), thresholds)
        explained = add_up_causes(
            parts=parts,
            mixture=mixture,
            loss_kwh=cells.loss_kwh,
            outside_kwh=cells.outside_kwh,
            always=len(always),
            widening=thresholds.interval_widening,
        )
        flowing = sum(share.kwh for share in explained.shares if share.cause in _FLOWS)
        # Lines lose by the current that flows, and the model knows only the current that meters show.
        if turn < _ROUNDS - 1:
            technical_mean = float(np.clip(1.0 + flowing / max(cells.sold.sum(), 1e-9), 0.4, 2.0))
    return parts, explained


def _mix(cells: AreaCells, signs: AreaSigns, parts: list[Part], always: int, thresholds: Thresholds) -> list[Gaussian]:
    target, noise = cells.residual, thresholds.cell_noise_share * cells.supply + 0.1 * cells.estimated + 0.5
    design = np.array([part.column for part in parts]).T
    if np.isfinite(signs.usual):
        # The area's honest customers move the residual by as much as its own meter and its lines err, and no more.
        target = np.append(target, signs.usual + parts[0].usual)
        noise = np.append(noise, signs.usual_error)
        design = np.vstack([design, [part.usual for part in parts]])
    mean, deviation = (np.array([getattr(part, name) for part in parts]) for name in ("mean", "deviation"))
    words = {part.group: place for place, part in enumerate(parts) if part.group}
    return average_models(
        target=target,
        noise=noise,
        always=Columns(design[:, :always], mean[:always], deviation[:always]),
        candidates=Columns(design[:, always:], mean[always:], deviation[always:]),
        log_odds=np.array([part.log_odds for part in parts[always:]]),
        groups=[words.get(part.group, -1) for part in parts[always:]],
        is_positive=np.array([part.cause in (Cause.THEFT, Cause.UNMETERED) for part in parts[always:]], bool),
    )


def _by_hour(kwh: npt.NDArray[np.floating]) -> Floats:
    """Return the mean of slots (W, S) by hour of the day, shape (24,); an hour without a known slot is 0."""
    known = np.isfinite(kwh)
    sums = np.where(known, kwh, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.asarray(np.add.reduceat(sums, np.arange(24) * len(sums) // 24), np.float64)
