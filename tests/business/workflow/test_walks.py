"""Laws of every process: random walks end or wait, history leads to the same state, and the past is no burden."""

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SpiffWorkflow.util.task import TaskState

from lamplighter.business.workflow.definitions.tokens import quiet_places
from lamplighter.business.workflow.engine import NothingExecutable, _Asked
from lamplighter.business.workflow.instances import Actor, Status
from lamplighter.business.workflow.operations import advance, complete, resume, start, suspend
from lamplighter.business.workflow.records import Field, FieldKind
from lamplighter.business.workflow.refusals import RequirementUnmet
from lamplighter.business.workflow.replaying import replay
from lamplighter.business.workflow.state_text import read_state, write_state
from tests.business.workflow.drawing import AROUND, MONDAY, begun, done, field, flows, read, task
from tests.business.workflow.inspection import DEFINITION, USUAL

QUIET = quiet_places(DEFINITION)
TIMERS = DEFINITION.timers.keys()
WAITING = int(TaskState.WAITING)


def filled(draw, each: Field):
    """A value that fits a field."""
    match each.kind:
        case FieldKind.CHOICE:
            return draw(st.sampled_from([option.value for option in each.options]))
        case FieldKind.BOOLEAN:
            return draw(st.booleans())
        case FieldKind.DATE:
            return draw(st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 31)))
        case FieldKind.DECIMAL:
            return draw(st.decimals(-1, 200_000, places=2))
        case FieldKind.COLLEAGUE:
            return "second finder"
        case _:
            return "words"


def people(definition, name):
    """Whoever may do a task: one person a duty, so that no two meet in one."""
    todo = definition.tasks[name]
    return Actor(todo.duty or "somebody", frozenset(todo.roles))


class Walk:
    """A case that goes wherever it is drawn to."""

    def __init__(self):
        self.now = MONDAY
        by = Actor("somebody", frozenset(DEFINITION.start_roles))
        step = start(
            definition=DEFINITION,
            instance_id="W",
            data={"account_no": "1"},
            by=by,
            now=self.now,
            around=AROUND,
        )
        self.instance, self.events = step.instance, list(step.events)

    def keep(self, step):
        self.events += step.events
        self.instance = step.instance
        # Each step goes on from text, as in another process.
        assert read_state(write_state(self.instance), DEFINITION) == self.instance

    def arguments(self, by, **more):
        return {
            "definition": DEFINITION,
            "instance": self.instance,
            "by": by,
            "now": self.now,
            "seen": self.instance.number,
            "around": AROUND,
            **more,
        }

    def does(self, name, data):
        # What a task requires may not hold: then nothing has happened, and the walk goes on from there.
        with suppress(RequirementUnmet):
            self.keep(complete(**self.arguments(people(DEFINITION, name), task=name, data=data)))

    def waits(self):
        self.now += dt.timedelta(days=4)
        self.keep(advance(definition=DEFINITION, instance=self.instance, now=self.now, around=AROUND))

    def pauses(self):
        asking = Actor("somebody", frozenset({"inspector"}))
        self.keep(suspend(**self.arguments(asking, suspension="METROLOGY_OPINION")))
        self.now += dt.timedelta(days=2)
        opinion = {"opinion_no": "1", "opinion_result": "SOUND"}
        self.keep(resume(**self.arguments(asking, data=opinion)))

    def goes(self, draw):
        """Take one step to wherever is drawn."""
        self.now += dt.timedelta(hours=1)
        choice = draw(st.sampled_from([*sorted(self.instance.opened), "*wait", "*pause"]))
        if choice == "*wait":
            self.waits()
        elif choice == "*pause":
            self.pauses()
        else:
            fields = DEFINITION.tasks[choice].fields
            self.does(choice, {each.name: filled(draw, each) for each in fields})

    def goes_home(self):
        """Take the usual step until the end."""
        for _ in range(60):
            if self.instance.status is Status.FINISHED:
                return
            self.now += dt.timedelta(hours=1)
            for name in sorted(self.instance.opened):
                self.does(name, USUAL[name][1])
                break
            else:
                self.waits()


class TestRandomWalks:
    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_wait_for_somebody_or_are_filed_and_can_always_reach_the_end(self, data):
        walk = Walk()
        for _ in range(data.draw(st.integers(0, 25))):
            if walk.instance.status is Status.FINISHED:
                break
            walk.goes(data.draw)
            waiting = {token[0] for token in walk.instance.tokens if token[1] == WAITING} & TIMERS
            # The engine stands where the token game of the drawing can stand, and nowhere else.
            assert walk.instance.opened.keys() | waiting in QUIET

        walk.goes_home()

        assert (walk.instance.status, walk.instance.state) == (Status.FINISHED, "ARCHIVED")
        assert replay(definition=DEFINITION, instance_id="W", events=walk.events, around=AROUND) == walk.instance


class TestRounds:
    """A gateway that joins inside a loop, where an arrival of the round before must not count."""

    def definition(self):
        return read(
            '<parallelGateway id="g"/><parallelGateway id="j"/><exclusiveGateway id="x"/>',
            task("again", field("more", "boolean")),
            task("a"),
            task("b"),
            flows("s > g0", "g0 > g", "g > a", "g > b", "a > j", "b > j", "j > again", "again > x"),
            '<exclusiveGateway id="g0"/>',
            flows("x > g0 if more", "x > e if not(more)"),
        )

    def test_join_both_branches_in_every_round_in_either_order(self):
        definition = self.definition()
        step = begun(definition)
        for first, second in (("a", "b"), ("b", "a"), ("a", "b"), ("b", "a")):
            assert list(step.instance.opened) == ["a", "b"]
            step = done(definition, step, first)
            assert list(step.instance.opened) == [second]
            step = done(definition, step, second)
            assert list(step.instance.opened) == ["again"]
            step = done(definition, step, "again", more=True)

        for name in ("a", "b"):
            step = done(definition, step, name)
        assert done(definition, step, "again", more=False).instance.status is Status.FINISHED

    def test_leave_nothing_behind_in_the_state(self):
        definition = self.definition()
        step, sizes = begun(definition), set()
        for _ in range(300):
            for name in ("a", "b"):
                step = done(definition, step, name)
            step = done(definition, step, "again", more=True)
            sizes.add(len(step.instance.tokens))

        assert len(sizes) == 1


class TestEngine:
    def test_executes_no_text_whatever_is_handed_to_it(self):
        definition = read(task("a"), flows("s > a", "a > e"))
        asked = _Asked(definition, now=MONDAY, data={}, due_at=lambda _: MONDAY, work=lambda _: None)

        with pytest.raises(NothingExecutable):
            asked.execute(None, "import os")
        with pytest.raises(NothingExecutable):
            asked.call_service(None, operation="http")
        with pytest.raises(KeyError):
            asked.evaluate(None, "__import__('os')")
