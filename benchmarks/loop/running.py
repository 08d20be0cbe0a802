"""The replays of a company shared out over processes; a started worker finds here, by name, what it has to run."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

from benchmarks.loop.company import Company
from benchmarks.loop.figures import Figures, Results, figures_of
from benchmarks.loop.policies import POLICIES, Lists, Policy, Terms, replay
from lamplighter.base.engine import LocalEngine
from lamplighter.business.detection.learning.model import TheftModel

GREEDY_REPLAYS = 5
"""Replays of a policy that draws nothing: only who is at home differs between them."""


@dataclass(frozen=True, slots=True)
class _ReplayTask:
    """Replays a policy with one seed; runs in any process that reaches the files."""

    company: Path
    base: Path
    terms: Terms

    def __call__(self, item: tuple[Policy, int]) -> tuple[str, int, Figures]:
        policy, seed = item
        company, base, lists = _load(self)
        found = replay(company, policy, base=base, terms=self.terms, seed=seed, lists=lists)
        return policy.name, seed, figures_of(found, company, self.terms)


_loaded: dict[Path, tuple[Company, TheftModel, Lists]] = {}
"""What this process replays on: read once, not once a replay."""


def _load(task: _ReplayTask) -> tuple[Company, TheftModel, Lists]:
    if task.company not in _loaded:
        _loaded.clear()
        company = pickle.loads(task.company.read_bytes())
        base = TheftModel.from_text(task.base.read_text(encoding="utf-8"))
        _loaded[task.company] = company, base, Lists(company, base=base, settings=task.terms.settings)
    return _loaded[task.company]


def replay_all(company: Company, *, base: TheftModel, terms: Terms, replays: int, home: Path) -> Results:
    """Return policy -> the figures of each of its replays, in order of seed."""
    (home / "company.pickle").write_bytes(pickle.dumps(company))
    (home / "base.json").write_text(base.to_text(), encoding="utf-8")
    task = _ReplayTask(company=home / "company.pickle", base=home / "base.json", terms=terms)
    items = [
        (policy, seed)
        for policy in POLICIES
        for seed in range(1, (replays if policy.random_share > 0.0 else min(replays, GREEDY_REPLAYS)) + 1)
    ]
    found: dict[str, list[tuple[int, Figures]]] = {policy.name: [] for policy in POLICIES}
    for name, seed, figures in LocalEngine().map(task, items):
        found[name].append((seed, figures))
    return {name: [one for _, one in sorted(each, key=lambda pair: pair[0])] for name, each in found.items()}
