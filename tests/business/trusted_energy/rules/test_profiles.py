"""A meter without history: shape of its class, level of its bills."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.trusted_energy.records import Method, Source, reason_parts
from lamplighter.business.trusted_energy.rules import work_days

NAN = np.nan
SHAPE = np.array([1.0] * 12 + [3.0] * 12)  # 48 kWh a day, three quarters of it after noon


def neighbourhood(peers: int) -> np.ndarray:
    """``peers`` meters of different size and one shape, and a last one that sent two hours only."""
    days = np.stack([SHAPE * (size + 1) for size in range(peers + 1)])[:, None, :] / 4
    days[-1, 0, 2:] = NAN
    return days


def billed(*rows: tuple[str, float]) -> pa.Table:
    return pa.table(
        {
            "account_id": ["C005"] * len(rows),
            "month": pa.array([dt.date.fromisoformat(f"{month}-01") for month, _ in rows]),
            "energy_kwh": [kwh for _, kwh in rows],
        }
    )


class TestClassProfile:
    """E-04"""

    def test_takes_the_shape_of_five_peers_and_the_level_of_the_month_before(self, draw, policy):
        block = draw(
            neighbourhood(5), first_day="2025-02-03", tables={"core_billed_month": billed(("2025-01", 31 * 96))}
        )

        trusted = work_days(block=block, policy=policy)

        # 96 kWh a day in the shape 1:3 is 2 and 6 kWh an hour.
        assert trusted.metered_kwh[5, 0, 11:13].tolist() == pytest.approx([2.0, 6.0])
        assert reason_parts(int(trusted.reason[5, 0, 11]))[1] is Method.CLASS_PROFILE
        assert trusted.source[5, 0] == Source.ESTIMATED

    def test_needs_five(self, draw, policy):
        block = draw(
            neighbourhood(4), first_day="2025-02-03", tables={"core_billed_month": billed(("2025-01", 31 * 96))}
        )

        assert np.isnan(work_days(block=block, policy=policy).day_kwh[4, 0])

    def test_of_another_class_does_not_count(self, draw, policy):
        customers = pa.table(
            {
                "account_id": [f"C00{k}" for k in range(6)],
                "class": ["commercial", *["residential"] * 5],
                "opened_on": pa.nulls(6, pa.date32()),
                "closed_on": pa.nulls(6, pa.date32()),
            }
        )
        block = draw(
            neighbourhood(5),
            first_day="2025-02-03",
            tables={"core_billed_month": billed(("2025-01", 31 * 96)), "core_customer": customers},
        )

        assert np.isnan(work_days(block=block, policy=policy).day_kwh[5, 0])

    def test_takes_its_level_from_the_dial_before_any_bill(self, draw, policy):
        readings = np.full((6, 2), NAN)
        readings[5] = [100.0, 124.0]
        block = draw(
            neighbourhood(5),
            first_day="2025-02-03",
            registers={"total_kwh": readings},
            tables={"core_billed_month": billed(("2025-01", 31 * 96))},
        )

        trusted = work_days(block=block, policy=policy)

        assert trusted.day_kwh[5, 0] == 24.0
        assert float(trusted.metered_kwh[5, 0].sum(dtype=float)) == pytest.approx(24.0)
        assert reason_parts(int(trusted.reason[5, 0, 11]))[1] is Method.CLASS_PROFILE_SCALED

    def test_takes_its_level_from_a_quarter_of_the_day_measured(self, draw, policy):
        days = neighbourhood(5)
        days[5, 0, 2:6] = days[5, 0, 0]  # six hours of 1.5 kWh

        trusted = work_days(block=draw(days, first_day="2025-02-03"), policy=policy)

        assert trusted.metered_kwh[5, 0, 20] == pytest.approx(4.5)

    def test_without_any_level_stays_away(self, draw, policy):
        assert np.isnan(work_days(block=draw(neighbourhood(5), first_day="2025-02-03"), policy=policy).day_kwh[5, 0])


class TestWholeMonth:
    """E-05"""

    def test_is_the_same_month_last_year_times_growth(self, draw, policy):
        bills = billed(("2024-02", 29 * 10.0), ("2024-01", 31 * 20.0), ("2025-01", 31 * 30.0))
        block = draw(neighbourhood(5), first_day="2025-02-03", tables={"core_billed_month": bills})

        trusted = work_days(block=block, policy=policy)

        # 10 kWh a day grown by 30/20 is 15; two slots are measured, 46 of 48 parts are estimated.
        assert trusted.metered_kwh[5, 0, 20] == pytest.approx(15.0 * 3 / 48)
        assert reason_parts(int(trusted.reason[5, 0, 20]))[1] is Method.MONTHLY

    def test_grows_to_twice_at_most(self, draw, policy):
        bills = billed(("2024-02", 29 * 10.0), ("2024-01", 31 * 1.0), ("2025-01", 31 * 30.0))
        block = draw(neighbourhood(5), first_day="2025-02-03", tables={"core_billed_month": bills})

        trusted = work_days(block=block, policy=policy)

        assert trusted.metered_kwh[5, 0, 20] == pytest.approx(20.0 * 3 / 48)

    def test_gives_way_to_the_month_before_when_switched_off(self, draw, policy):
        bills = billed(("2024-02", 29 * 10.0), ("2025-01", 31 * 48.0))
        block = draw(neighbourhood(5), first_day="2025-02-03", tables={"core_billed_month": bills})

        trusted = work_days(block=block, policy=policy.changed({"E-05.is_on": False}))

        assert trusted.metered_kwh[5, 0, 20] == pytest.approx(3.0)
