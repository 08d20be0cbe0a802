"""How well the causes of a loss are told apart: shares, intervals, top cause, technical part, on simulated companies.

    python -m benchmarks.explanation [--data DIR] [--areas 48] [--days 90] [--seeds 2 3]

Each company goes the whole way: company folder, import, a night. The truth (``area_causes``: what each area's loss
consists of, day by day) is opened only here, after the explanation. With ``--data`` (a folder with
``lcl_households_2013.parquet``) real homes hang on the simulated network. Chances, sizes and widths of
``line_loss/rules/thresholds.toml`` were set on seeds 401, 402 and 9101; nothing was set on the seeds measured here.
Intervals are 95 %, by resampling whole areas.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.measuring import publish
from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.business.line_loss.explanations import AreaExplanation, Cause
from lamplighter.business.line_loss.queries import read_explanations
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.nightly_run import read_rules, run_nightly
from lamplighter.simulation import SimulationSettings, simulate_company

NOW = dt.datetime(2025, 12, 1)
HOMES = "lcl_households_2013.parquet"
RESAMPLES = 500
TRUE_CAUSES = tuple(cause for cause in Cause if cause not in (Cause.MISSING, Cause.UNKNOWN))
NOTES = (
    "A share error is the kWh put under a wrong cause (half the sum of absolute differences), over the sum of the true "
    "causes' sizes, all areas together; the median area beside it, because a few areas with a large meter on the wrong "
    "transformer decide the sum.",
    "Top cause: areas of which one true cause is at least half of all. 'Besides technical': the same among the other "
    "causes, where the greatest is at least 0.5 % of supply.",
    "Technical error: median over areas of |ours / true − 1|, over the window; 'daily' is the figure of the night "
    "without the explanation.",
    "The aim for the share error, 10 %, is not reached. On the seeds the chances were set on, technical, missing and "
    "unmetered make a sixteenth of it; the rest is energy laid at the wrong one of four doors: a theft and a faulty "
    "meter move the residual alike, what no curve shows may be a thief or half a percent of the supply meter, and a "
    "thief whose curve is made up looks like a stranger to the area.",
    "The 90 % interval holds a little less often than promised; on the seeds the widths were set on, least for theft "
    "(74 %).",
    "The truth of missing readings is what is left of the measured loss when all other true causes are taken off.",
    "A meter whose true transformer lies in another bucket has no neighbour to be found in: such areas stay wrong.",
)


@dataclass(frozen=True, slots=True)
class Held:
    """One area's explanation beside the truth, kWh; arrays over :class:`Cause`."""

    supplied: float
    ours: np.ndarray
    low: np.ndarray
    high: np.ndarray
    true: np.ndarray
    daily_technical: float


def measure_world(*, seed: int, areas: int, days: int, profiles: Path | None) -> list[Held]:
    """Simulate, import, work the night, and hold every explanation against the truth."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        settings = SimulationSettings(
            seed=seed,
            areas=areas,
            days=days,
            difficulty=0.8,
            customers_per_area=(25, 72),
            profiles=profiles,
            start_on=dt.date(2025, 1, 1) if profiles is None else dt.date(2013, 1, 1),
        )
        simulate_company(folder=place / "company", truth=place / "truth", settings=settings)
        lake = Lake.open(place / "lake")
        import_company(folder=place / "company", lake=lake, now=NOW)
        return hold(lake=lake, truth=place / "truth", settings=place / "settings")


def hold(*, lake: Lake, truth: Path, settings: Path) -> list[Held]:
    """Work the night of an imported lake and hold its explanations against the truth."""
    run_nightly(lake=lake, engine=LocalEngine(processes=2), rules=read_rules(settings, on=NOW.date()), now=NOW)
    with lake.snapshot() as state:
        found = read_explanations(state)
        daily = state.read(AREA_LOSS_DAILY)
    causes = pq.read_table(truth / "area_causes.parquet")
    return [_beside(area, daily, causes) for area in sorted(found.areas, key=lambda one: one.area_id)]


def _beside(area: AreaExplanation, daily: pa.Table, causes: pa.Table) -> Held:
    own = daily.filter(pc.and_(pc.equal(daily["area_id"], area.area_id), daily["is_computable"]))
    own = own.sort_by("on_date").slice(max(own.num_rows - area.day_count, 0))
    days = own["on_date"]
    so = causes.filter(pc.and_(pc.equal(causes["area_id"], area.area_id), pc.is_in(causes["on_date"], days)))
    true = {cause: float(pc.sum(so[f"{cause}_kwh"]).as_py() or 0.0) for cause in TRUE_CAUSES}
    true |= {Cause.MISSING: area.loss_kwh - sum(true.values()), Cause.UNKNOWN: 0.0}
    return Held(
        supplied=area.supplied_kwh,
        ours=np.array([share.kwh for share in area.shares]),
        low=np.array([share.low_kwh for share in area.shares]),
        high=np.array([share.high_kwh for share in area.shares]),
        true=np.array([true[share.cause] for share in area.shares]),
        daily_technical=float(pc.sum(own["technical_kwh"]).as_py() or 0.0),
    )


_TECHNICAL = list(Cause).index(Cause.TECHNICAL)


def _share_errors(held: Sequence[Held]) -> tuple[np.ndarray, np.ndarray]:
    wrong = np.array([0.5 * np.abs(one.ours - one.true).sum() for one in held])
    return wrong, np.array([np.abs(one.true).sum() for one in held])


def _top(held: Sequence[Held], *, besides_technical: bool) -> float:
    """Return how often the greatest cause was told, over areas in which one cause dominates; NaN where none does."""
    hits = []
    for one in held:
        size, ours = np.abs(one.true), np.abs(one.ours)
        if besides_technical:
            size, ours = np.delete(size, _TECHNICAL), np.delete(ours, _TECHNICAL)
            if size.max() < 0.005 * one.supplied:
                continue
        if size.max() >= 0.5 * size.sum():
            hits.append(int(np.argmax(ours)) == int(np.argmax(size)))
    return float(np.mean(hits)) if hits else float("nan")


def _inside(held: Sequence[Held]) -> float:
    return float(
        np.mean([((one.low - 0.5 <= one.true) & (one.true <= one.high + 0.5))[: len(TRUE_CAUSES) + 1] for one in held])
    )


def _technical(held: Sequence[Held], *, daily: bool) -> float:
    ours = np.array([one.daily_technical if daily else one.ours[_TECHNICAL] for one in held])
    return float(np.median(np.abs(ours / np.array([one.true[_TECHNICAL] for one in held]) - 1.0)))


FIGURES: dict[str, Callable[[Sequence[Held]], float]] = {
    "top cause right": lambda held: _top(held, besides_technical=False),
    "besides technical": lambda held: _top(held, besides_technical=True),
    "share error": lambda held: float(_share_errors(held)[0].sum() / _share_errors(held)[1].sum()),
    "share error, median area": lambda held: float(np.median(np.divide(*_share_errors(held)))),
    "technical error": lambda held: _technical(held, daily=False),
    "technical error, daily": lambda held: _technical(held, daily=True),
    "truth in 90 % interval": _inside,
}


def with_interval(figure: Callable[[Sequence[Held]], float], held: Sequence[Held]) -> str:
    """Return a figure with its 95 % interval, whole areas drawn again with repetition."""
    rng = np.random.default_rng(1)
    again = [figure([held[k] for k in rng.integers(0, len(held), len(held))]) for _ in range(RESAMPLES)]
    low, high = np.nanquantile(again, [0.025, 0.975])
    return f"{figure(held):.3f} ({low:.3f} to {high:.3f})"


def row_of(name: str, held: Sequence[Held]) -> dict[str, Any]:
    """Return a row of the published table."""
    return {"world": name, "areas": len(held)} | {label: with_interval(f, held) for label, f in FIGURES.items()}


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--areas", type=int, default=48)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 3])
    asked = parser.parse_args()
    profiles = asked.data / HOMES if asked.data else None
    rows, every = [], list[Held]()
    for seed in asked.seeds:
        held = measure_world(seed=seed, areas=asked.areas, days=asked.days, profiles=profiles)
        rows.append(row_of(f"{'real homes' if profiles else 'simulated'}, seed {seed}", held))
        every += held
    rows.append(row_of("all", every))
    publish("explanation", rows=rows, notes=NOTES)


if __name__ == "__main__":
    main()
