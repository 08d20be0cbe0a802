"""A company learned from thefts done to its own curves: real thieves found, nothing learned that was not done."""

import numpy as np
import pytest

from lamplighter.business.detection.learning.injections import InjectedCompany, train_on_injections
from lamplighter.business.detection.learning.model import ASSUMED_RATE, TheftModel, read_base_model
from lamplighter.business.detection.ranking import estimate_theft_rate
from lamplighter.business.detection.records import Depth
from lamplighter.business.detection.settings import default_settings
from lamplighter.methods.learning.boosting import Boosted
from lamplighter.methods.learning.calibration import BetaCalibration
from lamplighter.methods.learning.measures import average_precision

NAMES = ("balance_z", "shape_base", "meter_energy")
KNOWS_NOTHING = TheftModel(
    "base", NAMES, Boosted(()), Boosted(()), {Depth.INTERVAL: BetaCalibration(1.0, 1.0, 0.0)}, 0.05
)
COUNT = 3000


def make_company(*, seed=1):
    """3,000 customers in 60 areas: 4 % steal, a theft is done to another 8 %; both lift balance_z by three."""
    rng = np.random.default_rng(seed)
    steals, injected = rng.uniform(size=(2, COUNT)) < [[0.04], [0.08]]
    plain = rng.normal(size=(COUNT, len(NAMES)))
    plain[:, 0] += 3.0 * steals
    after = plain.copy()
    after[:, 0] += 3.0 * injected
    # What flows through the meter is not changed by an injected theft, so that its meter seems to say too little.
    after[:, 2] += 10.0 * injected
    company = InjectedCompany(
        plain=plain,
        injected=after,
        is_injected=injected,
        area=np.array([f"T{k % 60}" for k in range(COUNT)], dtype=object),
        household=np.array([f"C{k}" for k in range(COUNT)], dtype=object),
        names=NAMES,
    )
    return company, steals


def train(company, **changes):
    return train_on_injections(
        company, base=KNOWS_NOTHING, theft_rate=0.04, version="own", card={ASSUMED_RATE: 0.04}, **changes
    )


@pytest.fixture(scope="module")
def learned():
    company, steals = make_company()
    return company, steals, train(company)


class TestTrainOnInjections:
    def test_finds_real_thieves_it_was_told_were_honest(self, learned):
        company, steals, model = learned

        found = average_precision(is_hit=steals, score=model.log_odds(company.plain))

        assert found > 0.75 * average_precision(is_hit=steals, score=company.plain[:, 0])

    def test_learns_nothing_from_what_an_injected_theft_cannot_show(self, learned):
        company, _, model = learned
        alike = np.repeat(company.plain[:1], 2, axis=0)
        alike[1, 2] = 12.0

        calm, loud = model.log_odds(alike)

        assert abs(loud - calm) < 0.3

    def test_says_shares_that_come_true_although_thieves_stood_among_the_honest(self, learned):
        company, steals, model = learned

        share = model.probability(company.plain, theft_rate=0.04)

        assert share.mean() == pytest.approx(0.04, abs=0.015)
        first = np.argsort(-share)[:60]
        assert share[first].mean() == pytest.approx(steals[first].mean(), abs=0.2)

    def test_takes_the_rate_of_its_card_for_granted(self, learned):
        company, _, model = learned

        assert estimate_theft_rate(model, company.plain, settings=default_settings()) == 0.04

    def test_leaves_it_to_the_company_where_a_model_takes_none_for_granted(self):
        assert ASSUMED_RATE not in read_base_model().card

    def test_says_on_its_card_how_well_injected_thefts_were_found_elsewhere(self, learned):
        company, _, model = learned

        figure, low, high = model.card["measures"]["interval"]["average_precision"]

        assert (model.card["rows"], model.card["thieves"]) == (COUNT, int(company.is_injected.sum()))
        assert 0.3 < low < figure < high < 1.0

    def test_tells_nothing_apart_where_the_thefts_leave_no_trace(self):
        company, _ = make_company()
        rng = np.random.default_rng(5)

        blind = InjectedCompany(
            plain=company.plain,
            injected=company.plain,
            is_injected=rng.permutation(company.is_injected),
            area=company.area,
            household=company.household,
            names=NAMES,
        )

        figure, _, _ = train(blind).card["measures"]["interval"]["auc"]
        assert figure == pytest.approx(0.5, abs=0.06)
