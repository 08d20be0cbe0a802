"""The loop on companies small enough to follow by hand."""

import datetime as dt

import numpy as np
import pytest
from benchmarks.loop.company import Company, Month
from benchmarks.loop.figures import bias_of, estimate_rate, figures_of
from benchmarks.loop.policies import Lists, Order, Outcome, Policy, Terms, learn, rank_month, replay

from lamplighter.business.detection.learning.model import TheftModel
from lamplighter.business.detection.records import Depth
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.true_rate import TrueRate
from lamplighter.methods.learning.boosting import Boosted, Growth, grow
from lamplighter.methods.learning.calibration import BetaCalibration

ENDS = ((dt.date(2024, 1, 31), 30), (dt.date(2024, 2, 29), 59))
DAYS = 70
EACH_MONTH_ONE_OF_THREE = Terms(yearly_share=4.0, no_access=0.0)
DROP = Policy("drop rule", Order.DROP, 0.0, False)
RANDOM = Policy("random", Order.NONE, 1.0, False)


@pytest.fixture(scope="module")
def base():
    """A model that knows one thing: a greater balance score is more suspect."""
    score = np.linspace(0.0, 10.0, 400)
    return TheftModel(
        version="test",
        names=("balance_z",),
        fusion=grow(
            features=score[:, None],
            target=(score > 5.0).astype(float),
            directions=[1],
            growth=Growth(rounds=20, leaves=4, feature_share=1.0),
        ),
        energy=Boosted(()),
        calibrations={Depth.MONTHLY: BetaCalibration(a=1.0, b=1.0, c=0.0)},
        learned_rate=0.5,
    )


def make_company(*, steals_from, drop, scores=None, scale_kwh=None, faulty=()):
    """A company of one meter an account; ``steals_from`` is the first day of each, None for the honest, at 1 kWh."""
    count = len(steals_from)
    steals = np.zeros((count, DAYS), bool)
    for row, day in enumerate(steals_from):
        steals[row, DAYS if day is None else day :] = True
    is_faulty = np.zeros((count, DAYS), bool)
    is_faulty[list(faulty)] = True
    months = tuple(
        Month(
            as_of=as_of,
            day=day,
            account=np.arange(count),
            features=np.array(scores if scores is not None else np.zeros(count), float)[:, None],
            meter_ids=np.array([f"M{k:03d}" for k in range(count)], dtype=object),
            areas=np.array([f"T{k % 20}" for k in range(count)], dtype=object),
            scale_kwh=np.array(scale_kwh if scale_kwh is not None else np.full(count, 10.0), float),
            area_high_kwh=np.full(count, 1000.0),
            drop=np.array(drop, float),
        )
        for as_of, day in ENDS
    )
    return Company(
        seed=1,
        names=("balance_z",),
        accounts=np.array([f"C{k:03d}" for k in range(count)], dtype=object),
        classes=np.array(["residential"] * count, dtype=object),
        months=months,
        steals=steals,
        stolen_kwh=steals.astype(float),
        is_faulty=is_faulty,
    )


def run(company, policy, *, base, terms=EACH_MONTH_ONE_OF_THREE):
    return run_often(company, policy, base=base, terms=terms, seeds=1)[0]


def run_often(company, policy, *, base, seeds, terms=EACH_MONTH_ONE_OF_THREE):
    lists = Lists(company, base=base, settings=terms.settings)
    return [replay(company, policy, base=base, terms=terms, seed=seed, lists=lists) for seed in range(1, seeds + 1)]


class TestReplay:
    """Three accounts, two months, one visit each: an honest one, a thief, and a thief who comes later."""

    THREE = make_company(steals_from=[None, 20, 50], drop=[0.9, 0.5, 0.1])

    def test_spares_who_was_clean_and_goes_on_to_the_next(self, base):
        found = run(self.THREE, DROP, base=base)

        assert found.account.tolist() == [0, 1]
        assert found.outcome.tolist() == [Outcome.CLEAN, Outcome.THEFT]
        assert found.listed_count.tolist() == [3, 2]

    def test_takes_a_found_thief_off_every_later_list(self, base):
        company = make_company(steals_from=[0, None, None], drop=[0.9, 0.5, 0.1])
        terms = Terms(
            yearly_share=4.0, no_access=0.0, settings=default_settings().with_values({"visits.spare_days": 0})
        )

        found = run(company, DROP, base=base, terms=terms)

        # Spared for no day, the honest would come again; the thief is ended.
        assert found.account.tolist() == [0, 1]
        assert found.thieves_live.tolist() == pytest.approx([1 / 3, 0.0])

    def test_takes_no_access_for_no_result_and_tries_again(self, base):
        found = run(self.THREE, DROP, base=base, terms=Terms(yearly_share=4.0, no_access=1.0))

        assert found.account.tolist() == [0, 0]
        assert found.outcome.tolist() == [Outcome.NO_ACCESS, Outcome.NO_ACCESS]
        assert not found.has_result.any()

    def test_a_faulty_meter_is_no_theft(self, base):
        company = make_company(steals_from=[None, None, None], drop=[0.9, 0.5, 0.1], faulty=[0])

        assert run(company, DROP, base=base).outcome.tolist() == [Outcome.METERING_FAULT, Outcome.CLEAN]

    def test_says_how_many_steal_among_those_who_could_be_chosen(self, base):
        found = run(self.THREE, DROP, base=base)

        # January: one of three. February: both others, since the honest one is spared; two of all three.
        assert found.thieves_listed.tolist() == pytest.approx([1 / 3, 1.0])
        assert found.thieves_live.tolist() == pytest.approx([1 / 3, 2 / 3])

    def test_draws_everybody_alike_where_there_is_no_model(self, base):
        found = run_often(self.THREE, RANDOM, base=base, seeds=60)

        assert [one.propensity[0] for one in found] == pytest.approx([1 / 3] * 60)
        counts = np.bincount([one.account[0] for one in found], minlength=3)
        assert counts.min() >= 10


class TestFigures:
    def test_of_three_accounts(self, base):
        company = TestReplay.THREE

        figures = figures_of(run(company, DROP, base=base), company, EACH_MONTH_ONE_OF_THREE)

        assert figures.hit_rate == 0.5
        # Account 1 stole on days 20 to 59 and would have on 60 to 69; account 2 on 50 to 69 and was never visited.
        assert figures.found_share == 0.5
        assert figures.billed_share == pytest.approx(40 / 70)
        assert figures.saved_share == pytest.approx(10 / 70)
        assert figures.rate is None

    def test_the_estimated_rate_is_right_on_average_when_all_are_drawn(self, base):
        thieves = np.random.default_rng(3).permutation(60)[:12]
        company = make_company(steals_from=[0 if k in thieves else None for k in range(60)], drop=[0.0] * 60)
        terms = Terms(yearly_share=2.0, no_access=0.15)
        found = run_often(company, RANDOM, base=base, terms=terms, seeds=80)
        figures = [figures_of(one, company, terms) for one in found]

        rates = [one.rate.rate - one.true_rate for one in figures if one.rate is not None]

        # Twelve of sixty at first; twenty visits scatter by nine points, their mean over eighty replays by one.
        assert np.mean(rates) == pytest.approx(0.0, abs=0.025)

    def test_nothing_drawn_leaves_the_rate_unknown(self, base):
        assert estimate_rate(run(TestReplay.THREE, DROP, base=base)) is None


class TestLists:
    def test_by_probability_put_the_greater_score_first(self, base):
        company = make_company(steals_from=[None] * 3, drop=[0.0] * 3, scores=[1.0, 9.0, 4.9], scale_kwh=[99, 1, 1])

        ranked = rank_month(
            company, company.months[0], order=Order.PROBABILITY, model=base, settings=default_settings()
        )

        assert ranked.listed["rank"].to_pylist()[1] == 1

    def test_by_value_put_much_energy_before_a_little_more_probability(self, base):
        company = make_company(steals_from=[None] * 2, drop=[0.0] * 2, scores=[8.0, 9.0], scale_kwh=[40.0, 2.0])

        ranked = rank_month(company, company.months[0], order=Order.VALUE, model=base, settings=default_settings())

        assert ranked.listed["rank"].to_pylist() == [1, 2]


class TestLearn:
    def learned(self, count, thefts):
        return [(0, k, k < thefts, 1.0) for k in range(count)]

    def company(self):
        return make_company(steals_from=[None] * 160, drop=[0.0] * 160, scores=np.linspace(4.0, 0.0, 160))

    @pytest.mark.parametrize(("count", "thefts"), [(99, 40), (160, 19)])
    def test_waits_for_results_enough(self, base, count, thefts):
        assert learn(self.company(), self.learned(count, thefts), base=base) is None

    def test_goes_on_from_the_base_with_what_was_found(self, base):
        company = self.company()

        model = learn(company, self.learned(160, 40), base=base)

        # The base takes every score below five for honest; here those above three steal.
        features = company.months[0].features
        assert model is not None
        assert np.ptp(base.log_odds(features)) < 0.5
        told = model.learned_share(features)
        assert told[:40].mean() > 2.0 * told[40:].mean()


class TestBias:
    def test_is_the_mean_error_in_points_with_its_interval(self):
        company = TestReplay.THREE
        model = TheftModel(
            "none", ("balance_z",), Boosted(()), Boosted(()), {Depth.MONTHLY: BetaCalibration(1, 1, 0)}, 0.1
        )
        plain = figures_of(run(company, DROP, base=model), company, EACH_MONTH_ONE_OF_THREE)

        def told(rate, low, high):
            estimate = TrueRate(
                rate=rate, low=low, high=high, hit_rate=0.23, visits=9, drawn=9, effective_drawn=9.0, no_access=0
            )
            return type(plain)(
                **{name: getattr(plain, name) for name in type(plain).__slots__}
                | {"rate": estimate, "true_rate": 0.03, "live_rate": 0.02}
            )

        bias = bias_of([{"random": [told(0.03, 0.01, 0.06), told(0.05, 0.04, 0.08)]}], "random")

        # Errors of 0 and 2 points: mean 1, variance 2, so 1.96 either way with two replays; one of two intervals holds.
        assert bias is not None
        assert (bias.points, bias.low, bias.high) == pytest.approx((1.0, -0.96, 2.96))
        assert bias.coverage == 0.5
        assert bias.naive_points == pytest.approx(20.0)
        assert bias.live_points == pytest.approx(2.0)
