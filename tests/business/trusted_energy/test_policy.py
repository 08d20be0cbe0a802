"""Rules and thresholds are data: versions, a company's own file, the calendar."""

import re
from datetime import date

import numpy as np
import pytest

from lamplighter.base.messages import catalogue
from lamplighter.business.trusted_energy.policy import (
    PolicyBroken,
    SettingMistyped,
    SettingUnknown,
    day_types,
    load_policy,
)
from lamplighter.business.trusted_energy.records import AEMO_TYPE, RULE_OF_CAUSE, RULE_OF_METHOD, Cause, Method

EVIDENCE = {"R", "M-H", "M-M", "M-L", "P"}

COMPANY = """
[[setting]]
rule_id = "V-08"
name = "threshold"
version = "east-1"
valid_from = 2025-07-01
value = {value}
unit = "ratio"
source = "decision 12 of the metering centre"
evidence = "R"
"""


class TestPolicy:
    def test_has_every_rule_of_the_reference(self, policy):
        wanted = {f"V-{k:02d}" for k in range(1, 22)} | {f"E-{k:02d}" for k in range(1, 10)}

        assert set(policy.rules) == wanted

    def test_says_source_and_grade_of_every_value(self, policy):
        for each in (*policy.rules.values(), *policy.settings.values()):
            assert each.source
            assert each.evidence in EVIDENCE

    def test_marks_company_defaults(self, policy):
        assert policy.settings["V-10.high"].needs_confirmation
        assert not policy.settings["V-08.threshold"].needs_confirmation

    def test_has_words_for_every_rule_unit_cause_and_method(self, policy):
        for language in ("zh", "en"):
            known = catalogue(language)
            assert all(f"trusted_energy.rule.{rule_id}" in known for rule_id in policy.rules)
            assert all(f"trusted_energy.means.{rule_id}" in known for rule_id in policy.rules)
            units = {each.unit for each in policy.settings.values()} - {""}
            assert all(f"trusted_energy.unit.{re.sub('[^a-z]+', '_', unit.lower())}" in known for unit in units)
            assert all(f"trusted_energy.cause.{c.name.lower()}" in known for c in Cause if c)
            assert all(f"trusted_energy.method.{m.name.lower()}" in known for m in Method if m)

    def test_knows_the_rule_behind_every_cause_and_method(self, policy):
        assert {*RULE_OF_CAUSE.values(), *RULE_OF_METHOD.values()} <= set(policy.rules)
        assert set(RULE_OF_CAUSE) == set(Cause) - {Cause.NONE}
        assert set(RULE_OF_METHOD) == set(Method) - {Method.NONE}

    def test_knows_the_aemo_type_of_every_method(self):
        """E-06: 12 calculated, 15 average like day, 17 linear, 19 zero."""
        assert set(AEMO_TYPE) == set(Method) - {Method.NONE}
        assert (AEMO_TYPE[Method.LINEAR], AEMO_TYPE[Method.LIKE_DAY], AEMO_TYPE[Method.ZERO_OUTAGE]) == (17, 15, 19)

    def test_does_not_hold_before_its_first_day(self):
        assert load_policy(on=date(2019, 12, 31)).rules == {}


class TestChange:
    def test_gets_a_version_of_its_own(self, policy):
        changed = policy.changed({"V-08.threshold": 2.5})

        assert changed.number("V-08.threshold") == 2.5
        assert re.fullmatch(re.escape(policy.version) + r"\+[0-9a-f]{8}", changed.version)
        assert policy.number("V-08.threshold") == 1.8

    def test_can_switch_a_rule_and_its_severity(self, policy):
        changed = policy.changed({"V-15.is_on": False, "V-08.severity": "note"})

        assert not changed.is_on("V-15")
        assert changed.rules["V-08"].severity == "note"

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"V-08.treshold": 2.5}, SettingUnknown),
            ({"V-99.is_on": True}, SettingUnknown),
            ({"V-08.threshold": "much"}, SettingMistyped),
            ({"V-08.threshold": True}, SettingMistyped),
            ({"V-08.is_on": 1.0}, SettingMistyped),
            ({"V-08.severity": "awful"}, SettingMistyped),
            ({"V-03.codes": "clock"}, SettingMistyped),
        ],
    )
    def test_that_means_nothing_is_refused(self, policy, changes, error):
        with pytest.raises(error):
            policy.changed(changes)

    def test_that_is_mistyped_names_what_is_near(self, policy):
        with pytest.raises(SettingUnknown, match=r"V-08\.threshold"):
            policy.changed({"V-08.treshold": 2.5})


class TestCompanyFile:
    def test_takes_over_from_its_day_on(self, tmp_path):
        file = tmp_path / "trusted_energy.toml"
        file.write_text(COMPANY.format(value=2.2), encoding="utf-8")

        before, after = (load_policy(on=day, override=file) for day in (date(2025, 6, 30), date(2025, 7, 1)))

        assert (before.number("V-08.threshold"), after.number("V-08.threshold")) == (1.8, 2.2)
        assert after.version != load_policy(on=date(2025, 7, 1)).version

    @pytest.mark.parametrize(
        "content",
        [
            "[[setting",
            COMPANY.format(value='"much"'),
            COMPANY.format(value=2.2).replace("V-08", "V-77"),
            COMPANY.format(value=2.2).replace('unit = "ratio"\n', ""),
            '[[rule]]\nrule_id = "V-08"\n',
        ],
    )
    def test_that_is_broken_is_refused_with_its_path(self, tmp_path, content):
        file = tmp_path / "trusted_energy.toml"
        file.write_text(content, encoding="utf-8")

        with pytest.raises(PolicyBroken, match=r"trusted_energy\.toml"):
            load_policy(on=date(2025, 7, 1), override=file)

    def test_in_another_encoding_is_refused(self, tmp_path):
        file = tmp_path / "trusted_energy.toml"
        file.write_bytes(COMPANY.format(value=2.2).replace("metering", "计量").encode("gb18030"))

        with pytest.raises(PolicyBroken, match="UnicodeDecodeError"):
            load_policy(on=date(2025, 7, 1), override=file)


class TestDayTypes:
    @pytest.mark.parametrize(
        ("day", "calendar", "kind"),
        [
            ("2025-03-07", "cn", 0),  # Friday
            ("2025-03-08", "cn", 1),  # Saturday
            ("2025-03-09", "cn", 2),  # Sunday
            ("2025-01-29", "cn", 2),  # Wednesday, Spring Festival
            ("2025-01-26", "cn", 0),  # Sunday, worked
            ("2025-02-08", "cn", 0),  # Saturday, worked
            ("2025-01-29", "none", 0),
            ("2035-10-01", "cn", 0),  # no announcement yet: a plain Monday
        ],
    )
    def test_are_weekday_saturday_and_sunday_or_holiday(self, day, calendar, kind):
        assert day_types(np.array([day], "datetime64[D]"), calendar=calendar).tolist() == [kind]

    @pytest.mark.parametrize(
        ("year", "holidays"), [(2022, 11), (2023, 11), (2024, 11), (2025, 13), (2026, 13), (2027, 13)]
    )
    def test_add_up_to_weekends_and_the_statutory_holidays(self, year, holidays):
        """Make-up days only move days off about: eleven holidays a year, thirteen from 2025."""
        days = np.arange(np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01"))

        off, weekends = (int((day_types(days, calendar=calendar) > 0).sum()) for calendar in ("cn", "none"))

        assert off == weekends + holidays
