"""Who is visited, what is found, what is learned: the loop of :mod:`benchmarks.loop` replayed month by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pyarrow as pa

from benchmarks.loop.company import Array, Company, Month
from lamplighter.business.detection.exploration import choose_visits
from lamplighter.business.detection.learning.model import TheftModel
from lamplighter.business.detection.learning.training import Examples, train_model
from lamplighter.business.detection.ranking import judge, most_suspect, prices_of
from lamplighter.business.detection.records import DAYS_A_MONTH
from lamplighter.business.detection.settings import DetectionSettings, default_settings
from lamplighter.business.detection.value import value_visits
from lamplighter.journeys.model_training.company import GROWTH, LEAST_OUTCOMES, LEAST_THEFTS, MOST_WEIGHT


class Order(StrEnum):
    """What puts an account on top."""

    VALUE = "value"
    PROBABILITY = "probability"
    DROP = "drop"
    NONE = "none"


class Outcome(StrEnum):
    """What a visit came to; what else the company's own words are is clean here."""

    THEFT = "theft"
    METERING_FAULT = "metering_fault"
    CLEAN = "clean"
    NO_ACCESS = "no_access"


@dataclass(frozen=True, slots=True)
class Policy:
    """A way of choosing visits.

    Attributes:
        name: in words.
        order: what puts an account on top.
        random_share: share of the visits drawn at random.
        learns: whether the model is trained anew on the outcomes so far.
    """

    name: str
    order: Order
    random_share: float
    learns: bool


POLICIES = (
    Policy("random", Order.NONE, 1.0, False),
    Policy("drop rule", Order.DROP, 0.0, False),
    Policy("greedy, never learning", Order.VALUE, 0.0, False),
    Policy("greedy", Order.VALUE, 0.0, True),
    Policy("greedy, 10 % random", Order.VALUE, 0.1, True),
    Policy("greedy by probability", Order.PROBABILITY, 0.0, True),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every policy.

    Attributes:
        yearly_share: visits of twelve months as a share of the accounts; those without access are visits too.
        no_access: share of the visits that find nobody: no result, the account is not spared and may be tried again.
        months_between: months from one training to the next.
        days_back: most days of stolen energy that are billed after a theft is found.
        days_ahead: days after it for which energy no longer stolen is counted.
        settings: ``visits.*`` and what a list is made with.
    """

    yearly_share: float = 0.10
    no_access: float = 0.15
    months_between: int = 1
    days_back: int = 183
    days_ahead: int = 183
    settings: DetectionSettings = field(default_factory=default_settings)


@dataclass(frozen=True, slots=True)
class Replay:
    """What two years of visits came to. V visits, M months.

    Attributes:
        month: number of the list each visit was chosen from, shape (V,).
        account: row of the account in the company, shape (V,).
        is_random: drawn, shape (V,).
        propensity: chance to be chosen, shape (V,).
        outcome: `Outcome`, shape (V,).
        listed_count: accounts the visit was chosen among, shape (V,).
        thieves_listed: share of thieves among the accounts that could be chosen, shape (M,).
        thieves_live: share of thieves not yet found among all accounts, shape (M,).
        first_learned: number of the first list made by a model of the company's own; -1 = none was.
    """

    month: Array
    account: Array
    is_random: Array
    propensity: Array
    outcome: Array
    listed_count: Array
    thieves_listed: Array
    thieves_live: Array
    first_learned: int

    @property
    def has_result(self) -> Array:
        """The visit found out something."""
        return self.outcome != Outcome.NO_ACCESS

    @property
    def is_theft(self) -> Array:
        """The visit found a theft."""
        return self.outcome == Outcome.THEFT


def visits_of_month(number: int, *, accounts: int, yearly_share: float) -> int:
    """Return the visits of a month such that twelve of them add up to the year's.

    Example:
        >>> [visits_of_month(month, accounts=450, yearly_share=0.1) for month in range(4)]
        [3, 4, 4, 4]
        >>> sum(visits_of_month(month, accounts=450, yearly_share=0.1) for month in range(12))
        45
    """
    until = [int(count * accounts * yearly_share / 12.0 + 1e-9) for count in (number, number + 1)]
    return until[1] - until[0]


def find_out(company: Company, *, account: int, day: int, is_open: bool) -> Outcome:
    """Return what a visit on the day after the list finds: theft that runs, else a faulty meter, else nothing."""
    if not is_open:
        return Outcome.NO_ACCESS
    if company.steals[account, day]:
        return Outcome.THEFT
    return Outcome.METERING_FAULT if company.is_faulty[account, day] else Outcome.CLEAN


@dataclass(slots=True)
class _State:
    """What the company knows so far: who was found, who is spared until when, what was learned from."""

    ended: set[int] = field(default_factory=set)
    spared_until: dict[int, int] = field(default_factory=dict)
    learned: list[tuple[int, int, bool, float]] = field(default_factory=list)

    def note(self, *, number: int, row: int, account: int, outcome: Outcome, until: int, weight: float) -> None:
        if outcome is Outcome.NO_ACCESS:
            return
        self.learned.append((number, row, outcome is Outcome.THEFT, weight))
        self.spared_until[account] = until
        if outcome in (Outcome.THEFT, Outcome.METERING_FAULT):
            self.ended.add(account)

    def closed(self, day: int) -> set[int]:
        """Return who is not to be visited: ended for good, or seen lately."""
        return self.ended | {account for account, until in self.spared_until.items() if until > day}


@dataclass(frozen=True, slots=True)
class Ranked:
    """One list: ``listed`` as `choose_visits` wants it, and the row of each account's meter in the month."""

    listed: pa.Table
    row_of: Mapping[str, int]


class Lists:
    """Makes lists; those of the base model are the same in every replay and kept."""

    def __init__(self, company: Company, *, base: TheftModel, settings: DetectionSettings) -> None:
        self.company, self.base, self.settings = company, base, settings
        self._kept: dict[tuple[int, Order], Ranked] = {}

    def make(self, number: int, *, order: Order, model: TheftModel) -> Ranked:
        """Return the list of a month in an order, probabilities by a model."""
        if model is not self.base:
            return rank_month(
                self.company, self.company.months[number], order=order, model=model, settings=self.settings
            )
        if (number, order) not in self._kept:
            month = self.company.months[number]
            self._kept[number, order] = rank_month(
                self.company, month, order=order, model=model, settings=self.settings
            )
        return self._kept[number, order]


def rank_month(
    company: Company, month: Month, *, order: Order, model: TheftModel, settings: DetectionSettings
) -> Ranked:
    """Return the list of a month: one row an account, by its most suspect meter."""
    probability, kwh = judge(model=model, features=month.features, scale_kwh=month.scale_kwh, settings=settings)
    accounts = company.accounts[month.account]
    rows = most_suspect(accounts=accounts, meter_ids=month.meter_ids, probability=probability)
    probability, owner = probability[rows], month.account[rows]
    if order is Order.VALUE:
        areas, area = np.unique(month.areas[rows].astype(str), return_inverse=True)
        upper = np.array([month.area_high_kwh[rows][area == at][0] for at in range(len(areas))]) * DAYS_A_MONTH
        _, score = value_visits(
            probability=probability,
            kwh=kwh[rows],
            area=np.where(areas[area] == "", -1, area),
            upper_kwh=upper,
            price=prices_of(company.classes[owner], company=None, settings=settings),
            settings=settings,
        )
    elif order is Order.DROP:
        score = month.drop[owner]
    else:
        score = probability if order is Order.PROBABILITY else np.zeros(len(rows))
    if order in (Order.DROP, Order.NONE):
        # Who has no model draws everybody alike.
        probability = np.full(len(rows), float(probability.mean()))
    names = accounts[rows]
    place = np.empty(len(rows), np.int32)
    place[np.lexsort((names.astype(str), -probability, -score))] = np.arange(1, len(rows) + 1)
    return Ranked(
        listed=pa.table(
            {
                "rank": pa.array(place),
                "account_id": pa.array(names, pa.string()),
                "meter_id": pa.array(month.meter_ids[rows], pa.string()),
                "area_id": pa.array(month.areas[rows], pa.string()),
                "as_of_on": pa.array([month.as_of] * len(rows), pa.date32()),
                "theft_probability": pa.array(probability, pa.float64()),
            }
        ),
        row_of=dict(zip(names.tolist(), rows.tolist(), strict=True)),
    )


def learn(company: Company, learned: list[tuple[int, int, bool, float]], *, base: TheftModel) -> TheftModel | None:
    """Return the base model gone on with what visits found; None while there are too few results.

    Args:
        company: the company.
        learned: number of the month, row of the meter in it, whether it was theft, weight.
        base: the model to go on from.
    """
    if len(learned) < LEAST_OUTCOMES or sum(is_theft for _, _, is_theft, _ in learned) < LEAST_THEFTS:
        return None
    features = np.stack([company.months[number].features[row] for number, row, _, _ in learned])
    examples = Examples(
        features=features,
        is_theft=np.array([is_theft for _, _, is_theft, _ in learned], bool),
        stolen_share=np.full(len(learned), np.nan),
        area=np.array([company.months[number].areas[row] for number, row, _, _ in learned], dtype=object),
        household=np.array([str(company.months[number].account[row]) for number, row, _, _ in learned], dtype=object),
        weight=np.array([weight for _, _, _, weight in learned]),
        start=base.log_odds(features),
        names=company.names,
    )
    return train_model(examples, version="company, replayed", card={}, growth=GROWTH, base=base, is_measured=False)


def replay(company: Company, policy: Policy, *, base: TheftModel, terms: Terms, seed: int, lists: Lists) -> Replay:
    """Return what the visits of all months come to under a policy.

    Args:
        company: the company.
        policy: how visits are chosen.
        base: the model at the start.
        terms: budget, access, sparing.
        seed: of the draws; who is at home in which month is the same for every policy of one seed.
        lists: makes the lists.
    """
    state, model = _State(), base
    place = {account: row for row, account in enumerate(company.accounts)}
    at_home = np.random.default_rng(seed).uniform(size=(len(place), len(company.months))) >= terms.no_access
    rows: list[tuple[int, int, bool, float, Outcome, int]] = []
    truth: list[tuple[float, float]] = []
    first_learned = -1
    for number, month in enumerate(company.months):
        if policy.learns and number % terms.months_between == 0:
            found = learn(company, state.learned, base=base)
            model = found or base
            first_learned = number if found is not None and first_learned < 0 else first_learned
        ranked = lists.make(number, order=policy.order, model=model)
        closed = state.closed(month.day)
        truth.append(_true_rates(company, month, closed=closed, ended=state.ended))
        visits = visits_of_month(number, accounts=ranked.listed.num_rows, yearly_share=terms.yearly_share)
        if visits == 0:
            continue
        chosen = choose_visits(
            listed=ranked.listed,
            visits=visits,
            random_share=policy.random_share,
            least_chance=terms.settings.number("visits.least_chance"),
            seed=1000 * seed + number,
            spare=[company.accounts[account] for account in closed],
        )
        for slot in chosen.to_pylist():
            account = place[slot["account_id"]]
            outcome = find_out(company, account=account, day=month.day, is_open=bool(at_home[account, number]))
            chance = slot["propensity"]
            state.note(
                number=number,
                row=ranked.row_of[slot["account_id"]],
                account=account,
                outcome=outcome,
                until=month.day + 1 + int(terms.settings.number("visits.spare_days")),
                weight=min(1.0 / chance, MOST_WEIGHT) if slot["is_random"] and policy.learns else 1.0,
            )
            rows.append((number, account, slot["is_random"], chance, outcome, slot["listed_count"]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    return Replay(
        month=np.array(columns[0], np.int64),
        account=np.array(columns[1], np.int64),
        is_random=np.array(columns[2], bool),
        propensity=np.array(columns[3], np.float64),
        outcome=np.array(columns[4], dtype=object),
        listed_count=np.array(columns[5], np.int64),
        thieves_listed=np.array([one for one, _ in truth]),
        thieves_live=np.array([one for _, one in truth]),
        first_learned=first_learned,
    )


def _true_rates(company: Company, month: Month, *, closed: set[int], ended: set[int]) -> tuple[float, float]:
    """Return the share of thieves among the accounts that can be chosen, and among all; who was found is none."""
    live = np.unique(month.account)
    steals = company.steals[live, month.day] & ~np.isin(live, sorted(ended))
    is_open = ~np.isin(live, sorted(closed))
    return float(steals[is_open].mean()) if is_open.any() else 0.0, float(steals.mean())
