"""A version tried out before anybody works with it: invented people walk it, whatever they fill in, to its ends.

The walks are drawn, with a fixed seed: they show that each end can be come to and on what way, not how often.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Final

from lamplighter.business.workflow.durations import WorkingDays
from lamplighter.business.workflow.expressions.tree import (
    Comparison,
    Constant,
    Either,
    Every,
    Expression,
    In,
    Interval,
    Name,
    Not,
    Operand,
    Test,
    Truth,
    Value,
)
from lamplighter.business.workflow.instances import Actor, Instance, Status, Step, Surroundings
from lamplighter.business.workflow.operations import advance, complete, deliver, start
from lamplighter.business.workflow.records import Definition, Field, FieldKind
from lamplighter.business.workflow.refusals import ConditionUndecided, DutiesNotSeparated, RequirementUnmet
from lamplighter.business.workflow.running import Run

MOST_WALKS: Final = 120
MOST_STEPS: Final = 1_200
_LONGEST_WALK: Final = 120
_FAR: Final = 10_000
_FILLINGS: Final = 25
"""How often a form is filled in anew where what the task requires did not hold."""
_CHOSEN_FROM: Final = 4
_TOWARDS: Final = 12
"""How much rather a walk takes the step that leads on to what it is after."""


@dataclass(frozen=True, slots=True)
class EndReached:
    """An end that was come to.

    Attributes:
        element: id of the end event.
        count: walks that ended there.
        way: ids of what people, timers and messages did on the shortest of them.
    """

    element: str
    count: int
    way: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of trying a version out.

    Attributes:
        walks: how many began; ``unfinished`` of them were given up, each where it stood then.
        ends: ends that were come to, in the order of the file.
        missed_ends: ends that none came to; ``missed_steps`` tasks, timers and messages that none passed.
        unfinished: what was open where a walk came no further, with how many did.
    """

    walks: int
    ends: tuple[EndReached, ...]
    missed_ends: tuple[str, ...]
    missed_steps: tuple[str, ...]
    unfinished: Mapping[str, int]


def rehearse(definition: Definition, *, calendar: WorkingDays, now: dt.datetime, seed: int = 0) -> Rehearsal:
    """Walk a version until every end and step was come to, or it has been tried long enough.

    Args:
        definition: the version; its services are not called, their outputs are invented.
        calendar: the company's.
        now: the instant at which the walks begin, with its zone.
        seed: of the draws.

    Raises:
        NoRuleMatches, RulesConflict: a decision table has no row for a case that came up, or two.
    """
    wanted = _wanted(definition)
    ends: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    unfinished: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    steps = walks = 0
    draws = Random(seed)  # draws of a rehearsal, nothing secret
    while walks < MOST_WALKS and steps < MOST_STEPS and not wanted <= seen:
        # Most walks are after something that none has come to, the others go where they go.
        after = draws.choice(sorted(wanted - seen)) if walks % 4 else ""
        walk = _Walk(definition, calendar, now, draws, _distances(definition, after))
        walk.go()
        walks, steps = walks + 1, steps + max(1, len(walk.way))
        seen |= walk.passed
        if walk.is_over:
            for end in _ends(definition):
                if end in walk.passed:
                    ends[end].append(tuple(walk.way))
        else:
            unfinished[", ".join(sorted(walk.open))] += 1
    return Rehearsal(
        walks=walks,
        ends=tuple(
            EndReached(end, len(ends[end]), min(ends[end], key=len)) for end in _ends(definition) if end in ends
        ),
        missed_ends=tuple(end for end in _ends(definition) if end not in ends),
        missed_steps=tuple(
            step for step in definition.kinds if step in wanted - seen and definition.kinds[step] != "endEvent"
        ),
        unfinished=dict(unfinished),
    )


def _ends(definition: Definition) -> list[str]:
    return [node for node, kind in definition.kinds.items() if kind == "endEvent"]


def _wanted(definition: Definition) -> set[str]:
    return {*_ends(definition), *definition.tasks, *definition.timers, *definition.messages}


@dataclass
class _Walk:
    """One walk: it begins, and goes on with whatever is drawn, rather with what leads to where it is bound."""

    definition: Definition
    calendar: WorkingDays
    now: dt.datetime
    draws: Random
    distances: Mapping[str, int]
    way: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    instance: Instance | None = None

    def __post_init__(self) -> None:
        self.hints = _hints(self.definition)
        self.around = Surroundings(
            self.calendar,
            {
                task.service: lambda data, outputs=task.outputs: {each.name: self.value(each) for each in outputs}
                for task in self.definition.services.values()
            },
        )

    @property
    def is_over(self) -> bool:
        """It came to an end."""
        return self.instance is not None and self.instance.status is Status.FINISHED

    @property
    def open(self) -> tuple[str, ...]:
        """What is open where it stands."""
        return tuple(self.instance.opened) if self.instance is not None else (self.definition.name,)

    def go(self) -> None:
        """Walk to an end, or until it came no further."""
        if not self._begins():
            return
        for _ in range(_LONGEST_WALK):
            if self.is_over or not self._takes_a_step():
                return

    def _begins(self) -> bool:
        by = Actor("who begins", frozenset(self.definition.start_roles))
        for _ in range(_FILLINGS):
            try:
                step = start(
                    definition=self.definition,
                    instance_id="rehearsal",
                    data=self.filled(self.definition.start_fields),
                    by=by,
                    now=self.now,
                    around=self.around,
                )
            except ConditionUndecided:
                continue
            self._keep(step, "")
            return True
        return False

    def _keep(self, step: Step, what: str) -> None:
        self.instance = step.instance
        self.passed |= step.passed
        if what:
            self.way.append(what)

    def _takes_a_step(self) -> bool:
        assert self.instance is not None
        self.now += dt.timedelta(minutes=10)
        self._keep(advance(definition=self.definition, instance=self.instance, now=self.now, around=self.around), "")
        if self.is_over:
            return True
        waiting = self._waiting()
        choices = [*self.instance.opened, *waiting]
        while choices:
            near = min(self.distances.get(each, _FAR) for each in choices)
            weights = [_TOWARDS if self.distances.get(each, _FAR) == near < _FAR else 1 for each in choices]
            choice = self.draws.choices(choices, weights)[0]
            choices.remove(choice)
            if self._does(choice, waiting):
                return True
        return False

    def _waiting(self) -> dict[str, dt.datetime | None]:
        assert self.instance is not None
        run = Run(self.definition, self.instance, now=self.now, around=self.around)
        with run.moving() as engine:
            engine.run()
        return engine.waiting_events()

    def _does(self, choice: str, waiting: Mapping[str, dt.datetime | None]) -> bool:
        assert self.instance is not None
        given = {"definition": self.definition, "instance": self.instance, "around": self.around}
        if choice in waiting and choice in self.definition.timers:
            self.now = max(self.now, waiting[choice] or self.now)
            before = self.instance.number
            self._keep(advance(now=self.now, **given), choice)  # type: ignore[arg-type]
            return self.instance.number > before
        # Nothing is stored, so that a form can be filled in several ways, and what leads nearest be gone on with.
        fillings = (self._tried(choice, waiting) for _ in range(_FILLINGS))
        possible = (step for step in fillings if step is not None)
        tried = list(islice(possible, _CHOSEN_FROM if self.distances else 1))
        if not tried:
            return False
        self._keep(min(tried, key=self._distance), choice)
        return True

    def _tried(self, choice: str, waiting: Mapping[str, dt.datetime | None]) -> Step | None:
        assert self.instance is not None
        given = {"definition": self.definition, "instance": self.instance, "around": self.around, "now": self.now}
        try:
            if choice in waiting:
                wait = self.definition.messages[choice]
                by, data = Actor("who sends", frozenset(wait.roles)), self.filled(wait.fields)
                return deliver(message=wait.message, data=data, by=by, **given)  # type: ignore[arg-type]
            todo = self.definition.tasks[choice]
            by, data = Actor(todo.duty or f"who does {choice}", frozenset(todo.roles)), self.filled(todo.fields)
            return complete(task=choice, data=data, by=by, seen=self.instance.number, **given)  # type: ignore[arg-type]
        except (RequirementUnmet, ConditionUndecided, DutiesNotSeparated):
            return None

    def _distance(self, step: Step) -> int:
        here = (*step.passed, *step.instance.opened)
        return min((self.distances.get(each, _FAR) for each in here), default=_FAR)

    def filled(self, fields: tuple[Field, ...]) -> dict[str, object]:
        """Return a form filled in with whatever is drawn."""
        return {each.name: self.value(each) for each in fields}

    def value(self, each: Field) -> object:
        """Return a value that fits a field, near those that conditions ask about."""
        match each.kind:
            case FieldKind.CHOICE:
                return self.draws.choice([option.value for option in each.options])
            case FieldKind.BOOLEAN:
                return self.draws.choice([True, False])
            case FieldKind.COLLEAGUE:
                return f"second {each.duty or each.name}"
        asked = self.hints.get(each.name, [])
        match each.kind:
            case FieldKind.DATE:
                days = [day for day in asked if isinstance(day, dt.date)] or [self.now.date()]
                return self.draws.choice(days) + dt.timedelta(days=self.draws.choice([-1, 0, 1]))
            case FieldKind.INTEGER | FieldKind.DECIMAL:
                numbers = [Decimal(number) for number in asked if isinstance(number, int | Decimal)] or [Decimal(2)]
                near = self.draws.choice(numbers) + self.draws.choice([-1, 0, 1])
                return int(near) if each.kind is FieldKind.INTEGER else near
            case _:
                words = [word for word in asked if isinstance(word, str)]
                return self.draws.choice([*words, "words"])


def _distances(definition: Definition, target: str) -> dict[str, int]:
    """Return how many steps each element is away from another; without those from which there is no way to it."""
    before: dict[str, list[str]] = defaultdict(list)
    for flow in definition.flows:
        before[flow.target].append(flow.source)
    for event in definition.events:
        if event.attached_to:
            before[event.id].append(event.attached_to)
    found = {target: 0} if target else {}
    waiting = deque(found)
    while waiting:
        here = waiting.popleft()
        for element in before[here]:
            if element not in found:
                found[element] = found[here] + 1
                waiting.append(element)
    return found


def _hints(definition: Definition) -> dict[str, list[Value]]:
    """Return the constants each name is compared with anywhere in a process."""
    found: dict[str, list[Value]] = defaultdict(list)
    asked = [flow.condition for flow in definition.flows if flow.condition is not None]
    asked += [requirement.that for task in definition.tasks.values() for requirement in task.requirements]
    for expression in asked:
        for name, value in _compared(expression):
            found[name].append(value)
    for table in definition.decisions.values():
        for rule in table.rules:
            for name, (_, tests) in zip(table.inputs, rule.inputs, strict=True):
                found[name] += [value for test in tests for value in _constants(test)]
    return found


def _compared(expression: Expression) -> Iterator[tuple[str, Value]]:
    match expression:
        case Comparison(left, _, right):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, Name):
                    yield from ((one.name, value) for value in _values(other))
        case In(Name(name), tests):
            yield from ((name, value) for test in tests for value in _constants(test))
        case Not(term):
            yield from _compared(term)
        case Every(terms) | Either(terms):
            for term in terms:
                yield from _compared(term)
        case Truth() | In():
            return


def _constants(test: Test) -> Iterator[Value]:
    for operand in (test.low, test.high) if isinstance(test, Interval) else (test.right,):
        yield from _values(operand)


def _values(operand: Operand) -> Iterator[Value]:
    if isinstance(operand, Constant) and operand.value is not None:
        yield operand.value
