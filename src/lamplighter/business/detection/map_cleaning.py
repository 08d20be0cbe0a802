"""Meters that hang on another area than the archive says, found by the balance itself and taken out of its way.

``a ≈ −1`` at home says that the customer's energy does not come through this transformer; a slope near ``+1`` of
another area's unexplained rest says where it does. Only what both say is moved, and only for this night's balance:
the archive is not touched, the finding is counter-evidence on the customer's card and a hint for whoever keeps the
archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.highpass import AreaFit, fit_area
from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window


@dataclass(frozen=True, slots=True)
class Balance:
    """The window with its map cleaned, and the high-pass balance of every area.

    Attributes:
        window: residual and sold energy after the moves below.
        fits: area index -> balance; an area that cannot be fitted is absent.
        moved_to: area index a candidate was moved to, shape (N,); -1 where it stayed.
        home_coefficient: a_i at home before the moves, shape (N,), NaN where unknown.
        away_slope: slope of the other area's rest on the candidate, shape (N,), NaN where it was not looked for.
    """

    window: Window
    fits: Mapping[int, AreaFit]
    moved_to: npt.NDArray[np.int32]
    home_coefficient: Floats
    away_slope: Floats


def clean_map(*, window: Window, settings: DetectionSettings) -> Balance:
    """Return the balance of every area after moving meters that plainly hang elsewhere.

    Args:
        window: as cut from the block.
        settings: ``map.*`` and ``balance.*``.
    """
    count = len(window.meters)
    fits = {
        area: fit for area in range(len(window.block.area_ids)) if (fit := _fit(window, area, settings)) is not None
    }
    home, errors = np.full(count, np.nan), np.full(count, np.nan)
    for fit in fits.values():
        home[fit.candidates], errors[fit.candidates] = fit.coefficients, fit.errors
    strangers = np.flatnonzero(
        (home < settings.number("map.coefficient_below")) & (home / errors < settings.number("map.t_below"))
    )
    moved = np.full(count, -1, np.int32)
    away = np.full(count, np.nan)
    for stranger in strangers:
        area, slope, t = _best_area(window, fits, int(stranger))
        away[stranger] = slope
        if abs(slope - 1.0) <= settings.number("map.slope_tolerance") and t >= settings.number("map.t_away"):
            moved[stranger] = area
    if not (moved >= 0).any():
        return Balance(window=window, fits=fits, moved_to=moved, home_coefficient=home, away_slope=away)
    cleaned = _move(window, moved)
    touched = set(cleaned.area[moved >= 0].tolist()) | set(window.area[moved >= 0].tolist())
    for area in sorted(touched):
        refitted = _fit(cleaned, area, settings)
        if refitted is None:
            fits.pop(area, None)
        else:
            fits[area] = refitted
    return Balance(window=cleaned, fits=fits, moved_to=moved, home_coefficient=home, away_slope=away)


def _fit(window: Window, area: int, settings: DetectionSettings) -> AreaFit | None:
    candidates = np.flatnonzero(window.area == area)
    return fit_area(
        candidates=candidates,
        kwh=window.kwh[candidates],
        residual_kwh=window.residual_kwh[area],
        sold_kwh=window.sold_kwh[area],
        settings=settings,
    )


def _best_area(window: Window, fits: Mapping[int, AreaFit], candidate: int) -> tuple[int, float, float]:
    """Return the other area whose unexplained rest follows the candidate best: area, slope, t value."""
    moves = np.nan_to_num(np.diff(window.kwh[candidate].ravel()).astype(np.float64), nan=0.0)
    best = (-1, np.nan, -np.inf)
    for area, fit in fits.items():
        if area == window.area[candidate]:
            continue
        used = np.isfinite(fit.residual_rows)
        energy = float(moves[used] @ moves[used])
        if energy <= 0.0:
            continue
        slope = float(moves[used] @ fit.residual_rows[used]) / energy
        # Trimmed as the fit is, else one absurd slot of that area decides.
        rest = fit.residual_rows[used] - slope * moves[used]
        spread = 1.4826 * float(np.median(np.abs(rest))) + 1e-12
        t = slope * np.sqrt(energy) / spread
        if t > best[2]:
            best = (area, slope, t)
    return best


def _move(window: Window, moved: npt.NDArray[np.int32]) -> Window:
    residual, sold, area = window.residual_kwh.copy(), window.sold_kwh.copy(), window.area.copy()
    for candidate in np.flatnonzero(moved >= 0):
        energy = np.nan_to_num(window.kwh[candidate].astype(np.float64), nan=0.0)
        home, away = window.area[candidate], moved[candidate]
        residual[home] += energy
        sold[home] -= energy
        residual[away] -= energy
        sold[away] += energy
        area[candidate] = away
    return replace(window, residual_kwh=residual, sold_kwh=sold, area=area)
