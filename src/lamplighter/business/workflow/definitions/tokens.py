"""The token game: every way a process can go is played out, and none may leave it stuck.

This is the classical test of a workflow net: from each state that can be reached the end can be reached, and no
arrow is ever taken twice at once. Conditions are not looked at: a gateway that chooses may choose any way.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeAlias

from lamplighter.business.workflow.records import Definition, MessageWait, Timer

MOST_MARKINGS: Final = 20_000
_WAITING: Final = frozenset({"userTask", "intermediateCatchEvent", "boundaryEvent"})

# Where the tokens are: ids of arrows with a token on them, and of tasks that wait with one.
Marking: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """One way a process can go wrong."""

    code: str
    element: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing that can happen: it takes tokens and puts tokens."""

    node: str
    takes: Marking
    puts: Marking


def find_dead_ends(definition: Definition) -> tuple[DeadEnd, ...]:
    """Return how a process can get stuck, what it never reaches, and what it would do twice at once."""
    game = _play(definition)
    if game.ended_by is not None:
        return (game.ended_by,)
    stuck = _stuck(game.came_from, definition)
    if stuck:
        return tuple(DeadEnd("stuck", node, {}) for node in stuck)
    return tuple(DeadEnd("never_reached", node, {}) for node in definition.kinds if node not in game.happened)


def quiet_places(definition: Definition) -> frozenset[frozenset[str]]:
    """Return every set of tasks and events that an instance can wait for at once; empty when it is over."""
    game = _play(definition)
    return frozenset(
        frozenset(place.split("+")[1] for place in marking if place.startswith("+"))
        for marking in game.came_from
        if all(definition.kinds[step.node] in _WAITING for step in game.possible(marking))
    )


@dataclass
class _Game:
    """The game played to its end: markings with those they come from, steps that happened, the fault that ended it."""

    by_place: Mapping[str, Sequence[_Step]]
    came_from: dict[Marking, set[Marking]]
    happened: set[str]
    ended_by: DeadEnd | None = None

    def possible(self, marking: Marking) -> list[_Step]:
        # In the order of the file, so that the same file always has the same faults.
        near = dict.fromkeys(step for place in sorted(marking) for step in self.by_place.get(place, ()))
        return [step for step in near if step.takes <= marking]


def _play(definition: Definition) -> _Game:
    by_place: dict[str, list[_Step]] = defaultdict(list)
    for step in _steps(definition):
        for place in step.takes:
            by_place[place].append(step)
    first: Marking = frozenset({"*"})
    game = _Game(by_place, {first: set()}, set())
    waiting = deque([first])
    while waiting:
        marking = waiting.popleft()
        for step in game.possible(marking):
            game.happened.add(step.node)
            rest = marking - step.takes
            if rest & step.puts:
                game.ended_by = DeadEnd("twice_at_once", step.node, {})
                return game
            after = rest | step.puts
            if after not in game.came_from:
                if len(game.came_from) >= MOST_MARKINGS:
                    game.ended_by = DeadEnd("too_many_ways", "", {"most": f"{MOST_MARKINGS:,}"})
                    return game
                game.came_from[after] = set()
                waiting.append(after)
            game.came_from[after].add(marking)
    return game


def _stuck(came_from: dict[Marking, set[Marking]], definition: Definition) -> list[str]:
    """Walk back from the end; what was not met on the way cannot end."""
    finished: Marking = frozenset()
    met, waiting = {finished}, deque([finished])
    while waiting:
        for before in came_from.get(waiting.popleft(), ()):
            if before not in met:
                met.add(before)
                waiting.append(before)
    target = {flow.id: flow.target for flow in definition.flows}
    lost = [marking for marking in came_from if marking not in met]
    # Where nothing can happen any more is the fault, not how one gets there. Without such a place it goes in circles.
    with_a_way_on = frozenset[Marking]().union(*came_from.values())
    still = [marking for marking in lost if marking not in with_a_way_on]
    places = {place for marking in still or lost for place in marking}
    return sorted({place.split("+")[1] if place.startswith("+") else target.get(place, place) for place in places})


def _steps(definition: Definition) -> Iterator[_Step]:
    incoming: dict[str, list[str]] = defaultdict(list)
    outgoing: dict[str, list[str]] = defaultdict(list)
    for flow in definition.flows:
        outgoing[flow.source].append(flow.id)
        incoming[flow.target].append(flow.id)
    for node, kind in definition.kinds.items():
        out = frozenset(outgoing[node])
        if kind == "startEvent":
            yield _Step(node, frozenset({"*"}), out)
        elif kind == "parallelGateway":
            yield _Step(node, frozenset(incoming[node]), out)
        elif kind == "exclusiveGateway":
            yield from (_Step(node, frozenset({way}), frozenset({on})) for way in incoming[node] for on in out)
        elif kind != "boundaryEvent":
            attached = [event for event in definition.events if event.attached_to == node]
            yield from (_Step(node, frozenset({way}), frozenset({_waiting(node)})) for way in incoming[node])
            yield from _steps_of_waiting(node, out, attached, outgoing)


def _steps_of_waiting(
    node: str, out: Marking, attached: Sequence[Timer | MessageWait], outgoing: Mapping[str, Sequence[str]]
) -> Iterator[_Step]:
    accompanying = sorted(event.id for event in attached if not event.is_interrupting)
    for count in range(len(accompanying) + 1):
        for happened in combinations(accompanying, count):
            here = frozenset({_waiting(node, *happened)})
            yield _Step(node, here, out)
            for event in attached:
                on = frozenset(outgoing[event.id])
                if event.is_interrupting:
                    yield _Step(event.id, here, on)
                elif event.id not in happened:
                    # It may come once while the task is open; its branch then runs beside the task.
                    yield _Step(event.id, here, on | {_waiting(node, *sorted({*happened, event.id}))})


def _waiting(node: str, *happened: str) -> str:
    """Return the place of a token that waits in a node, by what happened beside it meanwhile."""
    return "+".join(("", node, *happened))
