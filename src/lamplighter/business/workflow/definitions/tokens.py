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
    steps = tuple(_steps(definition))
    by_place: dict[str, list[_Step]] = defaultdict(list)
    for step in steps:
        for place in step.takes:
            by_place[place].append(step)
    first: Marking = frozenset({"*"})
    came_from: dict[Marking, set[Marking]] = {first: set()}
    waiting, fired, twice = deque([first]), set[str](), set[str]()
    while waiting:
        marking = waiting.popleft()
        for step in {step for place in marking for step in by_place[place]}:
            if not step.takes <= marking:
                continue
            fired.add(step.node)
            rest = marking - step.takes
            if rest & step.puts:
                twice.add(step.node)
                continue
            after = rest | step.puts
            if after not in came_from:
                if len(came_from) >= MOST_MARKINGS:
                    return (DeadEnd("too_many_ways", "", {"most": f"{MOST_MARKINGS:,}"}),)
                came_from[after] = set()
                waiting.append(after)
            came_from[after].add(marking)
    if twice:
        return tuple(DeadEnd("twice_at_once", node, {}) for node in sorted(twice))
    stuck = _stuck(came_from, definition)
    never = [node for node in definition.kinds if node not in fired]
    return tuple(DeadEnd("stuck", node, {}) for node in stuck) or tuple(
        DeadEnd("never_reached", node, {}) for node in never
    )


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
    places = {place for marking in came_from if marking not in met for place in marking}
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
