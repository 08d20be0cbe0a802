"""Signs in bills, payments and visits, and what the list says of them."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.base.periods import ended_months
from lamplighter.business.detection.depth import LEVELS, read_depth
from lamplighter.business.detection.desk_signs import read_desk_signs
from lamplighter.business.detection.evidence import context
from lamplighter.business.detection.month_signs import MonthSigns, months_billed, read_month_signs
from lamplighter.business.detection.records import Depth
from lamplighter.business.detection.rules import find_evidence
from lamplighter.business.detection.settings import default_settings

SETTINGS = default_settings()
MONTHS = ended_months(date(2025, 2, 28), count=24)


def signs(own: np.ndarray) -> MonthSigns:
    """Signs of one account among nine that use 200 kWh every month, two thirds more in the cold ones."""
    season = np.tile([1.0, 1.5], 12)
    energy = np.tile(200.0 * season, (10, 1))
    energy[0] = own * season
    return read_month_signs(energy_kwh=energy, classes=np.array(["home"] * 10), months=MONTHS, smallest_class=5)


class TestMonthSigns:
    def test_hold_the_newest_three_months_against_the_nine_before_without_the_season(self):
        own = np.full(24, 200.0)
        own[-3:] = 100.0

        found = signs(own)

        # Half, a twentieth of the usual month added on both sides of the fraction.
        usual = 187.5
        assert found.quarter_log[0] == pytest.approx(np.log((100 / usual + 0.05) / (200 / usual + 0.05)))
        assert (found.drop_months[0], found.falls[0]) == (3.0, 0.0)
        assert found.quarter_log[1:] == pytest.approx(np.zeros(9))

    def test_count_months_of_nothing_at_the_end_of_an_account_that_used_something(self):
        own = np.full(24, 200.0)
        own[-4:] = 0.0

        found = signs(own)

        assert (found.zero_run[0], found.low_share[0]) == (4.0, pytest.approx(4 / 12))
        assert found.zero_run[1:].max() == 0.0
        assert np.isnan(signs(np.zeros(24)).zero_run[0])

    def test_tell_an_uneven_account_from_one_that_goes_with_its_season(self):
        uneven = 200.0 * np.tile([1.5, 0.5], 12)

        found = signs(uneven)

        assert found.spread[0] == pytest.approx(0.5)
        assert found.spread[1:] == pytest.approx(np.zeros(9), abs=1e-9)
        assert found.season[0] < 0.0 < 0.99 < found.season[1]

    def test_say_how_much_of_the_year_was_billed(self):
        own = np.full(24, 200.0)
        own[-12:-3] = np.nan

        assert signs(own).known_share[:2].tolist() == [0.25, 1.0]

    def test_end_with_the_newest_month_that_is_billed_in_full(self):
        billed = pa.table({"month": pa.array([date(2024, 12, 1)] * 5 + [date(2025, 1, 1)] * 2, pa.date32())})

        assert str(months_billed(billed, as_of=date(2025, 2, 28))[-1]) == "2024-12"


def desk(**tables: pa.Table):
    given = {"payments": None, "visits": None, "outcomes": None} | tables
    return read_desk_signs(
        accounts=np.array(["C1", "C2"], object),
        as_of=np.datetime64("2025-06-30"),
        months=ended_months(date(2025, 6, 30), count=24),
        month_kwh=np.full((2, 24), 100.0),
        **given,
    )


def payments(*rows: tuple[str, datetime, date]) -> pa.Table:
    return pa.table(dict(zip(("account_id", "paid_at", "for_month"), map(list, zip(*rows, strict=True)), strict=True)))


class TestDeskSigns:
    def test_count_bills_that_were_due_and_not_paid(self):
        found = desk(payments=payments(("C1", datetime(2025, 2, 10), date(2025, 1, 1))))

        # Of the twelve newest bills those of July to April were due 60 days after their month; May and June not yet.
        assert found.unpaid.tolist() == [9.0, 10.0]
        assert found.delay[0] == 9.0

    def test_know_nothing_where_no_payments_are_kept(self):
        assert np.isnan(desk().unpaid).all()
        assert np.isnan(desk().visits).all()

    def test_count_visits_of_two_years(self):
        rows = [("C1", datetime(2025, 1, 5)), ("C1", datetime(2024, 1, 5)), ("C1", datetime(2020, 1, 5))]
        visits = pa.table({"account_id": [row[0] for row in rows], "at": [row[1] for row in rows]})

        assert desk(visits=visits).visits.tolist() == [2.0, 0.0]


def billed(street, energy: np.ndarray) -> pa.Table:
    months = ended_months(date.fromisoformat(str(street.material().window.last_day)), count=energy.shape[1])
    days = [date.fromisoformat(f"{month}-01") for month in months.astype(str)]
    count = len(energy)
    return pa.table(
        {
            "account_id": [f"C{i:03d}" for i in range(count) for _ in days],
            "month": pa.array(days * count, pa.date32()),
            "energy_kwh": energy.ravel(),
        }
    )


class TestDepth:
    def test_counts_what_came_on_enough_days_and_nothing_that_was_estimated(self, draw):
        window = draw().material().window
        block = window.block
        count, days = len(window.meters), len(window.days)
        came = np.zeros((count, days), bool)
        came[2:, ::2] = True
        came[1, :2] = True
        dial = np.full((count, days + 1), np.nan)
        dial[1] = np.arange(days + 1)
        electrical = np.zeros_like(came)
        electrical[3:] = True
        present = {"energy_kwh": came, "voltage_a_v": electrical}
        object.__setattr__(block, "channel_present", present)
        object.__setattr__(block, "registers", {"total_kwh": dial})
        months = np.full((count, 24), np.nan)
        months[0, -1] = 100.0

        found = read_depth(window=window, month_kwh=months, least_share=0.1)

        assert found[:4].tolist() == [
            LEVELS[depth] for depth in (Depth.MONTHLY, Depth.DAILY, Depth.INTERVAL, Depth.INTERVAL_ELECTRICAL)
        ]

    def test_is_the_archive_where_nothing_is_known(self, draw):
        window = draw().material().window
        object.__setattr__(window.block, "channel_present", {})
        object.__setattr__(window.block, "registers", {})

        found = read_depth(window=window, month_kwh=np.full((20, 24), np.nan), least_share=0.1)

        assert set(found.tolist()) == {LEVELS[Depth.ARCHIVE]}


class TestBillFindings:
    def test_say_that_bills_fell_of_an_account_of_one_year_too(self, draw):
        street = draw()
        energy = np.tile([200.0, 204.0], (20, 6))
        energy[4, -4:] /= 4.0
        street.tables["core_billed_month"] = billed(street, energy)

        found = {f.code: f for f in context.evidence(street.material(), SETTINGS).findings}

        assert found["bills_fell"].at.tolist() == [4]
        assert found["bills_fell"].expected[0] > 3 * found["bills_fell"].value[0]

    def test_say_that_bills_are_unpaid(self, draw):
        street = draw()
        street.tables["core_billed_month"] = billed(street, np.full((20, 12), 200.0))
        months = sorted(set(street.tables["core_billed_month"]["month"].to_pylist()))
        street.tables["core_payment"] = payments(
            *[(f"C{i:03d}", datetime.combine(month, datetime.min.time()), month) for i in range(19) for month in months]
        )

        found = {f.code: f for f in context.evidence(street.material(), SETTINGS).findings}

        assert found["bills_unpaid"].at.tolist() == [19]


class TestLeaks:
    """No score may know anything of the window's last day's results, or of later days."""

    def test_nothing_later_than_the_window_changes_any_score(self, draw):
        street = draw()
        street.tables["core_billed_month"] = billed(street, np.tile([200.0, 204.0], (20, 6)))
        month = date(2025, 1, 1)
        street.tables["core_payment"] = payments(("C003", datetime(2025, 2, 3), month))
        street.tables["core_visit"] = visits(("C003", datetime(2025, 2, 3)))
        street.tables["core_outcome"] = outcomes(("C003", date(2025, 2, 3)))
        as_of = date.fromisoformat(str(street.material().window.last_day))
        before = evidence_of(street)

        midday = datetime.combine(as_of, datetime.min.time()).replace(hour=12)
        add(street, "core_payment", payments(("C004", midday, month)))
        add(street, "core_visit", visits(("C004", midday), ("C005", datetime(2026, 1, 1))))
        add(street, "core_outcome", outcomes(("C004", as_of), ("C005", date(2026, 1, 1))))
        later = pa.table(
            {
                "account_id": ["C004"],
                "month": pa.array([as_of.replace(day=1) if as_of.day < 28 else date(2026, 1, 1)], pa.date32()),
                "energy_kwh": [9.0],
            }
        )
        add(street, "core_billed_month", later)

        after = evidence_of(street)
        assert after["out_evidence_score"].equals(before["out_evidence_score"])
        assert after["out_evidence"].equals(before["out_evidence"])

    def test_the_same_rows_a_day_earlier_do_change_them(self, draw):
        street = draw()
        street.tables["core_outcome"] = outcomes(("C003", date(2024, 12, 3)))
        before = evidence_of(street)

        add(street, "core_outcome", outcomes(("C004", date(2025, 2, 1))))

        assert not evidence_of(street)["out_evidence_score"].equals(before["out_evidence_score"])


def visits(*rows: tuple[str, datetime]) -> pa.Table:
    return pa.table({"account_id": [row[0] for row in rows], "at": [row[1] for row in rows]})


def outcomes(*rows: tuple[str, date]) -> pa.Table:
    return pa.table(
        {
            "account_id": [row[0] for row in rows],
            "inspected_on": pa.array([row[1] for row in rows], pa.date32()),
            "outcome": ["theft"] * len(rows),
        }
    )


def add(street, name: str, rows: pa.Table) -> None:
    street.tables[name] = pa.concat_tables([street.tables[name], rows.select(street.tables[name].column_names)])


def evidence_of(street) -> dict[str, pa.Table]:
    block, trusted, losses = street.build()
    return find_evidence(block=block, trusted=trusted, losses=losses, settings=SETTINGS)
