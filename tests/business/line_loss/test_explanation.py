"""Losses drawn by hand and taken apart: one cause at a time, then two that nobody could tell apart."""

import dataclasses

import numpy as np
import pytest

from lamplighter.business.line_loss.explanations import Cause, CheckCode, CustomerSigns, explanation_tables
from lamplighter.business.line_loss.rules.area import area_losses
from lamplighter.business.line_loss.rules.explanation import explain_areas
from tests.business.line_loss.drawing import THRESHOLDS, Drawing, Drawn, draw

DAYS = 30
CUSTOMERS = 12


def use(seed: int, level: float = 0.5) -> np.ndarray:
    """Return a home's kWh by hour: something that always runs, and an evening."""
    rng = np.random.default_rng(seed)
    evening = 1.0 + 2.0 * np.exp(-0.5 * ((np.arange(24) - 19) / 2.0) ** 2)
    return level * evening * rng.gamma(4.0, 0.25, (DAYS, 24))


def street(supply: np.ndarray, shown: list[np.ndarray], *, multiplier: float = 1.0) -> Drawing:
    """Return an area with one supply meter and customers who show this much."""
    meters = [Drawn("supply", supply / multiplier, multiplier=multiplier), *(Drawn("customer", kwh) for kwh in shown)]
    return draw(meters, days=DAYS)


def honest_signs(count: int, *, first: int = 1) -> CustomerSigns:
    """Return signs of ``count`` customers the balance found honest, meters ``first`` on of area 0."""
    nothing = np.full(count, np.nan)
    return CustomerSigns(
        meters=np.arange(first, first + count),
        area=np.zeros(count, np.int32),
        coefficient=np.zeros(count),
        error=np.full(count, 0.02),
        home_coefficient=np.zeros(count),
        elsewhere=np.full(count, -1, np.int32),
        onset_day=np.zeros(count, np.int64),
        onset_coefficient=np.zeros(count),
        onset_z=np.zeros(count),
        fell_day=np.full(count, -1, np.int64),
        fell_kwh=nothing,
        fell_t=nothing,
    )


def marked(signs: CustomerSigns, place: int, **values: float) -> CustomerSigns:
    """Return signs with one customer's changed."""
    changed = {}
    for name, value in values.items():
        column = getattr(signs, name).copy()
        column[place] = value
        changed[name] = column
    return dataclasses.replace(signs, **changed)


def explain(drawing: Drawing, signs: CustomerSigns, area: int = 0):
    losses = area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=THRESHOLDS)
    found = explain_areas(
        block=drawing.block, trusted=drawing.trusted, losses=losses, signs=signs, first=0, thresholds=THRESHOLDS
    )
    return next(one for one in found if one.area_id == f"A{area}")


def share(found, cause: Cause):
    return next(one for one in found.shares if one.cause is cause)


HOMES = [use(seed) for seed in range(CUSTOMERS)]
LOAD = sum(HOMES)
LINES = 0.03 * LOAD.sum() * LOAD**2 / (LOAD**2).sum()
"""3 % of the load, growing with its square: what a regression finds where no network is known."""


class TestPureCauses:
    def test_an_honest_street_loses_by_its_lines_alone(self):
        found = explain(street(LOAD + LINES, HOMES), honest_signs(CUSTOMERS))

        assert found.top_cause is Cause.TECHNICAL
        for cause in (Cause.THEFT, Cause.UNMETERED, Cause.WRONG_AREA):
            assert abs(share(found, cause).kwh) < 0.25 * LINES.sum()

    def test_a_meter_that_hangs_elsewhere_is_a_wrong_area(self):
        # The thirteenth meter is booked here; its 4 kW come through another transformer.
        stranger = use(99, level=4.0)
        signs = marked(honest_signs(CUSTOMERS + 1), CUSTOMERS, coefficient=-1.0, home_coefficient=-1.0, elsewhere=1)
        found = explain(street(LOAD + LINES, [*HOMES, stranger]), signs)

        assert found.top_cause is Cause.WRONG_AREA
        assert share(found, Cause.WRONG_AREA).kwh == pytest.approx(-stranger.sum(), rel=0.05)

    def test_a_recorded_ratio_one_size_too_large_is_the_supply_meter(self):
        # Recorded 200/5, really 150/5: it shows 4/3 of what flows, and all customers' moves seem to lack a third.
        true = LOAD + LINES
        signs = honest_signs(CUSTOMERS)
        signs = dataclasses.replace(
            signs, coefficient=np.full(CUSTOMERS, 1 / 3), home_coefficient=np.full(CUSTOMERS, 1 / 3)
        )
        found = explain(street(true * 4 / 3, HOMES, multiplier=40.0), signs)

        assert found.top_cause is Cause.SUPPLY_METER
        assert share(found, Cause.SUPPLY_METER).kwh == pytest.approx(true.sum() / 3, rel=0.1)
        assert found.checks[0].code is CheckCode.READ_SUPPLY
        assert found.checks[0].place == "M000"

    def test_a_steady_load_of_nobody_is_unmetered_supply(self):
        # 0.25 kW day and night, 180 kWh in thirty days.
        found = explain(street(LOAD + LINES + 0.25, HOMES), honest_signs(CUSTOMERS))
        steady = share(found, Cause.UNMETERED)

        assert steady.high_kwh > 100.0
        assert steady.kwh > share(found, Cause.CUSTOMER_METER).kwh

    def test_a_customer_whose_moves_are_half_shown_steals(self):
        # Meter 12 shows half: as much again flows past it.
        thief = use(77, level=3.0)
        signs = marked(
            honest_signs(CUSTOMERS + 1), CUSTOMERS, coefficient=1.0, home_coefficient=1.0, onset_coefficient=1.0
        )
        found = explain(street(LOAD + LINES + 2 * thief, [*HOMES, thief]), signs)

        assert found.top_cause is Cause.THEFT
        # One in six such meters runs slow and nobody means it: theft has most of it, and the interval holds all of it.
        assert share(found, Cause.THEFT).kwh > 0.7 * thief.sum()
        assert share(found, Cause.THEFT).low_kwh <= thief.sum() <= share(found, Cause.THEFT).high_kwh
        assert any(check.code is CheckCode.LOOK_AT_CUSTOMER and check.place == "M013" for check in found.checks)


class TestHonesty:
    def test_shares_add_up_to_the_loss_to_the_last_digit(self):
        found = explain(street(LOAD * 1.1, HOMES), honest_signs(CUSTOMERS))

        assert sum(one.kwh for one in found.shares) == pytest.approx(found.loss_kwh, abs=1e-6)

    def test_two_causes_that_look_the_same_get_wide_intervals(self):
        # A customer behind transformers whose moves are 1/3 short: its ratio may be one size off, or it may steal.
        doubtful = use(55, level=3.0) / 40.0
        meters = [Drawn("supply", LOAD + LINES + 40 * doubtful * 4 / 3), *(Drawn("customer", kwh) for kwh in HOMES)]
        drawing = draw([*meters, Drawn("customer", doubtful, multiplier=40.0)], days=DAYS)
        value = {"coefficient": 1 / 3, "home_coefficient": 1 / 3, "onset_coefficient": 1 / 3}
        found = explain(drawing, marked(honest_signs(CUSTOMERS + 1), CUSTOMERS, **value))
        past_the_meter = 40 * doubtful.sum() / 3

        for cause in (Cause.THEFT, Cause.CUSTOMER_METER):
            assert share(found, cause).high_kwh - share(found, cause).low_kwh > 0.5 * past_the_meter

    def test_does_not_depend_on_the_order_of_rows(self):
        turn = np.random.default_rng(3).permutation(CUSTOMERS)
        thief = marked(honest_signs(CUSTOMERS), 4, coefficient=0.5, home_coefficient=0.5, onset_coefficient=0.5)
        drawing = street(LOAD + LINES + 0.5 * HOMES[4], HOMES)
        straight = explain(drawing, thief)
        columns = {field.name: getattr(thief, field.name)[turn] for field in dataclasses.fields(CustomerSigns)}
        turned = explain(drawing, CustomerSigns(**columns))

        for one, other in zip(straight.shares, turned.shares, strict=True):
            assert other.kwh == pytest.approx(one.kwh, abs=1e-6)
        assert [check.place for check in turned.checks] == [check.place for check in straight.checks]

    def test_an_area_that_was_never_computable_has_no_explanation(self):
        drawing = street(LOAD + LINES, HOMES)
        drawing.trusted.day_kwh[0] = np.nan
        losses = area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=THRESHOLDS)

        assert not explain_areas(
            block=drawing.block, trusted=drawing.trusted, losses=losses, signs=honest_signs(CUSTOMERS), first=0,
            thresholds=THRESHOLDS,
        )  # fmt: skip


class TestDuty:
    def test_an_area_of_longer_lines_may_lose_more(self):
        short = explain(street(LOAD + LINES, HOMES), honest_signs(CUSTOMERS))

        # 3 % technical, a margin of 0.9 %, 1 % for the classes of the meters.
        assert short.target_rate == pytest.approx(0.03 + 0.009 + 0.0115, abs=0.005)

    def test_is_written_beside_what_is_lost(self):
        found = explain(street(LOAD * 1.2, HOMES), honest_signs(CUSTOMERS))
        tables = explanation_tables([found], as_of=drawing_day(), policy_version="x")
        row = tables["out_area_target"].to_pylist()[0]

        assert row["over_target_kwh"] == pytest.approx(row["loss_kwh"] - row["target_loss_rate"] * row["supplied_kwh"])
        assert tables["out_area_explanation"].num_rows == len(Cause)


def drawing_day():
    return street(LOAD, HOMES).block.days[-1].astype(object)
