"""The material the layers work on, prepared once a block: the window with its map cleaned, its balance, its changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.detection.archive_repair import repair_archive
from lamplighter.business.detection.changes import Changes, find_changes
from lamplighter.business.detection.curve_signs import CurveSigns, read_signs
from lamplighter.business.detection.day_signs import DaySigns, WindowSigns, read_day_signs, read_window_signs
from lamplighter.business.detection.depth import read_depth
from lamplighter.business.detection.desk_signs import DeskSigns, read_desk_signs
from lamplighter.business.detection.map_cleaning import Balance, clean_map, fit_areas
from lamplighter.business.detection.month_signs import MonthSigns, lay_out_months, months_billed, read_month_signs
from lamplighter.business.detection.records import DAYS_A_MONTH, Floats, LayerResult
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window, open_window
from lamplighter.business.line_loss.records import AreaLosses
from lamplighter.business.trusted_energy.records import TrustedEnergy


@dataclass(frozen=True, slots=True)
class Material:
    """What every layer gets.

    Attributes:
        window: the window after the map was cleaned; ``window.block``, ``.trusted`` and ``.losses`` are the inputs
            as they came.
        balance: high-pass balance of each area, and what was found about the archive.
        changes: greatest lasting change of each candidate.
        signs_before: signs in the curves of the window's first third.
        signs_after: signs in the curves of its last third.
        day_signs: what each day looks like.
        window_signs: signs over the whole window.
        month_signs: signs in what was billed month by month.
        desk_signs: what payments and earlier visits say.
        depth: level of how deep the data of each candidate go (`depth.LEVELS`), shape (N,).
        accounts: account of each candidate, shape (N,).
        classes: class of each candidate's account, "" where the archive has none, shape (N,).
        generates: the account has a generation meter, or its own meter exports by daylight only, shape (N,).
        customers: account -> row of ``core_customer``.
    """

    window: Window
    balance: Balance
    changes: Changes
    signs_before: CurveSigns
    signs_after: CurveSigns
    day_signs: DaySigns
    window_signs: WindowSigns
    month_signs: MonthSigns
    desk_signs: DeskSigns
    depth: npt.NDArray[np.int64]
    accounts: npt.NDArray[np.object_]
    classes: npt.NDArray[np.object_]
    generates: npt.NDArray[np.bool_]
    customers: Mapping[str, Mapping[str, object]]

    @property
    def usual_daily_kwh(self) -> Floats:
        """What each candidate uses on a day, by its meter, without a known day by its bills, shape (N,)."""
        metered = self.window.mean_daily_kwh
        usual: Floats = np.where(np.isfinite(metered), metered, self.month_signs.mean_kwh / DAYS_A_MONTH)
        return usual


LayerFunction = Callable[[Material, DetectionSettings], LayerResult]


def prepare_material(
    *, block: AreaBlock, trusted: TrustedEnergy, losses: AreaLosses, settings: DetectionSettings
) -> Material:
    """Return the material of a block.

    Args:
        block: the bucket's dense arrays.
        trusted: trusted energy of the same block.
        losses: losses of the same block.
        settings: ``window.*``, ``repair.*``, ``balance.*``, ``change.*``.
    """
    archive_window = open_window(block=block, trusted=trusted, losses=losses, settings=settings)
    fits = fit_areas(window=archive_window, settings=settings)
    repair = repair_archive(window=archive_window, fits=fits, settings=settings)
    balance = clean_map(window=archive_window, fits=fits, repair=repair, settings=settings)
    window = balance.window
    accounts = window.candidate_strings("account_id")
    customers = rows_by_key(block.tables.get("core_customer"), key="account_id")
    classes = np.array([str(customers.get(a, {}).get("class") or "") for a in accounts], dtype=object)
    changes = find_changes(
        daily_kwh=window.daily_kwh,
        classes=classes,
        smallest_class=int(settings.number("change.smallest_class")),
        margin_days=int(settings.number("change.margin_days")),
    )
    width = len(window.days)
    third = max(width // 3, 1)
    before, after = (
        read_signs(
            kwh=window.kwh,
            first=first,
            last=last,
            least_days=int(settings.number("shape.least_days")),
            zero_share=settings.number("shape.zero_share"),
        )
        for first, last in ((0, third), (width - third, width))
    )
    days = read_day_signs(
        kwh=window.kwh,
        slots_per_hour=60 // block.interval_minutes,
        zero_share=settings.number("shape.zero_share"),
    )
    months = months_billed(block.tables.get("core_billed_month"), as_of=window.as_of)
    month_kwh = lay_out_months(block.tables.get("core_billed_month"), accounts=accounts, months=months)
    return Material(
        window=window,
        balance=balance,
        changes=changes,
        signs_before=before,
        signs_after=after,
        day_signs=days,
        window_signs=read_window_signs(
            hours=days.hours,
            daily_kwh=changes.adjusted_kwh,
            is_weekend=~np.is_busday(window.days.astype("datetime64[D]")),
            least_days=2 * int(settings.number("change.margin_days")),
        ),
        month_signs=read_month_signs(
            energy_kwh=month_kwh,
            classes=classes,
            months=months,
            smallest_class=int(settings.number("change.smallest_class")),
        ),
        desk_signs=read_desk_signs(
            accounts=accounts,
            as_of=window.last_day,
            months=months,
            month_kwh=month_kwh,
            payments=block.tables.get("core_payment"),
            visits=block.tables.get("core_visit"),
            outcomes=block.tables.get("core_outcome"),
        ),
        depth=read_depth(window=window, month_kwh=month_kwh, least_share=settings.number("depth.least_share")),
        accounts=accounts,
        classes=classes,
        generates=_generates(window, accounts, daylight_share=settings.number("meter.daylight_share")),
        customers=customers,
    )


def rows_by_key(table: pa.Table | None, *, key: str) -> dict[str, Mapping[str, object]]:
    """Return the rows of a side table by a key column; empty where the company has no such table.

    Example:
        >>> rows_by_key(pa.table({"account_id": ["C1"], "class": ["residential"]}), key="account_id")["C1"]["class"]
        'residential'
    """
    if table is None or table.num_rows == 0:
        return {}
    return {str(row[key]): row for row in table.to_pylist() if row[key] is not None}


def _generates(window: Window, accounts: npt.NDArray[np.object_], *, daylight_share: float) -> npt.NDArray[np.bool_]:
    block = window.block
    owners = set(block.strings("account_id")[block.strings("role") == "solar"].tolist())
    owns = np.array([account in owners for account in accounts], bool)
    if window.trusted.reverse_kwh is None:
        return owns
    # Only a few meters of an area export: their curves alone are read.
    exports = np.nansum(window.trusted.day_reverse_kwh[window.meters, window.first :], axis=1) > 0.0
    for at in np.flatnonzero(exports & ~owns):
        curve = np.nan_to_num(window.trusted.reverse_kwh[window.meters[at], window.first :], nan=0.0).sum(axis=0)
        slots = len(curve)
        daylight = curve[slots * 6 // 24 : slots * 19 // 24].sum()
        owns[at] = daylight >= daylight_share * curve.sum() > 0.0
    return owns
