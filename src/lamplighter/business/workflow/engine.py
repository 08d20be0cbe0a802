"""SpiffWorkflow, the engine: it moves tokens and nothing more. What it cannot know it asks by id.

It reads the skeleton that ``definitions.engine_source`` writes, in which no expression stands. Its script engine is
replaced by :class:`_Asked`, which looks conditions and durations up by the id of their element and can do nothing
else. Its tokens go in and out as plain lists, without the definition, without random ids and without the past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    EndEventParser,
    IntermediateCatchEventParser,
    IntermediateThrowEventParser,
    StartEventParser,
)
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    ExclusiveGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    ParallelGateway,
    StartEvent,
    UserTask,
)
from SpiffWorkflow.bpmn.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from lamplighter.business.workflow.definitions.markup import BPMN
from lamplighter.business.workflow.expressions.deciding import holds
from lamplighter.business.workflow.expressions.tree import Value
from lamplighter.business.workflow.records import Definition

# One token or step of the engine: spec name, state, index of its parent (-1 for the root), what it keeps.
TokenRow: TypeAlias = "tuple[str, int, int, dict[str, Any]]"
Tokens: TypeAlias = "tuple[TokenRow, ...]"

_MOST_ROUNDS: Final = 10_000


class NothingExecutable(RuntimeError):
    """The engine wanted to execute text. No definition of ours holds any, so this is a defect of ours."""


class _DueTimer(TimerEventDefinition):
    """A timer by the clock that is passed in."""

    def has_fired(self, my_task: Any) -> bool:
        asked: _Asked = my_task.workflow.script_engine
        due = my_task._get_internal_data("event_value")
        if due is None:
            due = asked.due_at(self.expression).isoformat()
            my_task._set_internal_data(event_value=due)
        if dt.datetime.fromisoformat(due) <= asked.now:
            my_task._set_internal_data(event_fired=True)
        return bool(my_task._get_internal_data("event_fired", False))


class _CatchParser(IntermediateCatchEventParser):
    def parse_timer_event(self, event: Any) -> _DueTimer:
        return _DueTimer(self.bpmn_id, self.bpmn_id)


class _BoundaryParser(BoundaryEventParser):
    def parse_timer_event(self, event: Any) -> _DueTimer:
        return _DueTimer(self.bpmn_id, self.bpmn_id)


class _MachineStep(BpmnSpecMixin):
    """A service or a decision: handed to whoever runs the process."""

    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.script_engine.work(self.name)
        return True


class _Parser(BpmnParser):
    """Knows the elements of our skeleton and no other: not even by accident a script."""

    PARSER_CLASSES: Final = {
        f"{BPMN}startEvent": (StartEventParser, StartEvent),
        f"{BPMN}endEvent": (EndEventParser, EndEvent),
        f"{BPMN}userTask": (TaskParser, UserTask),
        f"{BPMN}serviceTask": (TaskParser, _MachineStep),
        f"{BPMN}exclusiveGateway": (ConditionalGatewayParser, ExclusiveGateway),
        f"{BPMN}parallelGateway": (GatewayParser, ParallelGateway),
        f"{BPMN}intermediateThrowEvent": (IntermediateThrowEventParser, IntermediateThrowEvent),
        f"{BPMN}intermediateCatchEvent": (_CatchParser, IntermediateCatchEvent),
        f"{BPMN}boundaryEvent": (_BoundaryParser, BoundaryEvent),
    }


class _Asked:
    """What stands in the place of the script engine: answers by id, executes nothing."""

    def __init__(
        self,
        definition: Definition,
        *,
        now: dt.datetime,
        data: Mapping[str, Value],
        due_at: Callable[[str], dt.datetime],
        work: Callable[[str], None],
    ) -> None:
        self.now, self.data, self.due_at, self.work = now, data, due_at, work
        self._conditions = {flow.id: flow.condition for flow in definition.flows if flow.condition is not None}

    def evaluate(self, task: Any, flow_id: str, external_context: object = None) -> bool:
        return holds(self._conditions[flow_id], self.data)

    def execute(self, task: Any, script: str, external_context: object = None) -> None:
        raise NothingExecutable(script)

    def call_service(self, task: Any, **arguments: object) -> None:
        raise NothingExecutable(str(arguments))


@lru_cache(maxsize=64)
def _specification(engine_source: bytes, name: str) -> Any:
    parser = _Parser()
    plain = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    parser.add_bpmn_xml(etree.fromstring(engine_source, plain))
    return parser.get_spec(name)


class Engine:
    """The tokens of one instance, in motion.

    Args:
        definition: the version the instance runs on.
        tokens: where it stands, none for a new one.
        now: the instant.
        data: what the instance holds; conditions read it as it is when they are asked.
        due_at: when the timer of an id is due that begins now.
        work: carries out the machine step of an id.
        done: is told the id of each element that is done, in order.
    """

    def __init__(
        self,
        definition: Definition,
        tokens: Tokens,
        *,
        now: dt.datetime,
        data: Mapping[str, Value],
        due_at: Callable[[str], dt.datetime],
        work: Callable[[str], None],
        done: Callable[[str], None],
    ) -> None:
        self._asked = _Asked(definition, now=now, data=data, due_at=due_at, work=work)
        self._kinds, self._done = definition.kinds, done
        specification = _specification(definition.engine_source, definition.name)
        self._flow = BpmnWorkflow(specification, script_engine=self._asked, deserializing=bool(tokens))
        if tokens:
            self._restore(tokens)

    @property
    def is_finished(self) -> bool:
        return bool(self._flow.is_completed())

    def open_tasks(self) -> tuple[str, ...]:
        """Return the user tasks that wait for a person, in a settled order."""
        return tuple(sorted(task.task_spec.name for task in self._flow.get_tasks(state=TaskState.READY, manual=True)))

    def waiting_events(self) -> dict[str, dt.datetime | None]:
        """Return the events that are waited for, timers with the instant they are due."""
        waiting = {}
        for task in self._flow.event_manager.tasks.values():
            due = task._get_internal_data("event_value")
            waiting[task.task_spec.name] = None if due is None else dt.datetime.fromisoformat(due)
        return dict(sorted(waiting.items()))

    def run(self) -> None:
        """Go on until every token waits for somebody or something."""
        for _ in range(_MOST_ROUNDS):
            self._flow.do_engine_steps(did_complete_task=self._tell)
            if not self._flow.get_tasks(state=TaskState.READY, manual=False):
                return
        raise NothingExecutable("the process goes round by itself")

    def complete(self, task_id: str) -> None:
        """Complete an open user task and go on."""
        task = self._flow.get_next_task(state=TaskState.READY, spec_name=task_id)
        task.run()
        self._tell(task)
        self.run()

    def deliver(self, message: str) -> None:
        """Let a message arrive and go on."""
        self._flow.send_event(BpmnEvent(MessageEventDefinition(message), None))
        self.run()

    def move_timers(self, moved: Callable[[str, dt.datetime], dt.datetime]) -> None:
        """Give each waiting timer another instant, by its id and the one it had."""
        for task in self._flow.event_manager.tasks.values():
            due = task._get_internal_data("event_value")
            if due is not None:
                later = moved(task.task_spec.name, dt.datetime.fromisoformat(due))
                task._set_internal_data(event_value=later.isoformat())

    def tokens(self) -> Tokens:
        """Return where the instance stands; what is over and nothing depends on any more is left out.

        Without that, each round of a loop would lengthen the tree that the engine keeps, and a gateway that joins
        inside a loop would take an arrival of the round before for one of this round.
        """
        kept = self._kept()
        rows: list[TokenRow] = []

        def keep(task: Any, parent: int) -> None:
            if task.id in kept:
                row = (task.task_spec.name, int(task.state), parent, dict(sorted(task.internal_data.items())))
                rows.append(row)
                parent = len(rows) - 1
            for child in task.children:
                keep(child, parent)

        keep(self._flow.task_tree, -1)
        return tuple(rows)

    def _tell(self, task: Any) -> None:
        if task.task_spec.name in self._kinds and task.state == TaskState.COMPLETED:
            self._done(task.task_spec.name)

    def _kept(self) -> set[Any]:
        everything: Sequence[Any] = list(self._flow.tasks.values())
        unfinished = [task for task in everything if not task.has_state(TaskState.FINISHED_MASK)]
        kept = {self._flow.task_tree.id, *(task.id for task in unfinished)}
        waiting_joins = {
            task.task_spec.name
            for task in unfinished
            if isinstance(task.task_spec, ParallelGateway) and task.has_state(TaskState.DEFINITE_MASK)
        }
        for task in everything:
            # A join counts the branches that arrived: each arrival stands for its branch, with the step before it.
            if task.task_spec.name in waiting_joins and not self._has_unfinished_below(task, kept):
                kept |= {task.id, task.parent.id}
            if isinstance(task.task_spec, ParallelGateway) and task.id in kept:
                kept.add(task.parent.id)
            if isinstance(task.task_spec, BoundaryEventSplit) and self._is_live(task):
                kept |= {task.id, *(child.id for child in task.children)}
        return kept

    @staticmethod
    def _has_unfinished_below(task: Any, kept: set[Any]) -> bool:
        return task.has_state(TaskState.FINISHED_MASK) and any(below.id in kept for below in task if below is not task)

    @staticmethod
    def _is_live(split: Any) -> bool:
        """A task with events on it is still open, or its end is not yet told to them."""
        watched = {child.task_spec.name for child in split.children}
        return any(
            below.has_state(TaskState.DEFINITE_MASK)
            and (below.task_spec.name in watched or isinstance(below.task_spec, BoundaryEventJoin))
            for below in split
        )

    def _restore(self, tokens: Tokens) -> None:
        made: list[Any] = []
        specifications = self._flow.spec.task_specs
        for name, state, parent, internal in tokens:
            task = Task(self._flow, specifications[name], made[parent] if parent >= 0 else None, state=state)
            task.internal_data = dict(internal)
            if (
                name in self._kinds
                and task.has_state(TaskState.WAITING)
                and hasattr(task.task_spec, "event_definition")
            ):
                self._flow.event_manager.add_task(task)
            made.append(task)
        self._flow.task_tree = made[0]
