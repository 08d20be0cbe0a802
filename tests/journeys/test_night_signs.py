"""What the night tells line loss of each customer."""

import numpy as np
import pytest

from lamplighter.business.line_loss.rules import load_thresholds
from lamplighter.business.line_loss.rules.explanation import explain_areas
from lamplighter.journeys.nightly_run.signs import read_customer_signs
from tests.business.detection.neighbourhood import draw_street


class TestSignsOfCustomers:
    def test_a_meter_that_shows_half_has_as_much_again_in_the_areas_residual(self):
        street = draw_street()
        street.steal(4, share=0.5)
        signs = read_customer_signs(street.material())

        assert signs.coefficient[4] == pytest.approx(1.0, abs=0.1)
        assert np.abs(np.delete(signs.coefficient, 4)).max() < 0.2

    def test_a_meter_booked_on_the_neighbour_is_away_from_home(self):
        street = draw_street(areas=2)
        street.hangs_on[3] = 1
        signs = read_customer_signs(street.material())

        assert signs.home_coefficient[3] == pytest.approx(-1.0, abs=0.1)
        assert signs.area[3] == 0

    def test_speaks_of_the_blocks_own_meters_and_areas(self):
        street = draw_street(areas=2)
        material = street.material()
        block, trusted, losses = street.build()
        signs = read_customer_signs(material)

        assert signs.meters.tolist() == list(range(40))
        assert not explain_areas(
            block=block,
            trusted=trusted,
            losses=losses,
            signs=signs,
            first=material.window.first,
            thresholds=load_thresholds(on=block.days[-1].astype(object)),
        ), "a street without supply meters cannot be explained"
