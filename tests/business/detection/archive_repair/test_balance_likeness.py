"""Where a customer's energy comes from, by the balance."""

import numpy as np
import pytest

from lamplighter.business.detection.archive_repair.balance_likeness import find_balance
from lamplighter.business.detection.map_cleaning import fit_areas
from tests.business.detection.archive_repair.wires import SETTINGS


def balance_of(window, *, curves=True):
    fits = fit_areas(window=window, settings=SETTINGS) if curves else {}
    return find_balance(window=window, fits=fits, settings=SETTINGS)


class TestBalance:
    def test_says_that_a_meter_is_not_fed_at_home_and_where_it_is(self, wires):
        drawn = wires()
        drawn.street.hangs_on[4] = 1

        found = balance_of(drawn.build())

        assert found.home_coefficient[4] == pytest.approx(-1.0, abs=0.1)
        # The other area's own fit takes up a little of it, and its trimming the greatest moves.
        assert found.away_slope[4, 1] == pytest.approx(0.9, abs=0.2)
        assert found.home_log_odds[4] > 5.0
        assert found.away_log_odds[4, 1] > 4.0
        assert np.isnan(found.away_slope[4, 0])

    def test_speaks_for_home_where_the_meter_is_right(self, wires):
        found = balance_of(wires().build())

        assert found.home_log_odds.max() < -3.0
        assert found.away_log_odds[:9, 1].max() < -3.0

    def test_knows_a_thief_on_the_wrong_area_too(self, wires):
        drawn = wires()
        drawn.street.hangs_on[4] = 1
        # Half of it flows past the meter: where it hangs, two kWh appear for each one shown.
        drawn.street.steal(4, share=0.5)

        found = balance_of(drawn.build())

        assert found.away_slope[4, 1] == pytest.approx(1.8, abs=0.4)
        assert found.away_log_odds[4, 1] > 5.0

    def test_says_nothing_of_a_meter_that_never_moves(self, wires):
        drawn = wires()
        drawn.street.true_kwh[4] = drawn.street.shown_kwh[4] = 0.0

        found = balance_of(drawn.build())

        assert found.home_log_odds[4] == 0.0
        assert found.away_log_odds[4].tolist() == [0.0, 0.0]

    def test_goes_by_days_without_curves_and_says_so(self, wires):
        drawn = wires(days=60)
        drawn.street.hangs_on[4] = 1
        drawn.street.true_kwh[4] *= 4.0
        drawn.street.shown_kwh[4] *= 4.0
        window = drawn.build()
        window.kwh[:] = np.nan

        found = balance_of(window, curves=False)

        assert found.is_daily.all()
        assert found.home_coefficient[4] == pytest.approx(-1.0, abs=0.2)
        assert found.home_log_odds[4] > 0.0
        # Days never say much: at most two nats each for home and away.
        assert max(np.abs(found.home_log_odds).max(), np.abs(found.away_log_odds).max()) <= 2.0
