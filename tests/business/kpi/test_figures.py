"""Intervals, and what a change is made of: with numbers that can be done by hand."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.kpi.records import Kind
from lamplighter.business.kpi.rules.definitions import KpiSettingsInvalid, read_kpi_settings
from lamplighter.business.kpi.rules.figures import make_figure, poisson_interval, take_apart, wilson_interval

TODAY = dt.date(2026, 11, 26)


class TestShare:
    def test_is_hits_of_total_with_the_interval_of_wilson(self) -> None:
        # 81 of 263: the worked example of Newcombe (1998), method 3.
        low, high = wilson_interval(hits=81, total=263)

        assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)

    def test_of_all_is_certain_above_only(self) -> None:
        found = make_figure(Kind.SHARE, hits=10, total=10)

        assert (found.value, found.high) == (1.0, pytest.approx(1.0))
        assert found.low == pytest.approx(10 / (10 + 1.96**2), abs=1e-3)

    def test_of_nothing_has_no_value(self) -> None:
        assert make_figure(Kind.SHARE, hits=0, total=0).value is None


class TestRate:
    def test_is_events_for_10000_customers_of_the_mean_month(self) -> None:
        # Six complaints in a quarter; 20,000, 20,000 and 20,000 customers.
        found = make_figure(Kind.RATE, hits=6, total=60_000, months=3)

        assert (found.value, found.total) == (3.0, 20_000)
        assert (found.low, found.high) == (pytest.approx(1.10, abs=0.01), pytest.approx(6.53, abs=0.01))

    def test_of_no_event_is_nought_and_not_certain(self) -> None:
        assert poisson_interval(0) == (0.0, pytest.approx(3.689, abs=1e-3))


class TestRatio:
    def test_has_no_interval(self) -> None:
        found = make_figure(Kind.RATIO, hits=59.5, total=60)

        assert (found.value, found.low, found.high) == (pytest.approx(0.9917, abs=1e-4), None, None)


class TestChange:
    def test_is_all_mix_where_no_group_changed_itself(self) -> None:
        # Before 2 complaints (half in time) and 8 enquiries (all): 9 of 10. After 6 and 4: 7 of 10.
        found = take_apart({"TK-1": (1, 2), "TK-4": (8, 8)}, {"TK-1": (3, 6), "TK-4": (4, 4)})

        assert found is not None
        assert found.difference == pytest.approx(-0.2)
        # Complaints: (0.6 - 0.2) x (0.5 - 0.8); enquiries: (0.4 - 0.8) x (1.0 - 0.8).
        assert {part.group: round(part.mix, 6) for part in found.parts} == {"TK-1": -0.12, "TK-4": -0.08}
        assert found.rate == 0

    def test_is_all_rate_where_the_shares_stayed(self) -> None:
        found = take_apart({"TK-1": (5, 10), "TK-4": (9, 10)}, {"TK-1": (8, 10), "TK-4": (8, 10)})

        assert found is not None
        # Half of +0.3, and half of -0.1.
        assert {part.group: round(part.rate, 6) for part in found.parts} == {"TK-1": 0.15, "TK-4": -0.05}
        assert found.mix == 0

    def test_counts_a_group_that_came_anew_as_mix(self) -> None:
        found = take_apart({"TK-4": (10, 10)}, {"TK-4": (10, 10), "TK-1": (0, 10)})

        assert found is not None
        new = next(part for part in found.parts if part.group == "TK-1")
        assert (new.before, new.after, new.rate) == (None, 0.0, 0.0)
        assert found.difference == pytest.approx(found.mix) == pytest.approx(-0.5)

    def test_is_not_there_without_a_period_before(self) -> None:
        assert take_apart({}, {"TK-1": (1, 2)}) is None

    @given(st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1))
    def test_adds_up_exactly(self, drawn: dict[str, tuple[int, int]]) -> None:
        before = {group: (min(hits, 40), 40) for group, (hits, _) in drawn.items()}
        after = {group: (min(hits, other), other) for group, (hits, other) in drawn.items()}

        found = take_apart(before, after)

        if found is not None:
            assert found.mix + found.rate == pytest.approx(found.difference, abs=1e-12)


class TestSettings:
    def test_have_every_figure_from_k1_to_k15_and_each_guard_of_them(self) -> None:
        found = read_kpi_settings(on=TODAY).definitions

        assert {f"K-{number}" for number in range(1, 16)} <= {code.split(".")[0] for code in found}
        assert {guard for each in found.values() for guard in each.guards} <= set(found)

    def test_say_what_a_figure_needs_that_a_company_may_not_deliver(self) -> None:
        found = read_kpi_settings(on=TODAY).definitions.values()

        assert {each.code: each.no_data for each in found if each.no_data} == {
            "K-1": "calls",
            "K-2": "calls",
            "K-3": "talks",
            "K-13": "commands",
        }

    def test_allow_no_figures_by_person_unless_the_company_names_its_ground(self, tmp_path: Path) -> None:
        assert read_kpi_settings(on=TODAY, folder=tmp_path).person_basis == ""

        (tmp_path / "kpi.toml").write_text(
            '[by_person]\nbasis = "职工代表大会 2026-03 通过的考核办法"', encoding="utf-8"
        )

        assert read_kpi_settings(on=TODAY, folder=tmp_path).person_basis == "职工代表大会 2026-03 通过的考核办法"

    def test_take_the_companys_own_target(self, tmp_path: Path) -> None:
        (tmp_path / "kpi.toml").write_text("[target]\n'K-4' = 0.85", encoding="utf-8")

        found = read_kpi_settings(on=TODAY, folder=tmp_path).definitions["K-4"]

        assert (found.target, found.target_evidence) == (0.85, "company")

    @pytest.mark.parametrize("wrong", ["[target]\n'K-99' = 1", "[target]\n'K-4' = 'high'", "[by_person]", "[x]", "]"])
    def test_are_refused_where_they_mean_nothing(self, wrong: str, tmp_path: Path) -> None:
        (tmp_path / "kpi.toml").write_text(wrong, encoding="utf-8")

        with pytest.raises(KpiSettingsInvalid, match=r"kpi\.toml"):
            read_kpi_settings(on=TODAY, folder=tmp_path)
