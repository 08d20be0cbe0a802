"""The table of rules: complete, and honest about what it could not judge."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import lamplighter.business.detection as detection
from lamplighter.base.messages import catalogue
from lamplighter.business.detection.anomalies.rulebook import RULES, UNREAD
from lamplighter.business.detection.rule_pack import read_pack
from tests.business.detection.anomalies.seeing import DAYS, SETTINGS, curve, event, judged, see

PACK = SETTINGS.pack


class TestPack:
    def test_has_all_38_rules_and_a_function_for_each_whose_data_can_be_read(self):
        assert sorted(PACK.rules) == [f"AN-{number:02d}" for number in range(1, 39)]
        assert {code for code, rule in PACK.rules.items() if not UNREAD & set(rule.needs)} == set(RULES)

    def test_grades_every_rule_and_marks_what_the_company_has_to_confirm(self):
        assert {rule.evidence for rule in PACK.rules.values()} <= {"R", "M-H", "M-M", "M-L", "P"}
        assert PACK.rules["AN-34"].needs_confirmation
        assert not PACK.rules["AN-38"].needs_confirmation

    def test_has_the_weights_and_public_codes_of_the_reference(self):
        weights = {code: rule.weight for code, rule in PACK.rules.items() if rule.weight}

        assert weights == {
            "AN-07": 0.25, "AN-08": 0.35, "AN-14": 0.30, "AN-17": 0.30, "AN-20": 0.45, "AN-21": 0.40, "AN-23": 0.40,
            "AN-24": 0.55, "AN-31": 0.15, "AN-32": 0.50,
        }  # fmt: skip
        assert {PACK.rules[code].public_code for code in ("AN-08", "AN-14", "AN-01")} == {"00100", "00102", "00103"}

    def test_reads_every_threshold_it_has(self):
        code = "".join(path.read_text(encoding="utf-8") for path in Path(detection.__file__).parent.rglob("*.py"))
        names = [name for name in SETTINGS.thresholds if re.match(r"AN-\d\d\.", name) and not name.endswith(".weight")]

        unread = [name for name in names if f'"{name}"' not in code and f'"{name.partition(".")[2]}"' not in code]

        assert names
        assert unread == []

    @pytest.mark.parametrize("words", [catalogue("zh"), catalogue("en")], ids=["zh", "en"])
    def test_can_be_said_in_both_languages(self, words):
        wanted = [f"detection.check.{rule.action}" for rule in PACK.rules.values()]
        wanted += [f"anomalies.data.{name}" for rule in PACK.rules.values() for name in rule.needs]
        for scenario in PACK.scenarios.values():
            wanted += [f"anomalies.scenario.{scenario.code}", f"anomalies.why.{scenario.code}"]
            wanted += [f"detection.check.{check}" for check in scenario.checks]

        assert [name for name in wanted if name not in words] == []

    def test_takes_the_newest_version_that_holds_on_the_day(self):
        row = {"all_of": [["AN-20"]], "unless": [], "within_days": 7, "confirmed_by": ["theft"], "checks": [],
               "evidence": "P", "code": "neutral"}  # fmt: skip
        table = {
            "version": "1",
            "valid_from": date(2020, 1, 1),
            "rule": [],
            "scenario": [
                {**row, "prior": 0.4},
                {**row, "prior": 0.6, "version": "2", "valid_from": date(2026, 1, 1)},
            ],
        }

        assert read_pack(table, on=date(2025, 12, 31)).scenarios["neutral"].prior == 0.4
        assert read_pack(table, on=date(2026, 1, 1)).scenarios["neutral"].prior == 0.6


class TestJudge:
    def test_leaves_out_a_meter_without_the_data_and_says_what_it_lacks(self):
        seen = replace(see({"current_n_a": curve(10.0)}), has={"current": np.array([True])})

        said = judged(seen)["AN-20"]

        assert (said.is_judged.tolist(), said.lacks, said.found) == ([False], ("neutral_current",), None)

    def test_judges_where_the_data_are_there(self):
        has = {name: np.array([True]) for name in ("current", "neutral_current")}

        said = judged(replace(see({"current_n_a": curve(10.0)}), has=has))["AN-20"]

        assert (said.found.at.tolist(), said.found.severity.tolist(), said.lacks) == ([0], [1], ())

    def test_lets_a_meter_be_that_a_rule_is_not_about(self):
        said = judged(replace(see(wiring="3P4W"), has={"current": np.array([True])}))["AN-20"]

        assert (said.in_scope.tolist(), said.lacks) == ([False], ())

    def test_does_not_look_for_reverse_energy_where_somebody_generates(self):
        back = {"reverse_kwh": np.full((1, DAYS), 9.0), "has": {"reverse": np.array([True])}}

        assert judged(replace(see(), **back))["AN-07"].found.at.tolist() == [0]
        assert judged(replace(see(), **back, generates=np.array([True])))["AN-07"].found is None

    def test_never_judges_what_no_company_folder_can_hold(self):
        everything = {
            name: np.array([True]) for rule in PACK.rules.values() for name in rule.needs if name not in UNREAD
        }

        said = judged(replace(see(), events={"cover_open": event(3)}, has={}))
        assert said["AN-06"].lacks == ("real_time_reads",)
        assert not judged(replace(see(), registers={"total_kwh": np.zeros((1, DAYS + 1)),
            "peak_kwh": np.zeros((1, DAYS + 1)), "max_demand_kw": np.zeros((1, DAYS + 1))}, has=everything)
        )["AN-24"].is_judged.any()  # fmt: skip
