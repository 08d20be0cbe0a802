"""One meter's day explained, and what another rule would change."""

from datetime import date, datetime

import numpy as np
import pytest

from lamplighter.business.trusted_energy.policy import load_policy
from lamplighter.business.trusted_energy.queries.explain import MeterDayUnknown, explain_meter_day
from lamplighter.business.trusted_energy.queries.what_if import NothingToCompare, read_blocks, what_if

TUESDAY = date(2025, 3, 4)
NAN = np.nan


def explain(lake, meter="M000", on=TUESDAY, at=None):
    with lake.snapshot() as state:
        return explain_meter_day(snapshot=state, meter_id=meter, on_date=on, as_known_at=at)


class TestExplanation:
    def test_shows_what_came_what_was_made_of_it_and_why(self, small_lake):
        found = explain(small_lake)

        # 20 measured hours of 1, the late 2 and 2.5: 24.5; the dial says 26.5, so the two missing hours share 2.
        assert found.received_kwh == 24.5
        assert found.dial.difference_kwh == 26.5
        assert (found.energy_kwh, found.source) == (26.5, "register")
        line = found.slots[20]
        assert (line.received_kwh, line.trusted_kwh, line.quality) == (None, 1.0, "estimated")
        assert (line.cause, line.cause_rule) == ("not_received", "V-05")
        assert (line.method, line.method_rule, line.aemo_type) == ("linear_scaled", "E-03", 12)
        assert line.starts_at == "2025-03-04T20:00+08:00"

    def test_carries_rule_version_and_severity_of_each_flag(self, small_lake):
        (flag,) = explain(small_lake).flags

        assert (flag.rule_id, flag.rule_version, flag.severity) == ("V-05", "1", "fail")
        assert (flag.first_slot, flag.slot_span) == (20, 2)

    def test_of_a_day_as_received_has_no_reasons(self, small_lake):
        found = explain(small_lake, meter="M001")

        assert found.energy_kwh == 24.0
        assert found.flags == ()
        assert {(line.quality, line.cause, line.method) for line in found.slots} == {("actual", "none", "none")}

    def test_as_known_earlier_leaves_out_what_came_later(self, small_lake):
        found = explain(small_lake, at=datetime(2025, 3, 6))

        assert found.received_kwh == 20.0
        assert not found.is_worked
        assert found.slots[10].received_kwh is None
        assert found.received_at == datetime(2025, 3, 5, 6)
        assert found.flags == ()

    def test_before_anything_was_known_finds_nothing(self, small_lake):
        with pytest.raises(MeterDayUnknown):
            explain(small_lake, at=datetime(2025, 3, 1))

    @pytest.mark.parametrize(
        ("meter", "on", "words"), [("M999", TUESDAY, "no meter"), ("M000", date(2024, 1, 1), "Nothing")]
    )
    def test_of_what_is_not_there_says_which(self, small_lake, meter, on, words):
        with pytest.raises(MeterDayUnknown, match=words):
            explain(small_lake, meter=meter, on=on)


class TestWhatIf:
    def test_counts_days_meters_and_energy_and_writes_nothing(self, small_lake):
        policy = load_policy(on=TUESDAY)
        with small_lake.snapshot() as state:
            before = state.generation
            blocks = read_blocks(state, first_on=date(2025, 3, 3), last_on=date(2025, 3, 5), history_days=0)
            found = what_if(blocks=blocks, policy=policy, changes={"E-03.is_on": False})

        # Without scaling Tuesday is 24.5 + 1 + 1, the line between ones, and 26.5 on the dial: nothing moves.
        assert (found.meter_days, found.changed_meter_days) == (6, 0)
        with small_lake.snapshot() as state:
            assert state.generation == before

    def test_finds_what_a_lower_bound_would_refuse(self, small_lake):
        policy = load_policy(on=TUESDAY)
        with small_lake.snapshot() as state:
            blocks = read_blocks(state, first_on=date(2025, 3, 3), last_on=date(2025, 3, 5), history_days=0)
            found = what_if(blocks=blocks, policy=policy, changes={"V-12.margin": 0.1, "E-03.is_on": False})

        # 1.32 kWh an hour: the hours of 2 and 2.5 kWh go and become ones.
        assert (found.changed_meter_days, found.changed_meters, found.changed_days) == (1, 1, 1)
        assert found.energy_before_kwh - found.energy_after_kwh == pytest.approx(2.5)
        assert found.moved_kwh == pytest.approx(2.5)
        changed = {rule.rule_id: (rule.flags_before, rule.flags_after) for rule in found.rules}
        assert changed["V-12"] == (0, 1)

    def test_without_readings_has_nothing_to_compare(self, policy):
        with pytest.raises(NothingToCompare):
            what_if(blocks=[], policy=policy, changes={})

    def test_counts_days_that_become_unknown(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 10] = NAN

        found = what_if(blocks=[draw(day)], policy=policy, changes={"E-01.is_on": False})

        assert (found.became_unknown, found.changed_meter_days) == (1, 1)
