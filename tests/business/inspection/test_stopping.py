"""Guards of stopping supply: each on its own makes the difference between may and may not."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from lamplighter.business.inspection.records.stopping import GuardState, StopGround, StopPlan
from lamplighter.business.inspection.rules import load_law
from lamplighter.business.inspection.rules.deadlines import CHINA, InstantNeeded
from lamplighter.business.inspection.rules.stopping import check_stop, read_guards

NOON = datetime(2025, 3, 12, 10, tzinfo=CHINA)  # a Wednesday
READY = StopPlan(
    ground=StopGround.ARREARS,
    stop_at=NOON,
    overdue_on=date(2025, 2, 1),
    dunned_count=2,
    approved_by="Chen",
    approved_at=NOON - timedelta(days=7),
    notice_served_at=NOON - timedelta(days=5),
    final_call_at=NOON - timedelta(minutes=30),
    is_important_user=False,
    is_protected=False,
    is_weather_extreme=False,
    harms_others=False,
)


def check(plan):
    return check_stop(plan, law=load_law(on=plan.stop_at.date()))


def missing(plan):
    return {guard.name: guard.state for guard in check(plan).missing}


class TestArrears:
    def test_with_everything_in_order_may_be_stopped(self):
        assert check(READY).may_stop

    @pytest.mark.parametrize(
        ("changes", "guard", "state"),
        [
            ({"approved_at": None}, "approved", "fails"),
            ({"approved_at": NOON + timedelta(hours=1)}, "approved", "fails"),
            ({"overdue_on": date(2025, 2, 10)}, "arrears_lasting", "fails"),  # 30 days, not more than 30
            ({"overdue_on": None}, "arrears_lasting", "unknown"),
            ({"dunned_count": 0}, "dunned", "fails"),
            ({"notice_served_at": NOON - timedelta(days=2)}, "notice_early", "fails"),
            ({"notice_served_at": NOON - timedelta(days=8)}, "notice_fresh", "fails"),
            ({"is_important_user": True}, "authority_told", "fails"),
            ({"is_important_user": None}, "authority_told", "unknown"),
            ({"final_call_at": NOON - timedelta(minutes=29)}, "final_call", "fails"),
            ({"final_call_at": None}, "final_call", "fails"),
            ({"is_protected": True, "protected_as": "dialysis at home"}, "not_protected", "fails"),
            ({"is_protected": None}, "not_protected", "unknown"),
            ({"is_weather_extreme": True}, "weather", "fails"),
            ({"is_weather_extreme": None}, "weather", "unknown"),
            ({"harms_others": True}, "no_harm", "fails"),
            ({"harms_others": None}, "no_harm", "unknown"),
        ],
    )
    def test_may_not_be_stopped_for_one_guard_alone(self, changes, guard, state):
        assert missing(replace(READY, **changes)) == {guard: GuardState(state)}

    def test_may_be_stopped_on_the_31st_day(self):
        assert check(replace(READY, overdue_on=date(2025, 2, 9))).may_stop

    @pytest.mark.parametrize(
        ("at", "guard"),
        [
            (datetime(2025, 3, 12, 7, 59, tzinfo=CHINA), "by_day"),
            (datetime(2025, 3, 12, 17, tzinfo=CHINA), "by_day"),
            (datetime(2025, 3, 15, 10, tzinfo=CHINA), "working_day"),  # Saturday
            (datetime(2025, 4, 4, 10, tzinfo=CHINA), "working_day"),  # Friday, Qingming
        ],
    )
    def test_is_not_stopped_at_night_or_on_a_day_of_rest(self, at, guard):
        moved = {
            "stop_at": at,
            "notice_served_at": at - timedelta(days=5),
            "final_call_at": at - timedelta(hours=1),
        }

        assert set(missing(replace(READY, **moved))) == {guard}

    def test_says_why(self):
        guard = next(each for each in check(READY).guards if each.name == "notice_early")

        assert guard.why.say("en") == "served 5 days before, 3 to 7 required"
        assert guard.rule.clause.instrument.version == "2024"

    def test_of_an_important_user_may_be_stopped_once_the_authority_was_told(self):
        plan = replace(READY, is_important_user=True, authority_told_at=NOON - timedelta(days=5))

        assert check(plan).may_stop


class TestTheft:
    CONFIRMED = StopPlan(
        ground=StopGround.THEFT, stop_at=NOON, is_theft_confirmed=True, is_protected=False, harms_others=False
    )

    def at(self, day):
        return replace(self.CONFIRMED, stop_at=datetime(day.year, day.month, day.day, 22, tzinfo=CHINA))

    def test_confirmed_could_be_stopped_on_the_spot_at_any_hour_until_2024(self):
        found = check(self.at(date(2024, 5, 31)))

        assert (found.is_on_the_spot, found.may_stop) == (True, True)

    def test_confirmed_follows_the_procedure_since_2024_and_the_rule_is_to_be_confirmed(self):
        found = check(self.at(date(2024, 6, 3)))

        assert (found.is_on_the_spot, found.may_stop) == (False, False)
        assert {"approved", "notice_early", "final_call"} <= {guard.name for guard in found.missing}
        assert found.on_the_spot_rule is not None
        assert found.on_the_spot_rule.needs_confirmation

    @pytest.mark.parametrize("changes", [{"is_theft_confirmed": False}, {"is_protected": True}, {"harms_others": True}])
    def test_on_the_spot_still_needs_it_confirmed_and_nobody_else_hurt(self, changes):
        assert not check(replace(self.at(date(2024, 5, 31)), **changes)).may_stop


class TestMaintenance:
    def test_planned_is_announced_seven_days_before(self):
        plan = StopPlan(ground=StopGround.PLANNED_MAINTENANCE, stop_at=NOON, harms_others=False)

        assert not check(plan).may_stop
        assert not check(replace(plan, notice_served_at=NOON - timedelta(days=6))).may_stop
        assert check(replace(plan, notice_served_at=NOON - timedelta(days=7))).may_stop

    def test_temporary_tells_important_users_24_hours_before(self):
        plan = StopPlan(ground=StopGround.TEMPORARY_MAINTENANCE, stop_at=NOON, harms_others=False)

        assert check(replace(plan, is_important_user=False)).may_stop
        told = replace(plan, is_important_user=True, notice_served_at=NOON - timedelta(hours=23))
        assert not check(told).may_stop
        assert check(replace(told, notice_served_at=NOON - timedelta(hours=24))).may_stop


class TestEmergency:
    def test_waits_for_no_approval(self):
        assert check(StopPlan(ground=StopGround.EMERGENCY, stop_at=NOON, harms_others=False)).may_stop


class TestGuards:
    def test_cover_every_ground(self):
        assert {ground for guard in read_guards() for ground in guard.grounds} == set(StopGround)

    def test_refuse_an_instant_without_its_zone(self):
        with pytest.raises(InstantNeeded):
            check(replace(READY, approved_at=datetime(2025, 3, 1)))
