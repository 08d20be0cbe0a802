"""Measure the loop and publish it: see :mod:`benchmarks.loop`."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import benchmarks.loop
from benchmarks.loop.company import DAYS, DIFFICULTY, THEFT_RATE, Company, make_company
from benchmarks.loop.figures import Results, bias_of, spread_of
from benchmarks.loop.policies import POLICIES, Terms
from benchmarks.loop.running import GREEDY_REPLAYS, replay_all
from benchmarks.measuring import publish
from lamplighter.business.detection.learning.model import TheftModel, read_base_model

COLUMNS = {
    "hits %": "hit_rate",
    "first 6 months %": "hit_rate_first",
    "last 12 months %": "hit_rate_last",
    "theft or faulty meter %": "paid_rate",
    "thefts found %": "found_share",
    "kWh billed %": "billed_share",
    "kWh saved %": "saved_share",
}


def table_of(worlds: Sequence[Results]) -> list[dict[str, Any]]:
    """Return a row a policy."""
    rows = []
    for policy in POLICIES:
        row: dict[str, Any] = {"policy": policy.name}
        row |= {column: spread_of(worlds, policy.name, figure) for column, figure in COLUMNS.items()}
        bias = bias_of(worlds, policy.name)
        row["bias of the rate, points"] = (
            "" if bias is None else f"{bias.points:+.2f} ({bias.low:+.2f} to {bias.high:+.2f})"
        )
        row["95 % interval holds %"] = "" if bias is None else f"{100 * bias.coverage:.0f}"
        row["bias of the hit rate, points"] = "" if bias is None else f"{bias.naive_points:+.1f}"
        rows.append(row)
    return rows


def notes_of(companies: Sequence[Company], worlds: Sequence[Results], *, terms: Terms, replays: int) -> list[str]:
    """Return what the table does not say: sizes, each company by itself, what exploration costs."""
    notes = []
    for company, found in zip(companies, worlds, strict=True):
        days = [month.day for month in company.months]
        at_once = [float(company.steals[np.unique(m.account), m.day].mean()) for m in company.months]
        notes.append(
            f"Seed {company.seed}: {len(company.accounts)} accounts, {int(company.steals[:, days].any(axis=1).sum())} "
            f"thieves at the end of some month, {100 * at_once[0]:.1f} % stealing at the end of the first month and "
            f"{100 * at_once[-1]:.1f} % of the last had nobody been visited; hits: "
            + ", ".join(
                f"{policy.name} {100 * np.mean([one.hit_rate for one in found[policy.name]]):.1f} %"
                for policy in POLICIES
            )
            + "."
        )
    cost = _cost(worlds, "greedy", "greedy, 10 % random")
    notes.append(f"What the random tenth costs, with it less without, the same days at home: {cost}.")
    for policy in POLICIES:
        bias = bias_of(worlds, policy.name)
        if bias is not None:
            rates = [f"{100 * np.mean([o.true_rate for o in found[policy.name]]):.2f} %" for found in worlds]
            notes.append(
                f"{policy.name}: true rate among those who could be chosen {' and '.join(rates)}; the estimate of one "
                f"company's two years scatters by {bias.scatter:.2f} points (standard deviation); against the rate of "
                f"all accounts, spared ones too, it is off by {bias.live_points:+.2f} points on average. Where so few "
                "steal, two points are a wide bar: the interval beside the true rate says more."
            )
    first = [one.first_learned for found in worlds for one in found["greedy"] if one.first_learned >= 0]
    every = sum(len(found["greedy"]) for found in worlds)
    when = f"list {int(np.median(first)) + 1} in the middle of them" if first else "none"
    notes.append(
        f"Trained anew every {terms.months_between} month(s). A model of the company's own (from 100 results and 20 "
        f"thefts on) was had under greedy by {len(first)} of {every} replays; its first list: {when}."
    )
    notes.append(
        f"Budget: {100 * terms.yearly_share:.0f} % of the accounts in twelve months, visits without access included; "
        f"{100 * terms.no_access:.0f} % of visits find nobody, are no result and may be tried again. Who had a result "
        f"is spared {terms.settings.number('visits.spare_days'):.0f} days. {replays} replays a company for what draws "
        f"at random, {min(replays, GREEDY_REPLAYS)} for the rest."
    )
    return notes


def _cost(worlds: Sequence[Results], greedy: str, drawn: str) -> str:
    told = []
    for figure, word in (("hit_rate", "hits"), ("billed_share", "kWh billed"), ("saved_share", "kWh saved")):
        differences = [
            np.array(
                [getattr(b, figure) - getattr(a, figure) for a, b in zip(found[greedy], found[drawn], strict=False)]
            )
            for found in worlds
        ]
        middle = 100 * float(np.mean([one.mean() for one in differences]))
        width = 196 * float(np.sqrt(sum(one.var(ddof=1) / len(one) for one in differences))) / len(differences)
        told.append(f"{word} {middle:+.1f} points ({middle - width:+.1f} to {middle + width:+.1f})")
    return ", ".join(told)


COMMON_NOTES = (
    "Hits are thefts among visits with a result. In brackets the range that holds 95 % of all replays of both "
    "companies: it shows luck at the door and in the draw, not what another company would give; two companies are few.",
    "kWh billed: stolen in the 183 days before the visit that found it. kWh saved: what would have been stolen in the "
    "183 days after, inside the two years. Both as a share of all kWh stolen by accounts in the two years had nobody "
    "been visited.",
    "Bias: estimated share of thieves less the true one among the accounts that could be chosen, mean over the lists; "
    "interval from the scatter of replays. The hit rate is the naive estimate of the same.",
    "Friendly: a visit to a running theft always finds it; thieves do not react, come back or learn; look-alikes that "
    "pass (a vacancy, an exchanged meter) come once in two years instead of once in ninety days; the base model "
    "learned from companies of the same simulator.",
    "Unfriendly or left out: who was found stays in the curves as if he still stole, so his area's loss is not mended "
    "and his neighbours' evidence not cleared; he and faulty meters found are taken off later lists instead. The "
    "evidence knows nothing of the visits replayed. Hook-ups without an account cannot be visited and do not count.",
    "The first two lists look back on 31 and 60 days only. Faulty meters and false archives are no hits, though a "
    "visit pays there too. No price of a visit, no drive: this is the order of the list, not the crew's plan.",
    "Do not read the hit rates as what a real company will see: they hold for this simulator. What carries over is the "
    "order of the policies, what the random tenth costs, and whether the estimated rate comes out right.",
)


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=benchmarks.loop.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--areas", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[711, 712])
    parser.add_argument("--replays", type=int, default=40)
    parser.add_argument("--budget", type=float, default=0.10)
    parser.add_argument("--months-between", type=int, default=1, help="months from one training to the next")
    parser.add_argument("--base", type=Path, default=None, help="another base model than the package's")
    parser.add_argument("--name", default="loop")
    chosen = parser.parse_args()
    base = TheftModel.from_text(chosen.base.read_text(encoding="utf-8")) if chosen.base else read_base_model()
    terms = Terms(yearly_share=chosen.budget, months_between=chosen.months_between)
    begin = time.perf_counter()
    companies, worlds = [], []
    with tempfile.TemporaryDirectory() as spare:
        for seed in chosen.seeds:
            home = (chosen.keep or Path(spare)) / f"loop-{seed}"
            home.mkdir(parents=True, exist_ok=True)
            companies.append(make_company(home, seed=seed, areas=chosen.areas).with_columns(base.names))
            worlds.append(replay_all(companies[-1], base=base, terms=terms, replays=chosen.replays, home=home))
            print(f"seed {seed}: {time.perf_counter() - begin:.0f} s", flush=True)
    what = (
        f"{len(companies)} companies of {chosen.areas} areas, {DAYS} days of 30 minutes, difficulty {DIFFICULTY}, "
        f"{100 * THEFT_RATE:.0f} % steal at some time; base model {base.version}."
    )
    notes = notes_of(companies, worlds, terms=terms, replays=chosen.replays)
    publish(chosen.name, rows=table_of(worlds), notes=[what, *notes, *COMMON_NOTES])


if __name__ == "__main__":
    main()
