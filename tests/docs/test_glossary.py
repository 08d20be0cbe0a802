"""The glossary: every term in both languages, once, with the words the code is written in."""

from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "glossary.md"

# The words that names in the code are made of.
WORDS_OF_THE_CODE = {
    "meter point": "计量点",
    "meter": "电能表",
    "register": "示数",
    "interval energy": "分时电量",
    "area": "台区",
    "feeder": "线路",
    "premises": "用电地址",
    "account": "户号",
    "suspicion": "疑点",
    "case": "案件",
    "finding": "检查结果",
}


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if row[0] != "English" and not set(row[0]) <= set("-: ")]


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


class TestGlossary:
    def test_has_every_term_in_both_languages_with_its_meaning(self):
        incomplete = [row for row in rows() if len(row) != 3 or not all(row) or is_chinese(row[0])]
        without_chinese = [row for row in rows() if not is_chinese(row[1])]

        assert incomplete == []
        assert without_chinese == []

    def test_has_each_term_once(self):
        english = [row[0] for row in rows()]

        assert sorted(set(english)) == sorted(english)
        assert len(english) >= 60

    def test_has_the_words_the_code_is_written_in(self):
        found = {row[0]: row[1] for row in rows()}

        assert {word: found.get(word) for word in WORDS_OF_THE_CODE} == WORDS_OF_THE_CODE
