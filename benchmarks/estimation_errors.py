"""How far each way of filling a gap is from the truth, measured by masking known values of real homes.

    python -m benchmarks.estimation_errors --data DIR      (or LAMPLIGHTER_REAL_DATA)

``DIR`` holds ``lcl_households_2013.parquet``: half-hourly readings of Low Carbon London homes (London Datastore, CC BY
4.0). In every home and every 24 days of the year after the first hundred one gap of each length is masked at a random
place where every value is known, in several rounds. The product's own ``work_days`` fills it under policies that allow
one way at a time; beside it pandas' ``interpolate`` and the same hour of the week before.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measuring import publish
from lamplighter.base.engine.block import AreaBlock, empty_block
from lamplighter.business.trusted_energy.policy import Policy, load_policy
from lamplighter.business.trusted_energy.rules import work_days

Curves = npt.NDArray[np.float32]

SLOTS, WARM_UP_DAYS, CELL_DAYS = 48, 100, 24
LENGTHS = {"30 min": 1, "1 h": 2, "2 h": 4, "4 h": 8, "12 h": 24, "1 day": 48, "3 days": 144, "7 days": 336}
FILE = "lcl_households_2013.parquet"
DIAL_KWH = 0.01
DRAWS = 2_000
NO_LINES = {"E-01.is_on": False}
EIGHT_DAYS = {"E-01.is_on": False, "E-02.days": 8}
ONLY_LINES = {"E-02.is_on": False, "E-04.is_on": False, "E-01.max_minutes": 8 * 24 * 60}
ONLY_CLASS = {"E-01.is_on": False, "E-02.is_on": False}


def read_homes(folder: Path) -> tuple[Curves, npt.NDArray[np.datetime64]]:
    """Return half-hourly kWh (homes, days, slots), NaN = missing, and the days."""
    table = pq.read_table(folder / FILE)
    homes = table.column("household_id").combine_chunks().dictionary_encode()
    minutes = table.column("started_at").cast(pa.timestamp("s")).cast(pa.int64()).to_numpy() // 60
    days = np.arange(np.datetime64("2013-01-01"), np.datetime64("2014-01-01"))
    slot = minutes // 30 - int(days[0].astype("datetime64[m]").astype(np.int64)) // 30
    curves = np.full((len(homes.dictionary), len(days) * SLOTS), np.nan, np.float32)
    inside = (slot >= 0) & (slot < curves.shape[1])
    curves[homes.indices.to_numpy()[inside], slot[inside]] = table.column("energy_kwh").to_numpy()[inside]
    return curves.reshape(len(curves), len(days), SLOTS), days


def draw_gaps(curves: Curves, *, length: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return which slots to mask: at most one gap of ``length`` in each home and each cell of days."""
    rng = np.random.default_rng(seed)
    flat = curves.reshape(len(curves), -1)
    mask = np.zeros(flat.shape, bool)
    for home in range(len(flat)):
        for first_day in range(WARM_UP_DAYS, curves.shape[1] - CELL_DAYS, CELL_DAYS):
            # A day is kept free on either side, so that two gaps never meet.
            begin = (first_day + 1) * SLOTS + int(rng.integers(0, (CELL_DAYS - 2) * SLOTS - length))
            around = slice(begin - 1, begin + length + 1)
            if not np.isnan(flat[home, around]).any() and flat[home, begin : begin + length].sum() > 0:
                mask[home, begin : begin + length] = True
    return mask.reshape(curves.shape)


def draw_block(curves: Curves, days: npt.NDArray[np.datetime64], *, dials: bool, true: Curves) -> AreaBlock:
    """Return the masked homes as one area; with ``dials`` each day's true energy stands on a dial of two decimals."""
    block = empty_block(meters=len(curves), days=len(days), slots=SLOTS, first_day=str(days[0]))
    readings = np.full((len(curves), len(days) + 1), np.nan)
    if dials:
        totals = np.cumsum(np.nansum(true, axis=2, dtype=np.float64), axis=1)
        readings = np.round(np.concatenate([np.zeros((len(curves), 1)), totals], axis=1) / DIAL_KWH) * DIAL_KWH
        # A day with holes of its own has no true total: its dial readings say nothing.
        holes = np.isnan(true).any(axis=2)
        readings[:, 1:][holes] = np.nan
    months = days.astype("datetime64[M]")
    names = np.unique(months)
    bills = np.stack([np.nansum(true[:, months == month], axis=(1, 2), dtype=np.float64) for month in names], axis=1)
    billed = pa.table(
        {
            "account_id": np.repeat(block.strings("account_id"), len(names)).tolist(),
            "month": pa.array(np.tile(names.astype("datetime64[D]"), len(curves))),
            "energy_kwh": bills.ravel(),
        }
    )
    return replace(
        block,
        channels={"energy_kwh": curves},
        channel_present={"energy_kwh": np.isfinite(curves).any(axis=2)},
        registers={"total_kwh": readings},
        tables={"core_billed_month": billed},
    )


def by_policy(policy: Policy, *, dials: bool = False) -> Callable[[Curves, Curves, npt.NDArray[np.datetime64]], Curves]:
    """Return a filler that is the product under a policy."""

    def fill(masked: Curves, true: Curves, days: npt.NDArray[np.datetime64]) -> Curves:
        block = draw_block(masked, days, dials=dials, true=true)
        return work_days(block=block, policy=policy).metered_kwh

    return fill


def by_pandas(masked: Curves, true: Curves, days: npt.NDArray[np.datetime64]) -> Curves:
    """Fill by pandas' interpolate, which also sees what comes after the gap."""
    frame = pd.DataFrame(masked.reshape(len(masked), -1).T)
    return frame.interpolate(limit_area="inside").to_numpy(np.float32).T.reshape(masked.shape)


def by_last_week(masked: Curves, true: Curves, days: npt.NDArray[np.datetime64]) -> Curves:
    """Fill by the same half hour seven days before."""
    flat = masked.reshape(len(masked), -1)
    week = np.full_like(flat, np.nan)
    week[:, 7 * SLOTS :] = flat[:, : -7 * SLOTS]
    return np.where(np.isnan(flat), week, flat).reshape(masked.shape)


def ways(policy: Policy) -> dict[str, Callable[[Curves, Curves, npt.NDArray[np.datetime64]], Curves]]:
    """Return every way by its name in the table."""
    return {
        "product, no dial": by_policy(policy),
        "product, with dial (E-03)": by_policy(policy, dials=True),
        "line only (E-01)": by_policy(policy.changed(ONLY_LINES)),
        "like days only (E-02)": by_policy(policy.changed(NO_LINES)),
        "eight like days instead of three": by_policy(policy.changed(EIGHT_DAYS)),
        "class profile only (E-04)": by_policy(policy.changed(ONLY_CLASS)),
        "pandas interpolate": by_pandas,
        "same hour last week": by_last_week,
    }


def home_sums(
    true: Curves, filled: Curves, mask: npt.NDArray[np.bool_], *, length: int
) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
    """Yield for each home true kWh, absolute and signed slot errors, absolute gap errors, slots filled and masked."""
    for home in range(len(true)):
        hit = mask[home].ravel()
        if not hit.any():
            continue
        truth, found = (each[home].ravel()[hit].astype(np.float64) for each in (true, filled))
        known = ~np.isnan(found)
        error = np.where(known, found - truth, 0.0)
        # Gaps stand one after the other, each of the same length.
        gaps = error.reshape(-1, length).sum(axis=1)
        yield (
            home,
            np.array(
                [truth[known].sum(), np.abs(error).sum(), error.sum(), np.abs(gaps).sum(), known.sum(), hit.sum()]
            ),
        )


def interval(sums: npt.NDArray[np.float64], column: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % interval of an error per true kWh, homes drawn with replacement."""
    drawn = rng.integers(0, len(sums), (DRAWS, len(sums)))
    ratio = sums[drawn, column].sum(axis=1) / sums[drawn, 0].sum(axis=1)
    low, high = np.quantile(ratio, [0.025, 0.975])
    return float(low), float(high)


def measure_errors(folder: Path, *, rounds: int) -> list[dict[str, object]]:
    """Return one row for each gap length and way."""
    true, days = read_homes(folder)
    policy = load_policy(on=dt.date(2025, 6, 1)).changed({"E-02.calendar": "none"})
    rng = np.random.default_rng(20)
    rows: list[dict[str, object]] = []
    for name, length in LENGTHS.items():
        sums = {way: np.zeros((len(true), 6)) for way in ways(policy)}
        for number in range(rounds):
            mask = draw_gaps(true, length=length, seed=1_000 * length + number)
            masked = np.where(mask, np.float32(np.nan), true)
            for way, fill in ways(policy).items():
                for home, found in home_sums(true, fill(masked, true, days), mask, length=length):
                    sums[way][home] += found
        for way, found in sums.items():
            found = found[found[:, 5] > 0]
            if not found[:, 4].sum():
                continue
            low, high = interval(found, 1, rng)
            bias_low, bias_high = interval(found, 2, rng)
            total = found.sum(axis=0)
            rows.append(
                {
                    "gap": name,
                    "way": way,
                    "nMAE": f"{total[1] / total[0]:.1%} ({low:.1%} to {high:.1%})",
                    "bias": f"{total[2] / total[0]:+.1%} ({bias_low:+.1%} to {bias_high:+.1%})",
                    "energy of the gap, nMAE": f"{total[3] / total[0]:.1%}",
                    "filled": f"{total[4] / total[5]:.0%}",
                    "gaps": int(total[5] / length),
                }
            )
            print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure and publish."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--data", type=Path, default=os.environ.get("LAMPLIGHTER_REAL_DATA"))
    options.add_argument("--rounds", type=int, default=6)
    given = options.parse_args()
    if given.data is None:
        options.error("say where lcl_households_2013.parquet is: --data DIR")
    publish(
        "estimation_errors",
        rows=measure_errors(given.data, rounds=given.rounds),
        notes=[
            "60 real homes, half-hourly, 2013 (Low Carbon London, London Datastore, CC BY 4.0); known values masked "
            f"from day {WARM_UP_DAYS} on, one gap in every {CELL_DAYS} days and home, {given.rounds} rounds.",
            "nMAE: sum of absolute slot errors / true kWh of the slots filled. Bias: the same with signs. 95 % "
            f"intervals by {DRAWS:,} bootstrap draws of homes.",
            "The product fills a day from that day and the days before it; pandas also sees the days after the gap.",
            f"Dial: the true daily totals rounded to {DIAL_KWH} kWh. Plain weeks: the homes are in London.",
            "Each way is counted on the slots it fills; `filled` says how many those are.",
        ],
    )


if __name__ == "__main__":
    main()
