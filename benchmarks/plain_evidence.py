"""The core of the evidence as one writes it with NumPy and pandas, a customer at a time: the yardstick of the speed.

The same definitions as the product's (see the modules of ``business/detection``), no Numba, no blocks; SciPy for NNLS.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import nnls

from lamplighter.business.detection.material import Material
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.steps import WINDOW_HOURS

PERIODS, PARTS, LONGEST = 6, 8, 4
Array = npt.NDArray[np.float64]
Rows = dict[int, dict[str, float]]


def plain_evidence(material: Material, settings: DetectionSettings) -> pd.DataFrame:
    """Return the core scores of a block's candidates, a row each, columns named as the product's scores.

    Args:
        material: of the block; only its window is read.
        settings: the product's.
    """
    window = material.window
    found: Rows = {i: {} for i in range(len(window.meters))}
    for area in range(len(window.block.area_ids)):
        at = np.flatnonzero(window.area == area)
        if len(at):
            balance, level = _balance(material, area, at, settings), _level(material, area, at)
            for rows in (balance, level, _voltage(material, area, at, settings)):
                for i, row in rows.items():
                    found[i] |= row
    residual_days = pd.DataFrame(np.nansum(window.residual_kwh, axis=2))
    known = np.isfinite(window.residual_kwh).mean(axis=2)
    residual_days = residual_days.where(known >= settings.number("handover.known_share")) / np.where(
        known > 0, known, 1
    )
    for i in found:
        daily = material.changes.adjusted_kwh[i]
        if window.area[i] >= 0:
            found[i] |= _handover(daily, residual_days.to_numpy()[window.area[i]], margin=7)
        found[i] |= _shape(window.kwh[i], material.changes.class_factor[i], settings)
    return pd.DataFrame.from_dict(found, orient="index")


def _balance(material: Material, area: int, at: npt.NDArray[np.int64], settings: DetectionSettings) -> Rows:
    window = material.window
    _, days, slots = window.kwh.shape
    moves = pd.DataFrame(window.kwh[at].reshape(len(at), -1).T).diff().iloc[1:].astype(float)
    sold = pd.Series(window.sold_kwh[area].ravel())
    moves["squared"] = (sold**2).diff().iloc[1:] / max(sold.mean(), 1e-9)
    moves["target"] = pd.Series(window.residual_kwh[area].ravel()).diff().iloc[1:]
    moves["period"] = moves.index * PERIODS // (days * slots)
    moves["slot"] = moves.index % slots
    moves = moves.dropna(subset=["squared", "target"])
    if len(moves) < settings.number("balance.rows_a_column") * (len(at) + 1):
        return {}
    by = moves[["period", "slot"]]
    values = moves.drop(columns=["period", "slot"])
    values = (values - values.groupby([by["period"], by["slot"]]).transform("mean")).fillna(0.0)
    x, y = values.drop(columns="target").to_numpy(), values["target"].to_numpy()
    size = np.abs(y - x @ np.linalg.lstsq(x, y, rcond=None)[0])
    kept = size <= np.quantile(size, 1.0 - settings.number("balance.trim_share"))
    x, y, by = x[kept], y[kept], by[kept]
    found = np.linalg.lstsq(x, y, rcond=None)[0]
    rest = y - x @ found
    bread = np.linalg.pinv(x.T @ x)
    scaled = x * rest[:, None]
    errors = np.sqrt(np.diag(bread @ (scaled.T @ scaled) @ bread))[:-1]
    sharp = errors <= np.median(errors)
    centre = max(float(np.median(found[:-1][sharp])), 0.0)
    scatter = 1.4826 * float(np.median(np.abs(found[:-1][sharp] - centre)))
    beyond = float(np.sqrt(max(scatter**2 - float(np.median(errors[sharp])) ** 2, 0.0)))
    spread = max(beyond, settings.number("balance.spread_floor"))
    cell = [by["period"].to_numpy(), by["slot"].to_numpy() * PARTS // slots]
    rows: Rows = {}
    for i in range(len(at)):
        row = {"balance_coefficient": found[i], "balance_error": errors[i]}
        row["balance_z"] = (found[i] - centre) / np.hypot(errors[i], spread)
        least = settings.number("balance.least_moves")
        rows[int(at[i])] = row | _search(x[:, i], rest, cell, found[i], centre, spread, least)
    return rows


def _search(
    x: Array, rest: Array, cell: list[npt.NDArray[np.int64]], own: float, centre: float, spread: float, least: float
) -> dict[str, float]:
    xx, xr = x * x, x * rest
    columns = pd.DataFrame({"xx": xx, "xr": xr, "meat": xr * xr, "cubes": xx * xr, "fourth": xx * xx})
    cells = columns.groupby(cell).sum()
    every = pd.MultiIndex.from_product([range(PERIODS), range(PARTS)])
    sums = cells.reindex(every, fill_value=0.0).to_numpy().reshape(PERIODS, PARTS, -1)
    best = {"balance_suffix_z": -np.inf, "balance_run_z": -np.inf}
    for start in range(PERIODS):
        since = sums[start:].sum(axis=0)
        for length in (1, 2, 3, 4, PARTS):
            for hour in range(PARTS if length < PARTS else 1):
                total = since[(hour + np.arange(length)) % PARTS].sum(axis=0)
                if total[0] <= 0.0 or total[0] ** 2 < least * total[4]:
                    continue
                delta = total[1] / total[0]
                error = np.sqrt(max(total[2] - 2 * delta * total[3] + delta**2 * total[4], 0.0)) / total[0]
                z = (own + delta - centre) / np.hypot(error, spread)
                best["balance_run_z"] = max(best["balance_run_z"], z)
                if length == PARTS:
                    best["balance_suffix_z"] = max(best["balance_suffix_z"], z)
    return best


def _level(material: Material, area: int, at: npt.NDArray[np.int64]) -> Rows:
    window = material.window
    hours = 60 // window.block.interval_minutes
    residual = window.residual_kwh[area].reshape(-1, hours).sum(axis=1)
    sold = window.sold_kwh[area].reshape(-1, hours).sum(axis=1)
    usable = np.isfinite(residual) & np.isfinite(sold)
    if usable.sum() < 4 * (len(at) + 2):
        return {}
    hourly = window.kwh[at].reshape(len(at), -1, hours).sum(axis=2, dtype=float)
    design = np.column_stack([np.nan_to_num(hourly[:, usable].T), sold[usable] ** 2, np.ones(usable.sum())])
    scale = np.sqrt((design**2).sum(axis=0)) + 1e-12
    found = nnls(design / scale, residual[usable], maxiter=30 * design.shape[1])[0] / scale
    return {int(i): {"balance_level": level} for i, level in zip(at, found[:-2], strict=True)}


def _handover(daily: Array, residual: Array, *, margin: int) -> dict[str, float]:
    known = np.isfinite(daily) & np.isfinite(residual)
    both = np.column_stack([daily, residual])[known]
    if len(both) < 2 * margin:
        return {}
    best, n = -np.inf, len(both)
    for k in range(margin, n - margin + 1):
        early, late = both[:k], both[k:]
        change = early.mean(axis=0) - late.mean(axis=0)
        within = (early.var(axis=0) * k + late.var(axis=0) * (n - k)).sum() / (n - 2)
        error = np.sqrt((within + (0.01 * both[:, 0].mean()) ** 2 + 1e-9) * (1 / k + 1 / (n - k)))
        best = max(best, min(change[0], -change[1]) / error)
    return {"handover_z": best}


def _voltage(material: Material, area: int, at: npt.NDArray[np.int64], settings: DetectionSettings) -> Rows:
    """Return t of the drop that follows the loss, of meters on phase A: the whole window, ends and beginnings."""
    window = material.window
    channels, role, hangs_on = window.block.channels, window.block.strings("role"), window.block.area_of[:, -1]
    own = np.flatnonzero((role == "supply") & (hangs_on == area))
    at = at[np.isfinite(channels["voltage_a_v"][window.meters[at], window.first :]).any(axis=(1, 2))]
    if not len(own) or not len(at):
        return {}
    head = pd.DataFrame({p: channels[f"voltage_{p}_v"][own[0], window.first :].ravel() for p in "abc"})
    volts = pd.DataFrame({i: channels["voltage_a_v"][window.meters[i], window.first :].ravel() for i in at})
    amperes = pd.DataFrame({i: channels["current_a_a"][window.meters[i], window.first :].ravel() for i in at})
    energy = pd.DataFrame({i: window.kwh[i].ravel() for i in at})
    single = window.candidate_strings("wiring")[at] == "1P"
    reckoned = energy * 1000.0 / (window.block.interval_minutes / 60.0) / volts
    amperes = amperes.fillna(reckoned.where(np.broadcast_to(single, reckoned.shape)))
    steps, moves = head.diff().fillna(0.0), volts.diff().fillna(0.0)
    phase = {i: max("abc", key=lambda p, i=i: moves[i] @ steps[p] / np.sqrt(steps[p] @ steps[p])) for i in at}
    found: Rows = {}
    for which in "abc":
        members = [i for i in at if phase[i] == which]
        if len(members) < 2:
            continue
        drop = volts[members].rsub(head[which], axis=0).astype(float)
        unexplained = window.residual_kwh[area].ravel() * 1000.0 / (window.block.interval_minutes / 60.0) / head[which]
        for i in members:
            others = drop.drop(columns=i).mean(axis=1)
            columns = {"one": 1.0, "own": amperes[i], "others": others, "rest": unexplained, "drop": drop[i]}
            rows = pd.DataFrame(columns).dropna()
            values, slot = rows.to_numpy(float), rows.index.to_numpy()
            cuts = [len(energy) * part // PERIODS for part in range(1, PERIODS)]
            parts = [part for cut in cuts for part in (values[slot < cut], values[slot >= cut])]
            whole, *_ = [_fit(part, settings) for part in (values, *parts)]
            found[i] = {"voltage_rest": whole}
    return found


def _fit(rows: Array, settings: DetectionSettings) -> float:
    if len(rows) < settings.number("voltage.least_slots"):
        return float("nan")
    x, y = rows[:, :4], rows[:, 4]
    found = np.linalg.lstsq(x, y, rcond=None)[0]
    variance = ((y - x @ found) ** 2).sum() / max(len(y) - 4, 1)
    return float(found[3] / np.sqrt(variance * np.linalg.pinv(x.T @ x)[3, 3]))


def _shape(kwh: npt.NDArray[np.float32], factor: Array, settings: DetectionSettings) -> dict[str, float]:
    days, slots = kwh.shape
    third = max(days // 3, 1)
    found = {
        f"shape_{name}{suffix}": value
        for suffix, part in (("_before", kwh[:third]), ("", kwh[-third:]))
        for name, value in _signs(part.astype(float), settings).items()
    }
    for suffix, part in (("", kwh), ("_late", kwh[days // 2 :])):
        found[f"shape_edge{suffix}_t"] = _edge(part.astype(float), int(settings.number("shape.least_days")))
    hours = pd.DataFrame(kwh.astype(float)).T.groupby(np.arange(slots) * 24 // slots).sum(min_count=slots // 24).T
    found["shape_hours_t"] = _hour_steps(hours.div(factor, axis=0).dropna().to_numpy())
    return found


def _signs(part: Array, settings: DetectionSettings) -> dict[str, float]:
    known = np.isfinite(part)
    if (known.mean(axis=1) >= 0.75).sum() < settings.number("shape.least_days"):
        return {}
    values = part[known]
    mean = values.mean()
    if mean <= 0.0:
        return {"zero": 1.0}
    zero = settings.number("shape.zero_share") * mean
    top = np.quantile(values, 0.99, method="lower")
    is_blank = (part < zero).sum(axis=0) >= 0.85 * known.sum(axis=0)
    outside = part[:, ~is_blank][known[:, ~is_blank]]
    centred = part - mean
    products = centred[:, 1:] * centred[:, :-1]
    return {
        "zero": float((values < zero).mean()),
        "cap": float((np.abs(values - top) <= 0.01 * top).mean()),
        "blank": float(is_blank.mean()),
        "base": float(np.quantile(outside, 0.1, method="lower") / mean) if len(outside) else float("nan"),
        "smoothness": float(np.nanmean(products) / np.nanmean(centred**2)),
    }


def _edge(kwh: Array, least: int) -> float:
    slots = kwh.shape[1]
    per_hour = slots // 24
    long = max(per_hour // 2, 1)
    after = sum(np.roll(kwh, -k, axis=1) for k in range(long))
    before = np.roll(after, long, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = pd.DataFrame(np.where(after + before > 0.0, (after - before) / (after + before), np.nan))
    n = x.notna().sum()
    sharp = (x.mean() / np.sqrt((x.var(ddof=0) + 1e-4) / n)).where(n >= least, 0.0).to_numpy()
    if not (n >= least).any():
        return float("nan")
    longest = range(4 * per_hour, 12 * per_hour + 1)
    return max(0.0, max(np.minimum(-sharp, np.roll(sharp, -hours)).max() for hours in longest))


def _hour_steps(hours: Array, margin: int = 7) -> float:
    n = len(hours)
    if n < 2 * margin:
        return float("nan")
    k = np.arange(margin, n - margin + 1)
    best = 0.0
    ring = np.concatenate([hours, hours], axis=1)
    for long in WINDOW_HOURS:
        for start in range(24):
            part = ring[:, start : start + long].sum(axis=1)
            s1 = part.cumsum()[k - 1]
            m1, m2 = s1 / k, (part.sum() - s1) / (n - k)
            within = np.maximum(((part**2).sum() - k * m1**2 - (n - k) * m2**2) / (n - 2), 0.0)
            t = (m1 - m2) / np.sqrt((within + (0.02 * m1) ** 2 + 1e-12) * (1 / k + 1 / (n - k)))
            best = max(best, float(t.max()))
    return best
