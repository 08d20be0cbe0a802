"""A number written into a file: the rest of it stays byte by byte."""

from importlib import resources

import pytest

from lamplighter.business.workflow.definitions.decision_file import read_decision
from lamplighter.business.workflow.definitions.library import PROCESSES, packaged_decisions, packaged_library
from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.definitions.versioning import write_decision_version, write_version
from tests.business.workflow.drawing import drawn, flows, task

STRAIGHT = flows("s > a", "a > e")
FOLDER = resources.files(PROCESSES)


class TestWrittenVersion:
    @pytest.mark.parametrize("name", packaged_library().names())
    def test_changes_nothing_but_the_number(self, name):
        content = FOLDER.joinpath(f"{name}.bpmn").read_bytes()

        changed = write_version(content, 1001)

        assert read_process(changed, file=name, decisions=packaged_decisions()).version == 1001
        assert write_version(changed, 1) == content
        assert len(changed) == len(content) + 3

    def test_goes_to_the_process_and_not_to_what_only_looks_like_one(self):
        lure = '<!-- <process id="p" lamp:version="1"> --><!--lamp:version="5"-->'
        content = drawn(lure, task("a", more="lamp:en='lamp:version=\"1\"'"), STRAIGHT, version=1)

        changed = write_version(content, 12)

        assert lure.encode() in changed
        assert b"lamp:en='lamp:version=\"1\"'" in changed
        assert read_process(changed, file="p.bpmn").version == 12

    def test_finds_the_attribute_under_another_prefix_in_other_quotes(self):
        content = drawn(task("a"), STRAIGHT).replace(b"lamp:", b"x1:").replace(b"xmlns:lamp", b"xmlns:x1")
        content = content.replace(b'x1:version="1"', b"x1:version = '1'")

        assert read_process(write_version(content, 7), file="p.bpmn").version == 7

    def test_of_a_table_is_written_too(self):
        content = FOLDER.joinpath("approval_level.dmn").read_bytes()

        assert read_decision(write_version(content, 1002), file="t.dmn").version == 1002

    def test_of_the_table_that_is_asked_is_written_where_it_is_asked(self):
        content = FOLDER.joinpath("inspection_case.bpmn").read_bytes()

        changed = write_decision_version(content, decision="approval_level", version=1001)

        assert changed.count(b'lamp:decisionVersion="1001"') == content.count(b'lamp:decision="approval_level"') == 1
        assert changed.replace(b'decisionVersion="1001"', b'decisionVersion="1"') == content
