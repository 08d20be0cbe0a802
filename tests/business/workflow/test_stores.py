"""Keeping instances: as text, over a change of version and of process, and against two people at once."""

import json
import subprocess
import sys
import threading

import pytest

from lamplighter.base.messages import speaking
from lamplighter.business.workflow.definitions.library import DefinitionUnknown, Library, VersionTaken, packaged_library
from lamplighter.business.workflow.instances import Status
from lamplighter.business.workflow.refusals import HistoryDiffers, StaleInstance
from lamplighter.business.workflow.replaying import replay
from lamplighter.business.workflow.state_text import StateUnreadable, read_event, read_state, write_event, write_state
from lamplighter.business.workflow.stores import (
    FileStore,
    InstanceUnknown,
    MemoryStore,
    load,
    load_history,
    save,
)
from tests.business.workflow.drawing import AROUND, begun, done, drawn, field, flows, read, task
from tests.business.workflow.inspection import DEFINITION, reviewed

OLD = read(task("a"), task("b"), flows("s > a", "a > b", "b > e"))
NEW = read(task("a"), flows("s > a", "a > e"), version=2)

# Another process: reads version 2 as the newest, gets the kept instance, completes what is open.
ELSEWHERE = """
import sys
from pathlib import Path
from lamplighter.business.workflow.definitions.library import Library
from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.stores import FileStore, load, save
from tests.business.workflow.drawing import begun, done
from lamplighter.business.workflow.instances import Step

folder = Path(sys.argv[1])
library = Library(read_process((folder / name).read_bytes(), file=name) for name in ("old.bpmn", "new.bpmn"))
store = FileStore(folder / "store")
instance = load(store, "I1", library)
definition = library.definition(instance.process, instance.version, digest=instance.digest)
step = done(definition, Step(instance, ()), "a")
save(store, step)
print(library.latest("p").version, instance.version, *step.instance.opened)
"""


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    return MemoryStore() if request.param == "memory" else FileStore(tmp_path)


class TestStores:
    def test_give_back_what_was_kept_with_its_history(self, store):
        first = begun(OLD)
        save(store, first)
        second = done(OLD, first, "a")
        save(store, second)

        assert load(store, "I1", Library([OLD])) == second.instance
        assert load_history(store, "I1") == (*first.events, *second.events)

    def test_tell_the_second_of_two_people_and_keep_the_first(self, store):
        first = begun(OLD)
        save(store, first)
        one, other = done(OLD, first, "a"), done(OLD, first, "a")
        save(store, one)

        with pytest.raises(StaleInstance):
            save(store, other)
        assert len(load_history(store, "I1")) == 2

    @pytest.mark.parametrize("name", ["nobody", "../I1", "", "a/b"])
    def test_know_no_instance_that_was_never_kept(self, store, name):
        with pytest.raises(InstanceUnknown):
            store.read(name)
        with pytest.raises(InstanceUnknown):
            store.history(name)

    def test_let_exactly_one_of_many_at_once_win(self, tmp_path):
        store, first = FileStore(tmp_path), begun(OLD)
        save(store, first)
        step, told = done(OLD, first, "a"), []

        def try_it():
            try:
                save(store, step)
            except StaleInstance:
                told.append(True)

        together = [threading.Thread(target=try_it) for _ in range(8)]
        for each in together:
            each.start()
        for each in together:
            each.join()

        assert len(told) == 7
        assert len(store.history("I1")) == 2

    def test_forget_lines_that_a_crash_left_without_their_state(self, tmp_path):
        store, first = FileStore(tmp_path), begun(OLD)
        save(store, first)
        with (tmp_path / "I1" / "history.jsonl").open("a") as file:
            file.write('{"number": 2, "half of a li')

        assert load_history(store, "I1") == first.events
        second = done(OLD, first, "a")
        save(store, second)
        assert load_history(store, "I1") == (*first.events, *second.events)


class TestVersions:
    def test_an_instance_keeps_the_one_it_began_with_in_another_process(self, tmp_path):
        (tmp_path / "old.bpmn").write_bytes(drawn(task("a"), task("b"), flows("s > a", "a > b", "b > e")))
        (tmp_path / "new.bpmn").write_bytes(drawn(task("a"), flows("s > a", "a > e"), version=2))
        store = FileStore(tmp_path / "store")
        save(store, begun(OLD))

        ran = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, str(tmp_path)], capture_output=True, text=True, check=True
        )

        assert ran.stdout.split() == ["2", "1", "b"]  # version 2 would have ended here
        library = Library([OLD, NEW])
        here = load(store, "I1", library)
        assert (here.version, list(here.opened), here.number) == (1, ["b"], 2)
        assert begun(library.latest("p")).instance.version == 2

    def test_that_is_no_longer_the_file_it_was_is_refused(self):
        save(store := MemoryStore(), begun(OLD))
        changed = read(task("a"), task("b", field("x", "text")), flows("s > a", "a > b", "b > e"))

        with speaking("en"), pytest.raises(DefinitionUnknown, match="Give back the very file"):
            load(store, "I1", Library([changed]))

    def test_cannot_be_two_different_files(self):
        changed = read(task("a"), flows("s > a", "a > e"))

        with pytest.raises(VersionTaken):
            Library([OLD, changed])
        assert Library([OLD, OLD]).versions("p") == (1,)

    def test_come_with_the_package(self):
        assert packaged_library().latest("inspection_case").version == 1
        with speaking("en"), pytest.raises(DefinitionUnknown, match=r"which has: .*inspection_case"):
            packaged_library().latest("no_such")


class TestText:
    def test_is_the_same_for_the_same_instance_and_gives_it_back(self):
        instance = reviewed().does("user_response", user_answer="CONFIRMED").instance

        written = write_state(instance)

        assert read_state(written, DEFINITION) == instance
        assert write_state(read_state(written, DEFINITION)) == written
        assert len(written) < 3_000

    def test_holds_no_part_of_the_definition(self):
        stored = json.loads(write_state(reviewed().instance))

        assert "review_county" not in stored["opened"]
        assert {"spec", "subprocess_specs"} & stored.keys() == set()

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 2}', '{"form": 1, "digest": "x"}'])
    def test_of_another_form_is_refused(self, text):
        with pytest.raises(StateUnreadable):
            read_state(text, DEFINITION)

    def test_of_an_event_gives_it_back(self):
        for event in reviewed().events:
            assert read_event(write_event(event)) == event

    def test_of_a_changed_event_does_not_play_again(self):
        events = reviewed().events
        changed = json.loads(write_event(events[-1]))
        changed["data"]["review_decision"] = "RETURN"

        with speaking("en"), pytest.raises(HistoryDiffers, match=f"Event {len(events)} of the history"):
            replay(
                definition=DEFINITION,
                instance_id="C-1",
                events=[*events[:-1], read_event(json.dumps(changed))],
                around=AROUND,
            )

    def test_of_a_history_with_a_gap_does_not_play_again(self):
        events = reviewed().events

        with pytest.raises(HistoryDiffers):
            replay(definition=DEFINITION, instance_id="C-1", events=events[1:], around=AROUND)
        assert reviewed().instance.status is Status.RUNNING
