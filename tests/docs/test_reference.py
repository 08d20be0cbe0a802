import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


class TestTablesPage:
    def test_is_what_the_contracts_say(self) -> None:
        script = runpy.run_path(str(ROOT / "tools" / "reference.py"))

        page = (ROOT / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")

        assert page == script["write_page"](), "run `python tools/reference.py`"

    def test_says_every_column_in_both_languages(self) -> None:
        script = runpy.run_path(str(ROOT / "tools" / "reference.py"))

        silent = [
            f"{contract.name}.{column.name}"
            for contracts in script["ROOMS"].values()
            for contract in contracts
            for column in contract.columns
            if not column.meaning or not any("\u4e00" <= letter <= "\u9fff" for letter in column.meaning_zh)
        ]

        assert silent == []


class TestAnomalyRulesPage:
    def test_is_what_the_rule_pack_says(self) -> None:
        script = runpy.run_path(str(ROOT / "tools" / "reference.py"))

        page = (ROOT / "docs" / "reference" / "anomaly-rules.md").read_text(encoding="utf-8")

        assert page == script["write_rules_page"](), "run `python tools/reference.py`"


class TestServicePage:
    def test_is_what_intents_rubric_and_knowledge_say(self) -> None:
        script = runpy.run_path(str(ROOT / "tools" / "service_reference.py"))

        page = (ROOT / "docs" / "reference" / "service.md").read_text(encoding="utf-8")

        assert page == script["write_service_page"](), "run `python tools/service_reference.py`"
