"""E-09: on the day of an exchange each slot belongs to one meter."""

import datetime as dt

import numpy as np
import pytest

from lamplighter.business.trusted_energy.records import Method, Quality, reason_parts
from lamplighter.business.trusted_energy.rules import work_days

NAN = np.nan
SECOND = dt.date(2025, 1, 2)


def exchanged(draw, *, gone_on: dt.date, multipliers=(1.0, 1.0), between=2, **more):
    """M000 serves until noon of the second day, M001 from then on, with ``between`` hours nobody counted."""
    days = np.full((2, 3, 24), NAN)
    days[0, 0], days[0, 1, :12] = 2.0, 2.0
    days[1, 1, 12 + between :], days[1, 2] = 4.0, 4.0
    live = np.array([[True, gone_on > SECOND, False], [False, True, True]])
    return draw(
        days,
        is_live=live,
        archive={
            "account_id": ["C000", "C000"],
            "removed_on": [gone_on, None],
            "installed_on": [None, SECOND],
            "multiplier": list(multipliers),
            "ct_ratio": list(multipliers),
        },
        **more,
    )


class TestExchange:
    def test_gives_the_morning_to_the_old_meter_and_the_rest_to_the_new(self, draw, policy):
        block = exchanged(draw, gone_on=dt.date(2025, 1, 3))

        trusted = work_days(block=block, policy=policy)

        # Old: 12 hours of 2. New: the two hours between at the mean of 2 and 4, then ten hours of 4.
        assert trusted.day_kwh[:, 1].tolist() == [24.0, 46.0]
        assert trusted.metered_kwh[1, 1, 11:15].tolist() == [0.0, 3.0, 3.0, 4.0]
        assert reason_parts(int(trusted.reason[1, 1, 12]))[1] is Method.EXCHANGE

    def test_hands_the_morning_over_when_the_archive_counts_the_day_to_the_new_meter(self, draw, flags_of, policy):
        block = exchanged(draw, gone_on=SECOND)

        trusted = work_days(block=block, policy=policy)

        assert np.isnan(trusted.day_kwh[0, 1])
        assert trusted.day_kwh[1, 1] == 24.0 + 6.0 + 40.0
        assert trusted.quality[1, 1, 0] == Quality.SUBSTITUTED
        assert flags_of(block, "V-02", policy) == []

    def test_turns_the_old_meter_s_units_into_the_new_one_s(self, draw, policy):
        block = exchanged(draw, gone_on=SECOND, multipliers=(1.0, 2.0))

        trusted = work_days(block=block, policy=policy)

        # 24 kWh of the morning are 12 on a meter of multiplier 2, and 24 again after it.
        assert trusted.metered_kwh[1, 1, 0] == 1.0
        assert trusted.day_kwh[1, 1] == pytest.approx(24.0 + 2 * (1 + 4) / 2 * 2 + 80.0)

    def test_leaves_a_long_hole_to_the_like_days_of_the_old_meter(self, draw, policy):
        block = exchanged(draw, gone_on=dt.date(2025, 1, 3), between=4, first_day="2025-01-01")
        plain = policy.changed({"E-02.calendar": "none"})

        trusted = work_days(block=block, policy=plain)

        assert trusted.metered_kwh[1, 1, 12:16].tolist() == [2.0] * 4
        assert reason_parts(int(trusted.reason[1, 1, 12]))[1] is Method.LIKE_DAY

    def test_is_not_shared_when_switched_off(self, draw, policy):
        block = exchanged(draw, gone_on=dt.date(2025, 1, 3))

        trusted = work_days(block=block, policy=policy.changed({"E-09.is_on": False, "E-02.is_on": False}))

        assert np.isnan(trusted.day_kwh[0, 1])


class TestInstallation:
    def test_of_a_new_connection_brings_nothing_before_its_first_value(self, draw, policy):
        days = np.full((1, 2, 24), NAN)
        days[0, 1, 12:] = 4.0
        block = draw(days, is_live=np.array([[False, True]]), archive={"installed_on": [SECOND]})

        assert work_days(block=block, policy=policy).day_kwh[0, 1] == 48.0


class TestRemoval:
    def test_without_successor_brings_nothing_after_its_last_value(self, draw, policy):
        days = np.full((1, 2, 24), NAN)
        days[0, 0, :12] = 4.0
        block = draw(days, is_live=np.array([[True, False]]), archive={"removed_on": [SECOND]})

        assert work_days(block=block, policy=policy).day_kwh[0, 0] == 48.0
