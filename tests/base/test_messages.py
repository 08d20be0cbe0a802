"""Messages: the same ids and placeholders in every language, and no id in the code without its text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lamplighter.base import messages
from lamplighter.base.messages import (
    LanguageUnknown,
    MessageFieldMissing,
    MessageUnknown,
    catalogue,
    language,
    placeholders,
    speaking,
    text,
)

SOURCE = Path(messages.__file__).parents[2]


def calls_of_text() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            named_text = isinstance(node.func, ast.Name) and node.func.id == "text"
            reached_text = (
                isinstance(node.func, ast.Attribute)
                and node.func.attr == "text"
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "messages"
            )
            if named_text or reached_text:
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


class TestCatalogues:
    def test_have_the_same_ids_in_both_languages(self):
        chinese, english = catalogue("zh"), catalogue("en")

        assert chinese.keys() - english.keys() == set()
        assert english.keys() - chinese.keys() == set()

    def test_have_the_same_placeholders_in_both_languages(self):
        chinese, english = catalogue("zh"), catalogue("en")

        differing = {
            message_id: (sorted(placeholders(chinese[message_id])), sorted(placeholders(english[message_id])))
            for message_id in chinese.keys() & english.keys()
            if placeholders(chinese[message_id]) != placeholders(english[message_id])
        }

        assert differing == {}

    def test_have_a_text_for_every_id_the_code_names(self):
        known = catalogue("en")

        unknown = [
            f"{where}: {node.args[0].value}"
            for where, node in calls_of_text()
            if isinstance(node.args[0], ast.Constant) and node.args[0].value not in known
        ]

        assert unknown == []

    def test_have_some_text_for_every_id_the_code_puts_together(self):
        known = catalogue("en")

        unknown = []
        for where, node in calls_of_text():
            if isinstance(node.args[0], ast.JoinedStr) and isinstance(node.args[0].values[0], ast.Constant):
                start = str(node.args[0].values[0].value)
                if not any(message_id.startswith(start) for message_id in known):
                    unknown.append(f"{where}: {start}...")

        assert unknown == []

    def test_get_a_value_for_each_of_their_placeholders(self):
        known = catalogue("en")

        unfilled = {}
        for where, node in calls_of_text():
            passed = {keyword.arg for keyword in node.keywords}
            if isinstance(node.args[0], ast.Constant) and node.args[0].value in known and None not in passed:
                missing = placeholders(known[node.args[0].value]) - passed
                if missing:
                    unfilled[where] = sorted(missing)

        assert unfilled == {}


class TestLanguage:
    @pytest.mark.parametrize(
        ("environ", "spoken"),
        [
            ({}, "en"),
            ({"LANG": "C.UTF-8"}, "en"),
            ({"LANG": "zh_CN.UTF-8"}, "zh"),
            ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
            ({"LANG": "zh_CN.UTF-8", "LAMPLIGHTER_LANG": "en"}, "en"),
            ({"LANG": "en_GB.UTF-8", "LAMPLIGHTER_LANG": "zh-Hans"}, "zh"),
        ],
    )
    def test_is_the_asked_one_then_that_of_the_locale(self, environ, spoken):
        assert language(environ) == spoken

    def test_refuses_a_language_it_does_not_speak(self):
        with pytest.raises(LanguageUnknown, match="LAMPLIGHTER_LANG=fr"):
            language({"LAMPLIGHTER_LANG": "fr"})


class TestText:
    def test_fills_the_placeholders_of_the_language_spoken(self):
        with speaking("zh"):
            assert text("house.version", version="9.9") == "掌灯 9.9"

        with speaking("en"):
            assert text("house.version", version="9.9") == "Lamplighter 9.9"

    def test_names_the_file_an_unknown_id_belongs_in(self):
        with pytest.raises(MessageUnknown, match=r"en/house\.toml"):
            text("house.nowhere", in_language="en")

    def test_names_the_placeholder_that_got_no_value(self):
        with pytest.raises(MessageFieldMissing, match="version"):
            text("house.version", in_language="en")
