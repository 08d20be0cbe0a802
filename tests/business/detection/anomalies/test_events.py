"""AN-21 to AN-23, AN-28, AN-32, AN-33 and AN-36 to AN-38."""

from dataclasses import replace

import numpy as np
import pytest

from tests.business.detection.anomalies.seeing import DAYS, curve, event, run, see, spells


def fallen(day: int, share: float = 0.5) -> dict[str, np.ndarray]:
    return {"fall_day": np.array([day]), "fall_share": np.array([share])}


def flagged(rule: str, *days: int):
    flag = np.full((1, DAYS), np.nan)
    flag[0, list(days)] = 0.0
    seen = see()
    return replace(seen, flags={**seen.flags, rule: flag})


class TestCoverOpened:
    def opened(self, name: str = "cover_open", **given):
        return replace(see(), events={name: event(10)}, **given)

    def test_counts_with_its_weight(self):
        found = run("AN-21", self.opened())

        assert (found.first.tolist(), found.severity.tolist(), found.weight_share.tolist()) == ([10], [1], [1.0])

    @pytest.mark.parametrize(("installed", "count"), [(8, 1), (9, 0), (10, 0)])
    def test_is_the_fitters_up_to_a_day_after_installation(self, installed, count):
        assert len(spells("AN-21", self.opened(installed=np.array([installed])))) == count

    @pytest.mark.parametrize(("day", "count"), [(8, 1), (9, 0), (11, 0), (12, 1)])
    def test_is_explained_by_a_visit_within_a_day(self, day, count):
        assert len(spells("AN-21", self.opened(visits=np.array([[0, day]])))) == count

    @pytest.mark.parametrize(
        ("day", "share", "weight"), [(17, 0.3, 0.6), (18, 0.3, 0.4), (9, 0.3, 0.6), (8, 0.3, 0.4), (12, 0.29, 0.4)]
    )
    def test_weighs_more_when_the_use_fell_by_30_percent_within_a_week(self, day, share, weight):
        found = run("AN-21", self.opened(**fallen(day, share)))

        assert 0.4 * found.weight_share[0] == pytest.approx(weight)

    def test_of_the_terminals_alone_weighs_nothing(self):
        assert run("AN-21", self.opened("terminal_cover_open")).weight_share.tolist() == [0.0]
        assert run("AN-21", self.opened("terminal_cover_open", **fallen(12))).weight_share.tolist() == [1.5]

    def test_outside_the_window_is_not_seen(self):
        assert spells("AN-21", replace(see(), events={"cover_open": event(-1, DAYS)})) == []


class TestBoxOpened:
    def test_is_found_unless_a_visit_explains_it(self):
        seen = replace(see(), events={"box_open": event(10)})

        assert run("AN-22", seen).severity.tolist() == [2]
        assert spells("AN-22", replace(seen, visits=np.array([[0, 10]]))) == []


class TestMagneticField:
    @pytest.mark.parametrize(("minutes", "count"), [(5.0, 1), (4.9, 0), (np.nan, 0)])
    def test_lasts_five_minutes(self, minutes, count):
        assert len(spells("AN-23", replace(see(), events={"magnet": event(10, minutes=minutes)}))) == count

    @pytest.mark.parametrize(
        ("days", "found"), [((5, 20, 34), [5, 20, 34]), ((5, 20, 35), [20]), ((5, 20), [])], ids=str
    )
    def test_or_comes_three_times_within_thirty_days_of_it(self, days, found):
        # 5 and 35 lie 30 days apart: only of the middle one are both others near.
        assert [first for first, _ in spells("AN-23", replace(see(), events={"magnet": event(*days)}))] == found

    def test_weighs_only_with_a_fall_of_the_use(self):
        seen = replace(see(), events={"magnet": event(10, minutes=60.0)})

        assert run("AN-23", seen).weight_share.tolist() == [0.0]
        assert run("AN-23", seen).severity.tolist() == [2]
        assert run("AN-23", replace(seen, **fallen(12))).weight_share.tolist() == [1.0]


class TestClock:
    @pytest.mark.parametrize(
        ("minutes", "actions"),
        [
            (1.0, []),
            (1.1, ["set_clock_broadcast"]),
            (-5.0, ["set_clock_broadcast"]),
            (5.1, ["set_clock_key"]),
            (60.0, ["set_clock_key"]),
            (61.0, ["replace_meter"]),
        ],
    )
    def test_is_set_or_replaced_by_how_far_it_is_off(self, minutes, actions):
        found = run("AN-28", replace(see(), events={"clock_fault": event(10, figure=minutes)}))

        assert found.action.tolist() == actions

    def test_is_believed_where_validation_found_it_without_a_figure(self):
        found = run("AN-28", flagged("V-03", 4))

        assert (found.first.tolist(), found.action.tolist()) == ([4], ["clock"])

    @pytest.mark.parametrize(("minutes", "days", "count"), [(31.0, 3, 1), (31.0, 2, 0), (30.0, 3, 0)])
    def test_makes_tariff_periods_doubtful_when_it_is_far_off_again_and_again(self, minutes, days, count):
        seen = replace(see(), events={"clock_fault": event(*range(0, 5 * days, 5), figure=minutes)})

        assert len(spells("AN-36", seen)) == count


class TestRelay:
    def opened(self, kwh: float, amperes: float, *, closed: int | None = None):
        used, current = curve(0.275), curve(5.0)
        used[0, 11:], current[0, 11:] = kwh / 96, amperes
        events = {"relay_open": event(10)} | ({} if closed is None else {"relay_close": event(closed)})
        return replace(see({"current_a_a": current}, kwh=used), events=events)

    @pytest.mark.parametrize(
        ("kwh", "amperes", "count"), [(0.0, 0.11, 1), (0.0, 0.1, 0), (0.2, 0.0, 1), (0.05, 0.0, 0)]
    )
    def test_did_not_act_where_current_or_energy_flows_from_the_next_day_on(self, kwh, amperes, count):
        assert spells("AN-32", self.opened(kwh, amperes)) == [(11, 39)] * count

    def test_may_be_closed_again(self):
        assert spells("AN-32", self.opened(10.0, 5.0, closed=11)) == []
        assert spells("AN-32", self.opened(10.0, 5.0, closed=14)) == [(11, 13)]


class TestReportsFault:
    def test_takes_over_what_validation_found_and_notes_a_weak_battery(self):
        assert run("AN-33", flagged("V-04", 4, 5)).severity.tolist() == [0]
        assert run("AN-33", replace(see(), events={"battery_low": event(10)})).severity.tolist() == [4]
        assert spells("AN-33", see()) == []


class TestInterruptionImpossible:
    @pytest.mark.parametrize(
        ("minutes", "count"), [(-1.0, 1), (0.0, 0), (365 * 1440.0, 0), (365 * 1440.0 + 1, 1), (np.nan, 0)]
    )
    def test_ends_before_it_starts_or_after_a_year(self, minutes, count):
        assert len(spells("AN-37", replace(see(), events={"power_off": event(10, minutes=minutes)}))) == count

    @pytest.mark.parametrize(("points", "count"), [(2.0, 1), (1.0, 0)])
    def test_has_energy_inside_it(self, points, count):
        lit = np.zeros((1, DAYS))
        lit[0, 12] = points

        assert spells("AN-37", replace(see(), outage_points=lit)) == [(12, 12)] * count


class TestUnknownMeter:
    def test_is_any_that_the_concentrator_reports(self):
        seen = replace(see(), events={"unknown_meter": event(3), "cross_area_meter": event(20)})

        assert spells("AN-38", seen) == [(3, 3), (20, 20)]
        assert spells("AN-38", see()) == []
