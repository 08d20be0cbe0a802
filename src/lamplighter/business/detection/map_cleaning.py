"""The night's own balance with meters that plainly hang on another area taken out of its way.

Only moves that repair of the archive is sure of are made, and only for this night's balance: the archive is not
touched, the finding is counter-evidence on the customer's card and a proposal for whoever keeps the archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.archive_repair import ArchiveRepair
from lamplighter.business.detection.highpass import AreaFit, fit_area
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window


@dataclass(frozen=True, slots=True)
class Balance:
    """The window with its map cleaned, and the high-pass balance of every area.

    Attributes:
        window: residual and sold energy after the moves of ``repair``.
        fits: area index -> balance; an area that cannot be fitted is absent.
        repair: what was found about the archive.
    """

    window: Window
    fits: Mapping[int, AreaFit]
    repair: ArchiveRepair


def fit_areas(*, window: Window, settings: DetectionSettings) -> dict[int, AreaFit]:
    """Return the high-pass balance of every area of a window that can be fitted.

    Args:
        window: as cut from the block.
        settings: ``balance.*``.
    """
    return {
        area: fit for area in range(len(window.block.area_ids)) if (fit := _fit(window, area, settings)) is not None
    }


def clean_map(
    *, window: Window, fits: Mapping[int, AreaFit], repair: ArchiveRepair, settings: DetectionSettings
) -> Balance:
    """Return the balance of every area after the moves that repair of the archive is sure of.

    Args:
        window: as cut from the block.
        fits: its balance before any move.
        repair: whose ``moved_to`` is followed.
        settings: ``balance.*``.
    """
    moved = repair.moved_to
    is_moved = moved >= 0
    if not is_moved.any():
        return Balance(window=window, fits=fits, repair=repair)
    cleaned = _move(window, moved)
    refitted = dict(fits)
    for area in sorted({*cleaned.area[is_moved].tolist(), *window.area[is_moved].tolist()}):
        found = _fit(cleaned, area, settings)
        if found is None:
            refitted.pop(area, None)
        else:
            refitted[area] = found
    return Balance(window=cleaned, fits=refitted, repair=repair)


def _fit(window: Window, area: int, settings: DetectionSettings) -> AreaFit | None:
    candidates = np.flatnonzero(window.area == area)
    return fit_area(
        candidates=candidates,
        kwh=window.kwh[candidates],
        residual_kwh=window.residual_kwh[area],
        sold_kwh=window.sold_kwh[area],
        settings=settings,
    )


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
