"""``lamplighter service_desk``: questions, conversations and knowledge, for people and for machines."""

import json
from pathlib import Path

import pytest
from tests.business.service_desk.voice.fakes import ears, utterances

from lamplighter.business.service_desk.voice import hearing
from lamplighter.business.service_desk.voice.sound import write_wav
from lamplighter.doors.cli import service_desk
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


class TestListen:
    @pytest.fixture
    def call(self, tmp_path: Path) -> Path:
        """Two utterances of a second, from 1.0 s and from 3.0 s."""
        file = tmp_path / "call.wav"
        file.write_bytes(write_wav(utterances(2)))
        return file

    def test_answers_each_utterance_as_a_question_that_was_asked(self, home, call, capsys, monkeypatch):
        monkeypatch.setattr(service_desk, "open_ears", lambda home: ears("违约金怎么算", ("电表箱冒烟了", 0.1)))

        assert run(["service_desk", "listen", str(call), "--json"]) == ExitCode.OK

        fee, danger = json.loads(capsys.readouterr().out)
        assert (fee["text"], fee["intent"], fee["heard"], fee["is_clear"]) == ("违约金怎么算", "late_fee", 0.9, True)
        assert (fee["start"], fee["end"]) == pytest.approx((1.0, 2.0), abs=0.032)
        assert [figure["said"] for figure in fee["figures"]] == ["1 ‰", "2 ‰", "3 ‰"]
        assert (danger["is_clear"], danger["hand_over"]["is_urgent"]) == (False, True)

    def test_says_what_was_heard_and_answered(self, home, call, capsys, monkeypatch):
        monkeypatch.setattr(service_desk, "open_ears", lambda home: ears("违约金怎么算", ""))

        assert run(["service_desk", "listen", str(call)]) == ExitCode.OK

        said = capsys.readouterr().out
        assert "90% sure  违约金怎么算" in said
        assert "late_fee" in said

    def test_says_what_voice_needs_where_nothing_hears(self, home, call, capsys, monkeypatch):
        monkeypatch.setattr(hearing, "has_extra", lambda: False)

        assert run(["service_desk", "listen", str(call)]) == ExitCode.FAILED
        assert "./run voice" in " ".join(capsys.readouterr().err.split())


class TestPrompts:
    def test_that_are_missing_are_listed_with_their_files(self, home, capsys):
        assert run(["service_desk", "prompts"]) == ExitCode.OK
        assert "service_desk.hand_over.say.asked.wav" in capsys.readouterr().out.replace("\n", "")


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
