"""What a sound process may still lack: what the rooms around it rely on."""

import re

import pytest

from lamplighter.business.workflow.contract import decision_doubts, known_roles, process_doubts
from lamplighter.business.workflow.definitions.decision_file import read_decision
from lamplighter.business.workflow.definitions.library import packaged_decisions, packaged_file, packaged_library
from lamplighter.business.workflow.definitions.process_file import read_process

ENQUIRY = packaged_library().latest("ticket_enquiry")


def doubts(*changes: tuple[str, str], name: str = "ticket_enquiry") -> set[tuple[str, str]]:
    before = packaged_library().latest(name)
    written = packaged_file(before.digest).decode()
    for old, new in changes:
        assert re.search(old, written), old
        written = re.sub(old, new, written)
    after = read_process(written.encode(), file="p.bpmn", decisions=packaged_decisions())
    return {(fault.element, fault.code) for fault in process_doubts(after, before)}


class TestPackagedProcess:
    @pytest.mark.parametrize("name", packaged_library().names())
    def test_keeps_to_it(self, name):
        assert doubts(name=name) == set()

    def test_names_roles_that_somebody_has(self):
        assert {"service_agent", "manager", "city_manager"} <= known_roles()


class TestChangedProcess:
    def test_names_no_role_that_nobody_has(self):
        assert ("ticket_enquiry", "role_unknown") in doubts(('lamp:startRoles="[^"]*"', 'lamp:startRoles="wizard"'))

    def test_keeps_the_step_by_which_the_customer_is_answered(self):
        assert doubts((r"\breply\b", "answer_customer")) >= {("reply", "step_needed")}

    def test_keeps_the_fields_that_are_read_of_a_call_back(self):
        renamed = doubts(('name="satisfaction"', 'name="happiness"'), (r"\bsatisfaction\b", "happiness"))

        assert renamed == {("revisit", "field_needed")}

    def test_asks_for_nothing_more_at_the_beginning(self):
        field = '<lamp:field name="colour" kind="text" label="c"/>'
        cancel = "<lamp:cancellation"

        assert doubts((cancel, field + cancel)) == {("ticket_enquiry", "start_field_required")}
        optional = field.replace("/>", ' required="false"/>')
        assert doubts((cancel, optional + cancel)) == set()

    def test_names_no_state_without_words(self):
        assert doubts(('lamp:state="DISPATCHED"', 'lamp:state="FLYING"')) == {("dispatch", "state_unknown")}

    def test_names_no_duty_without_words(self):
        found = doubts(('lamp:duty="handler"', 'lamp:duty="juggler"'), ('duties="handler', 'duties="juggler'))

        assert {code for _, code in found} == {"duty_without_words"}


class TestChangedTable:
    def test_keeps_its_outputs(self):
        before = packaged_decisions()[0]
        renamed = packaged_file(before.digest).replace(b'name="approval_level" typeRef', b'name="level" typeRef')

        found = decision_doubts(read_decision(renamed, file="t.dmn"), before)

        assert [(fault.element, fault.code) for fault in found] == [("approval_level", "output_needed")]
