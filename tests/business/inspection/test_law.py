"""Law as data: every row graded, sourced, without holes or overlaps, and uncertain ones marked."""

import ast
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lamplighter.base.messages import catalogue, placeholders
from lamplighter.business import inspection
from lamplighter.business.inspection.rules.law import LawBroken, LawMissing, load_law, read_statutes

GRADES = {"R", "M-H", "M-M", "M-L", "P"}
ROOM = Path(inspection.__file__).parent


class TestData:
    def test_carry_a_source_and_a_known_grade(self):
        for rule in read_statutes().rules:
            assert rule.source, rule.rule_id
            assert {rule.evidence, rule.clause.article_evidence} <= GRADES, rule.rule_id
            assert rule.zh, rule.rule_id
            assert rule.en, rule.rule_id

    def test_never_hold_two_values_of_one_rule_on_a_day(self):
        for rows in (read_statutes().rules, read_statutes().switches, read_statutes().acts):
            spans: dict[str, list[tuple[date, date]]] = {}
            for row in rows:
                name = next(getattr(row, key) for key in ("rule_id", "name", "code") if hasattr(row, key))
                spans.setdefault(name, []).append((row.valid_from, row.valid_to or date.max))
            for name, found in spans.items():
                for (_, end), (start, _) in zip(sorted(found), sorted(found)[1:], strict=False):
                    assert end <= start, name

    def test_hand_over_from_the_1996_to_the_2024_order_without_a_hole(self):
        old, new = load_law(on=date(2024, 5, 31)), load_law(on=date(2024, 6, 1))

        gone = {"breach.quota.per_kw", "breach.quota.multiple"}
        assert old.rules.keys() - new.rules.keys() == gone
        assert new.rules.keys() - old.rules.keys() == set()

    def test_are_read_where_code_names_them(self):
        known = {rule.rule_id for rule in read_statutes().rules}
        named = set()
        for path in ROOM.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rule":
                    named |= {each.value for each in node.args if isinstance(each, ast.Constant)}

        assert named
        assert named - known == set()

    def test_offer_their_own_default(self):
        assert all(switch.default in switch.options for switch in read_statutes().switches)

    def test_have_words_for_every_option_of_a_switch_in_both_languages(self):
        for switch in read_statutes().switches:
            for option in switch.options:
                assert f"inspection.choice.{switch.name}.{option}" in catalogue("zh").keys() & catalogue("en").keys()

    def test_never_call_a_doubtful_default_law(self):
        for rule in read_statutes().rules:
            if rule.evidence == "P":
                assert rule.clause.instrument.code == "company", rule.rule_id


class TestPhrases:
    def test_that_code_names_exist_with_the_fields_it_gives(self):
        known, faults = catalogue("en"), []
        for path in ROOM.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "phrase":
                    continue
                if not isinstance(node.args[0], ast.Constant):
                    continue
                message_id, given = node.args[0].value, {keyword.arg for keyword in node.keywords}
                if message_id not in known:
                    faults.append(f"{path.name}:{node.lineno} {message_id}")
                elif None not in given and placeholders(known[message_id]) != given:
                    faults.append(f"{path.name}:{node.lineno} {message_id} {sorted(given)}")

        assert faults == []


class TestLoadLaw:
    @pytest.mark.parametrize(("on", "unit"), [(date(2024, 5, 31), "calendar_day"), (date(2024, 6, 1), "hour")])
    def test_goes_by_the_day(self, on, unit):
        assert load_law(on=on).rule("restore").unit == unit

    def test_names_what_is_near_an_unknown_rule(self):
        with pytest.raises(LawMissing, match=r"theft\.days_unknown"):
            load_law(on=date(2025, 1, 1)).rule("theft.day_unknown")

    def test_says_that_an_article_is_to_be_looked_up(self):
        law = load_law(on=date(2025, 1, 1))

        assert law.rule("late_fee.residential").clause.say("en").endswith("(article to be looked up)")
        assert law.rule("theft.days_unknown").clause.say("zh") == (
            "《供电营业规则》（国家发展改革委令第14号，2024年）第105条"
        )

    LOCAL = (
        '[[rule]]\nrule_id = "{rule}"\nversion = "local"\nvalid_from = 2025-01-01\nvalue = {value}\nunit = "{unit}"\n'
        'instrument = "provincial"\narticle = ""\narticle_evidence = "R"\nzh = "地方"\nen = "local"\n'
        'source = "local rule"\nevidence = "R"\n'
    )

    def test_puts_a_provinces_file_over_the_packaged_rules(self, tmp_path):
        file = tmp_path / "province.toml"
        rule = self.LOCAL.format(rule="stop.notice_min_days", value=7, unit="calendar_day")
        file.write_text(rule, encoding="utf-8")

        own, local = load_law(on=date(2025, 3, 1)), load_law(on=date(2025, 3, 1), file=file)

        assert (own.rule("stop.notice_min_days").value, local.rule("stop.notice_min_days").value) == (3, 7)
        assert load_law(on=date(2024, 12, 31), file=file).rule("stop.notice_min_days").value == Decimal(3)
        assert local.version.startswith(f"{own.version}+")

    @pytest.mark.parametrize("content", ["[[rule]]\nrule_id = 'x'\n", "not toml", '[[switch]]\nname = "x"\n'])
    def test_refuses_a_broken_file(self, tmp_path, content):
        file = tmp_path / "broken.toml"
        file.write_text(content)

        with pytest.raises(LawBroken, match=r"broken\.toml"):
            load_law(on=date(2025, 1, 1), file=file)

    @pytest.mark.parametrize(
        "rule",
        [
            {"rule": "stop.notice_days", "value": 7, "unit": "calendar_day"},
            {"rule": "stop.notice_min_days", "value": 24, "unit": "hour"},
            {"rule": "stop.notice_min_days", "value": "true", "unit": "calendar_day"},
        ],
    )
    def test_refuses_a_rule_that_would_be_read_as_something_else(self, tmp_path, rule):
        file = tmp_path / "province.toml"
        file.write_text(self.LOCAL.format(**rule), encoding="utf-8")

        with pytest.raises(LawBroken, match=rule["rule"]):
            load_law(on=date(2025, 3, 1), file=file)

    def test_lets_a_company_decide_a_switch(self, tmp_path):
        file = tmp_path / "company.toml"
        row = '[[switch]]\nname = "late_cap"\noptions = ["none", "principal"]\ndefault = "{default}"\n' + (
            'valid_from = 2025-01-01\nzh = "上限"\nen = "cap"\nsource = "board"\nevidence = "R"\n'
        )
        file.write_text(row.format(default="principal"), encoding="utf-8")

        switch = load_law(on=date(2025, 3, 1), file=file).switches["late_cap"]

        assert (switch.default, switch.needs_confirmation) == ("principal", False)
        file.write_text(row.format(default="half"), encoding="utf-8")
        with pytest.raises(LawBroken, match="late_cap"):
            load_law(on=date(2025, 3, 1), file=file)
