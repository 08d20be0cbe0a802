"""``lamplighter service_desk``: questions, conversations and knowledge, for people and for machines."""

import json

from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode

TALK = {
    "id": "T1",
    "channel": "call",
    "ended_by": "customer",
    "turns": [
        {"i": 0, "who": "agent", "start": 0, "end": 4, "text": "您好，供电公司，请讲。"},
        {"i": 1, "who": "customer", "start": 5, "end": 7, "text": "交电费"},
        {"i": 2, "who": "agent", "start": 40, "end": 44, "text": "爱交不交，再见。"},
    ],
}


class TestAsk:
    def test_answers_a_file_line_by_line_each_as_a_conversation_of_its_own(self, home, tmp_path, capsys):
        questions = tmp_path / "questions.txt"
        questions.write_text("违约金怎么算\n\n电表箱冒烟了\n今天天气怎么样\n", encoding="utf-8")

        assert run(["service_desk", "ask", "--file", str(questions)]) == ExitCode.OK

        fee, danger, weather = (json.loads(line) for line in capsys.readouterr().out.splitlines())
        assert (fee["intent"], fee["is_handed_over"]) == ("late_fee", False)
        assert [figure["said"] for figure in fee["figures"]] == ["1 ‰", "2 ‰", "3 ‰"]
        assert all(figure["source"] for figure in fee["figures"])
        assert (danger["intent"], danger["hand_over"]["is_urgent"]) == ("hazard", True)
        assert (weather["intent"], weather["figures"]) == ("other", [])

    def test_says_so_when_nothing_was_asked(self, home, capsys):
        assert run(["service_desk", "ask"]) == ExitCode.FAILED


class TestScore:
    def test_writes_one_document_a_conversation(self, home, tmp_path, capsys):
        talks = tmp_path / "talks.jsonl"
        talks.write_text(json.dumps(TALK) + "\n", encoding="utf-8")

        assert run(["service_desk", "score", str(talks), "--json"]) == ExitCode.OK

        found = json.loads(capsys.readouterr().out)
        assert [each["item"] for each in found["deductions"]] == ["listening.silence", "polite.forbidden_words"]
        assert (found["id"], found["total"]) == ("T1", 88)


class TestKnowledge:
    def test_of_the_package_is_sound(self, home, capsys):
        assert run(["service_desk", "knowledge"]) == ExitCode.OK
        assert "nothing wrong" in capsys.readouterr().out
