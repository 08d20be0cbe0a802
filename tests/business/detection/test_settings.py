"""Detection's versioned data: nothing in the code that is not in a table, and nothing in a table that nobody says."""

import pickle
import re
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

import lamplighter.business.detection as room
from lamplighter.base.messages import LANGUAGES, catalogue
from lamplighter.business.detection.records import Colour, Layer
from lamplighter.business.detection.settings import SettingNotANumber, SettingUnknown, default_settings, read_settings

SOURCE = Path(room.__file__).parent
SETTINGS = default_settings()


def source_text() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")))


class TestSettings:
    def test_are_all_read_by_the_code(self):
        code = source_text()
        built = ("shape.", "price.", "colour.")

        # Thresholds of the rule pack are read by their short names: its own tests look for them.
        pack = {f"{code}." for code in (*SETTINGS.pack.rules, *SETTINGS.pack.scenarios)} | {"anomalies.gap_days"}
        named = [n for n in {**SETTINGS.thresholds, **SETTINGS.costs} if not n.startswith(tuple(pack))]
        unread = [name for name in named if f'"{name}"' not in code]

        assert [name for name in unread if not name.startswith(built)] == []

    def test_hold_every_name_the_code_asks_for(self):
        asked = set(re.findall(r'number\("([a-z_]+\.[a-z_.]+)"\)', source_text()))

        assert asked - {**SETTINGS.thresholds, **SETTINGS.costs}.keys() == set()

    def test_say_where_each_figure_comes_from(self):
        rows = [*SETTINGS.thresholds.values(), *SETTINGS.costs.values()]

        assert all(row.source and row.meaning and row.meaning_zh and row.version for row in rows)
        assert {row.evidence for row in rows} <= {"R", "M-H", "M-M", "M-L", "P"}
        assert len({row.rule_id for row in rows}) == len(rows)

    def test_mark_what_the_company_has_to_confirm(self):
        assert SETTINGS.costs["cost.visit_yuan"].needs_confirmation
        assert not SETTINGS.thresholds["AN-08.voltage_share"].needs_confirmation

    def test_take_a_companys_own_figures_and_change_the_version_with_them(self):
        own = SETTINGS.with_values({"cost.visit_yuan": 350})

        assert own.number("cost.visit_yuan") == 350.0
        assert SETTINGS.number("cost.visit_yuan") == 80.0
        assert own.version != SETTINGS.version
        assert own.version == SETTINGS.with_values({"cost.visit_yuan": 350.0}).version

    def test_refuse_a_name_no_table_has(self):
        with pytest.raises(SettingUnknown, match="visit_yuna"):
            SETTINGS.with_values({"cost.visit_yuna": 350})
        with pytest.raises(SettingUnknown, match="hunch"):
            SETTINGS.reason("hunch")

    def test_read_a_companys_own_file(self, tmp_path):
        own = tmp_path / "detection.toml"
        own.write_text('"cost.visit_yuan" = 350\n')

        assert read_settings(on=date(2025, 1, 1), file=own).number("cost.visit_yuan") == 350.0

        own.write_text('"cost.visit_yuan" = "dear"\n')
        with pytest.raises(SettingNotANumber, match="visit_yuan"):
            read_settings(on=date(2025, 1, 1), file=own)

    def test_travel_to_another_process(self):
        assert pickle.loads(pickle.dumps(SETTINGS)) == SETTINGS

    def test_are_those_of_the_day(self):
        assert read_settings(on=date(2025, 1, 1)).thresholds == SETTINGS.thresholds


class TestReasons:
    def test_are_those_the_layers_can_find(self):
        named = set(re.findall(r'code="([a-z_]+)"', source_text()))
        named |= {f"event_{name}" for name in ("cover_open", "terminal_cover_open", "box_open", "magnet")}

        assert named == set(SETTINGS.reasons)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_and_their_checks_have_words_in_every_language(self, language):
        words = catalogue(language)

        missing = [code for code in SETTINGS.reasons if f"detection.reason.{code}" not in words]
        missing += [c for r in SETTINGS.reasons.values() for c in r.checks if f"detection.check.{c}" not in words]
        missing += [layer for layer in Layer if f"detection.layer.{layer}" not in words]
        missing += [colour for colour in Colour if f"detection.colour.{colour}" not in words]

        assert missing == []

    def test_for_a_suspicion_say_what_to_check(self):
        silent = [r.code for r in SETTINGS.reasons.values() if r.is_for and not r.checks]

        # That an area loses says nothing of one customer.
        assert silent == ["area_loses"]

    def test_never_weigh_below_zero(self):
        assert min(reason.weight for reason in SETTINGS.reasons.values()) >= 0.0


class TestEventCodes:
    def test_belong_to_one_event_only(self):
        text = files("lamplighter.business.detection").joinpath("event_codes.toml").read_text(encoding="utf-8")
        codes = [code for row in re.findall(r"codes = \[(.*?)\]", text) for code in re.findall(r'"(.*?)"', row)]

        assert len(codes) == len(set(codes))
