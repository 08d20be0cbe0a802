"""Thresholds as versioned data."""

import datetime as dt
from importlib import resources
from pathlib import Path

import pytest

from lamplighter.business.line_loss import rules as rules_package
from lamplighter.business.line_loss.rules import ThresholdsInvalid, load_thresholds, read_thresholds

ENTRY = """
version = "own"
[[threshold]]
rule_id = "CL-high"
name = "{name}"
valid_from = {valid_from}
value = {value}
unit = "share"
source = "board decision 7"
evidence = "R"
"""


def own_file(tmp_path, *, name="high_above", valid_from="2025-03-01", value=0.06):
    file = tmp_path / "line_loss.toml"
    file.write_text(ENTRY.format(name=name, valid_from=valid_from, value=value), encoding="utf-8")
    return file


class TestThresholds:
    def test_of_the_company_hold_from_their_day_on(self, tmp_path):
        file = own_file(tmp_path)

        assert load_thresholds(on=dt.date(2025, 2, 28), file=file).high_above == 0.07
        assert load_thresholds(on=dt.date(2025, 3, 1), file=file).high_above == 0.06

    def test_are_told_apart_by_version_when_a_company_edits_its_own(self, tmp_path):
        first = load_thresholds(on=dt.date(2025, 6, 1), file=own_file(tmp_path, value=0.06)).version
        second = load_thresholds(on=dt.date(2025, 6, 1), file=own_file(tmp_path, value=0.05)).version

        assert len({first, second, load_thresholds(on=dt.date(2025, 6, 1)).version}) == 3

    def test_refuse_a_name_that_does_not_exist(self, tmp_path):
        with pytest.raises(ThresholdsInvalid, match="high_abvoe"):
            load_thresholds(on=dt.date(2025, 6, 1), file=own_file(tmp_path, name="high_abvoe"))

    def test_refuse_a_file_that_is_no_toml(self, tmp_path):
        file = tmp_path / "line_loss.toml"
        file.write_text("version = ", encoding="utf-8")

        with pytest.raises(ThresholdsInvalid):
            read_thresholds(file=file)

    def test_refuse_a_day_before_any_entry(self):
        with pytest.raises(ThresholdsInvalid, match="coverage_min"):
            load_thresholds(on=dt.date(1999, 1, 1))

    def test_each_carry_source_and_grade_and_weak_ones_ask_for_confirmation(self):
        _, entries = read_thresholds()

        assert {entry.evidence for entry in entries} <= {"R", "M-H", "M-M", "M-L", "P"}
        assert all(entry.source and entry.unit and entry.rule_id for entry in entries)
        assert {entry.name for entry in entries if entry.needs_confirmation} >= {"very_high_above", "small_load_kwh"}

    def test_stand_in_the_file_and_not_in_the_code(self):
        names = {entry.name for entry in read_thresholds()[1]}
        code = "".join(
            file.read_text(encoding="utf-8")
            for file in Path(str(resources.files(rules_package))).rglob("*.py")
            if file.name != "thresholds.py"
        )

        unused = {name for name in names if f"thresholds.{name}" not in code}
        assert unused == set()
