"""``lamplighter service_desk``: questions, conversations and knowledge, for people and for machines."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.business.service_desk.voice.fakes import ears, utterances

from lamplighter.base.security.actor import Actor, Level, Role, rights_of
from lamplighter.base.security.models import Unit
from lamplighter.business.service_desk.knowledge.changes import Change, ChangeKind, read_figures
from lamplighter.business.service_desk.knowledge.graph import packaged_edges
from lamplighter.business.service_desk.knowledge.operations import decide_change, propose_change
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


ORDER = "公司办电提速通知（2026）第二条"


@pytest.fixture
def ordered(home: Path, db: None) -> None:
    """A desk on which the company said that homes are connected within three working days instead of five."""
    (home / "desk").mkdir(parents=True)
    (home / "desk" / "secret.key").touch()
    Unit.objects.create(
        unit_id="P",
        name="P",
        level="province",
        parent_id="",
        province_id="P",
        city_id="P",
        county_id="P",
        station_id="P",
    )
    proposer, decider = (
        Actor(number, f"p{number}", "P", Level.PROVINCE, frozenset({Role.MANAGER}), rights_of([Role.MANAGER]))
        for number in (1, 2)
    )
    known = next(edge for edge in packaged_edges() if edge.id == "new_lv.limit")
    figures = read_figures("home = 3 工作日\nother = 15 工作日", clause=ORDER, grade="P")
    edge = replace(known, values=figures, clause=ORDER, source="company order 2026-7", grade="P")
    now = dt.datetime.now(dt.UTC)
    change = Change(ChangeKind.CHANGED, edge, now.date() - dt.timedelta(days=1))
    number, _ = propose_change(actor=proposer, change=change, reason="faster", now=now)
    decide_change(actor=decider, number=number, is_approved=True, reason="checked", now=now)


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

    def test_answers_what_the_company_approved_where_it_has_a_desk(self, ordered, capsys):
        assert run(["service_desk", "ask", "家里新装电表要多久", "--json"]) == ExitCode.OK

        told = json.loads(capsys.readouterr().out)
        assert [figure["value"] for figure in told["figures"]] == ["3", "15"]
        assert told["clauses"] == [ORDER]

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

    def test_is_the_packages_with_what_was_approved(self, ordered, capsys):
        assert run(["service_desk", "knowledge", "--json"]) == ExitCode.OK

        told = json.loads(capsys.readouterr().out)
        assert [edge["clause"] for edge in told["edges"] if edge["id"] == "new_lv.limit"][-1] == ORDER
        assert len(told["edges"]) == len(packaged_edges()) + 1
