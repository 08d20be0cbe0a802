"""Areas known by the month: supply less bills, and what a period of months says."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.line_loss.records import AreaMonths, AreaPeriod
from lamplighter.business.line_loss.rules import load_thresholds
from lamplighter.business.line_loss.rules.billed import balance_months, period_of_months

JANUARY, FEBRUARY = date(2025, 1, 1), date(2025, 2, 1)
THRESHOLDS = load_thresholds(on=date(2025, 3, 1))
MONTHS = np.array(["2025-01", "2025-02"], "datetime64[M]")


def meters(*rows: tuple[str, str | None, str]) -> pa.Table:
    """Meters of area T: id, account, role."""
    count = len(rows)
    return pa.table(
        {
            "meter_id": [row[0] for row in rows],
            "account_id": pa.array([row[1] for row in rows], pa.string()),
            "area_id": ["T"] * count,
            "role": [row[2] for row in rows],
            "multiplier": [1.0] * count,
            "installed_on": pa.nulls(count, pa.date32()),
            "removed_on": pa.nulls(count, pa.date32()),
        }
    )


def readings(*rows: tuple[str, date, str, float]) -> pa.Table:
    return pa.table(
        dict(zip(("meter_id", "month", "channel", "value"), map(list, zip(*rows, strict=True)), strict=True))
    )


def bills(*rows: tuple[str, date, float]) -> pa.Table:
    return pa.table(dict(zip(("account_id", "month", "energy_kwh"), map(list, zip(*rows, strict=True)), strict=True)))


HOMES = [("M1", "C1", "customer"), ("M2", "C2", "customer")]


def balance(meter_rows, monthly, billed) -> AreaMonths:
    return balance_months(
        area_ids=np.array(["T"], object),
        months=MONTHS,
        meters=meters(("S", None, "supply"), *meter_rows),
        monthly=monthly,
        billed=billed,
        thresholds=THRESHOLDS,
    )


class TestAreaMonths:
    def test_counts_generation_as_supply_and_feeding_back_as_taken(self):
        found = balance(
            [*HOMES, ("P", "C9", "solar")],
            readings(
                ("S", JANUARY, "energy_kwh", 900.0),
                ("S", JANUARY, "reverse_kwh", 50.0),
                ("P", JANUARY, "energy_kwh", 200.0),
            ),
            bills(("C1", JANUARY, 400.0), ("C2", JANUARY, 600.0)),
        )

        # In: 900 + 200. Out: 1,000 billed + 50 back into the line above.
        assert (found.supplied_kwh[0, 0], found.sold_kwh[0, 0]) == (1100.0, 1050.0)
        assert found.is_computable.tolist() == [[True, False]]

    def test_is_no_figure_when_a_generator_did_not_report(self):
        found = balance(
            [*HOMES, ("P", "C9", "solar")],
            readings(("S", JANUARY, "energy_kwh", 900.0)),
            bills(("C1", JANUARY, 400.0), ("C2", JANUARY, 600.0)),
        )

        assert np.isnan(found.supplied_kwh[0, 0])
        assert not found.is_computable.any()

    def test_is_no_figure_when_half_of_the_accounts_have_no_bill(self):
        found = balance(HOMES, readings(("S", JANUARY, "energy_kwh", 900.0)), bills(("C1", JANUARY, 400.0)))

        assert found.coverage[0, 0] == 0.5
        assert not found.is_computable.any()
        # The other one may have used as much.
        assert found.unread_kwh[0, 0] == 400.0

    def test_takes_what_a_meter_reported_before_what_its_account_was_billed(self):
        found = balance(
            HOMES,
            readings(("S", JANUARY, "energy_kwh", 1000.0), ("M1", JANUARY, "energy_kwh", 410.0)),
            bills(("C1", JANUARY, 400.0), ("C2", JANUARY, 500.0)),
        )

        assert found.sold_kwh[0, 0] == 910.0


def no_days() -> AreaPeriod:
    unknown = np.full(1, np.nan)
    return AreaPeriod(
        day_counts=np.zeros(1, np.int32),
        loss_rate=unknown,
        unexplained_kwh=unknown,
        unexplained_low_kwh=unknown,
        unexplained_high_kwh=unknown,
        change_at=np.full(1, -1, np.int32),
        change_kwh_per_day=unknown,
        regression_r2=unknown,
        signs=np.zeros(1, np.uint32),
    )


def two_months(supplied: float) -> AreaMonths:
    return balance(
        HOMES,
        readings(("S", JANUARY, "energy_kwh", supplied), ("S", FEBRUARY, "energy_kwh", supplied)),
        bills(*[(account, month, 450.0) for account in ("C1", "C2") for month in (JANUARY, FEBRUARY)]),
    )


class TestPeriodOfMonths:
    def test_adds_the_newest_months_and_counts_their_days(self):
        period = period_of_months(no_days(), two_months(1000.0))

        # Twice 1,000 - 900 - 30 usual.
        assert period.unexplained_kwh[0] == pytest.approx(140.0)
        assert period.day_counts[0] == 59
        assert period.loss_rate[0] == pytest.approx(0.1)
        assert period.unexplained_low_kwh[0] < 140.0 < period.unexplained_high_kwh[0]

    def test_counts_the_shift_of_reading_days_once(self):
        found = two_months(1000.0)
        half = period_of_months(no_days(), found).unexplained_high_kwh[0] - 140.0

        # Meters and usual rate: 2 x s; one day in thirty of one month's 900 kWh: 27.
        assert half == pytest.approx(1.645 * np.hypot(2 * found.spread_kwh[0, 0], 27.0))

    def test_leaves_an_area_unknown_into_which_more_came_than_anybody_reported(self):
        period = period_of_months(no_days(), two_months(700.0))

        assert (period.day_counts[0], np.isnan(period.unexplained_high_kwh[0])) == (0, True)

    def test_leaves_an_area_with_days_as_it_is(self):
        counted = np.array([30], np.int32)
        days = no_days()
        with_days = AreaPeriod(**{name: getattr(days, name) for name in AreaPeriod.__slots__} | {"day_counts": counted})

        assert np.isnan(period_of_months(with_days, two_months(1000.0)).unexplained_kwh[0])
