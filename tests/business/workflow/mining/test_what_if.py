"""What a change would do, on a desk small enough to reckon by hand."""

import datetime as dt

import pytest

from lamplighter.business.workflow.mining.records import Done, Trace
from lamplighter.business.workflow.mining.what_if import Change, LogTooShort, Shift, forecast
from tests.business.workflow.drawing import MONDAY


class EveryDay:
    zone = dt.UTC

    def is_working_day(self, day):
        return True


def one_agent(count):
    """A matter every 30 minutes, one agent who takes 40 for each: the line grows by ten minutes a matter."""
    found, free = [], 0
    for number in range(count):
        opened = 30 * number
        done = max(opened, free) + 40
        free = done
        begin, end = (MONDAY + dt.timedelta(minutes=minutes) for minutes in (opened, done))
        found.append(Trace(str(number), "p", begin, (Done("handle", "agent", "li", begin, end),), True))
    return found


def told(change, traces=None, **more):
    return forecast(
        traces or one_agent(25), change=change, calendar=EveryDay(), shift=Shift(0, 24, every_day=True), **more
    )


class TestForecast:
    def test_plays_the_log_as_it_was(self):
        # Waits of 0, 10, ... 240 minutes and 40 of work: 160 minutes in the middle, 2.67 hours.
        found = told(Change())

        assert found.seen_hours == pytest.approx(160 / 60)
        assert found.before.middle == pytest.approx(160 / 60)
        assert found.difference.middle == 0.0

    def test_knows_what_a_second_agent_does(self):
        # Two agents and a matter every 30 minutes: nobody waits.
        found = told(Change(staff={"agent": 2}))

        assert found.after.middle == pytest.approx(40 / 60)
        assert found.difference.middle == pytest.approx(-2.0)
        assert found.busy["agent"] < 0.8

    def test_leaves_a_step_out(self):
        assert told(Change(removed=frozenset({"handle"}))).after.middle == 0.0

    def test_says_how_often_a_limit_would_not_be_kept(self):
        # Done within two hours: waits up to 80 minutes, which nine of 25 matters have.
        found = told(Change(staff={"agent": 2}, limits={"handle": 2.0}))

        assert found.late_before["handle"].middle == pytest.approx(16 / 25)
        assert found.late_after["handle"].middle == 0.0

    def test_says_the_same_again(self):
        assert told(Change(staff={"agent": 2}), seed=3) == told(Change(staff={"agent": 2}), seed=3)

    def test_does_not_guess_from_a_handful(self):
        with pytest.raises(LogTooShort, match="19"):
            told(Change(), one_agent(19))
