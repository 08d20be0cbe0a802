"""``lamplighter workflow``: process files checked and shown, in both languages and for machines."""

import json
from importlib import resources

import pytest

from lamplighter.business.workflow.definitions.library import PROCESSES
from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode


@pytest.fixture
def files(tmp_path, home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    for file in resources.files(PROCESSES).iterdir():
        if file.name.endswith((".bpmn", ".dmn")):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


class TestCheck:
    def test_sums_up_a_process_with_the_tables_beside_it(self, files, capsys):
        assert run(["workflow", "check", str(files / "inspection_case.bpmn")]) == ExitCode.OK

        said = capsys.readouterr().out
        assert "inspection_case version 1 can be used: 32 user tasks, 2 services and decisions, 2 timers" in said
        assert "24 h (R)" in said
        assert "5 working days (P: company default, confirm)" in said

    def test_sums_up_a_table(self, files, capsys):
        assert run(["workflow", "check", str(files / "approval_level.dmn")]) == ExitCode.OK

        assert "a decision table with 5 rows" in capsys.readouterr().out

    def test_misses_the_tables_that_are_not_beside_it(self, files, capsys):
        (files / "approval_level.dmn").unlink()

        assert run(["workflow", "check", str(files / "inspection_case.bpmn")]) == ExitCode.FAILED
        assert "The decision “approval_level 1” is not there" in capsys.readouterr().err

    def test_prints_every_fault_in_the_language_spoken(self, files, capsys, monkeypatch):
        monkeypatch.setenv("LAMPLIGHTER_LANG", "zh")
        hostile = files / "hostile.bpmn"
        text = (files / "inspection_case.bpmn").read_text(encoding="utf-8")
        text = text.replace('outcome = "CLEAN"', "__import__('os')")
        text = text.replace('<endEvent id="archived"', '<scriptTask id="x"/><endEvent id="archived"')
        hostile.write_text(text, encoding="utf-8")

        assert run(["workflow", "check", str(hostile)]) == ExitCode.FAILED

        said = capsys.readouterr().err
        assert "hostile.bpmn 不能使用：共 2 处错误" in said
        assert "x: 不允许脚本任务" in said
        assert "f_outcome_choice_clean: “__import__('os')”不是可用的表达式" in said

    def test_knows_the_services_it_is_told(self, files, capsys):
        process = files / "service.bpmn"
        process.write_text(
            '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:lamp="urn:lamplighter:process:1">'
            '<process id="p" lamp:version="1" lamp:startRoles="clerk"><startEvent id="s"/>'
            '<serviceTask id="m" lamp:service="price"/><endEvent id="e"/>'
            '<sequenceFlow id="f1" sourceRef="s" targetRef="m"/><sequenceFlow id="f2" sourceRef="m" targetRef="e"/>'
            "</process></definitions>",
            encoding="utf-8",
        )

        assert run(["workflow", "check", str(process)]) == ExitCode.FAILED
        assert run(["workflow", "check", str(process), "--service", "price"]) == ExitCode.OK

    def test_answers_a_machine(self, files, capsys):
        assert run(["workflow", "check", str(files / "inspection_case.bpmn"), "--json"]) == ExitCode.OK

        answer = json.loads(capsys.readouterr().out)
        steps = {step["id"]: step for step in answer["steps"]}
        assert answer["states"][0] == "CLUE"
        assert answer["states"][-1] == "ARCHIVED"
        assert steps["calculate"]["duty"] == "calculator"
        assert steps["restore"]["deadlines"][0]["amount"] == 24


class TestShow:
    @pytest.mark.parametrize(
        ("language", "expected"),
        [
            ("zh", ["用电检查案件", "24 小时（R）", "须由不同人员承担：finder, calculator, approver", "计量鉴定"]),
            ("en", ["Inspection case", "24 h (R)", "persons: finder, calculator, approver", "metrology body"]),
        ],
    )
    def test_says_who_may_do_what_until_when(self, home, capsys, monkeypatch, language, expected):
        monkeypatch.setenv("LAMPLIGHTER_LANG", language)
        monkeypatch.setenv("COLUMNS", "240")

        assert run(["workflow", "show", "inspection_case"]) == ExitCode.OK

        said = capsys.readouterr().out
        assert [each for each in expected if each not in said] == []

    def test_names_what_there_is_when_asked_for_another(self, home, capsys):
        assert run(["workflow", "show", "no_such"]) == ExitCode.FAILED
        assert "inspection_case" in capsys.readouterr().err
