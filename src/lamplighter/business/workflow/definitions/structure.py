"""Whether a process can be walked: it begins, chooses, waits and ends, and never stands still for ever."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from typing import Final

from lamplighter.business.workflow.definitions.faults import FaultList
from lamplighter.business.workflow.definitions.tokens import find_dead_ends
from lamplighter.business.workflow.expressions.checking import ValueType, names_in
from lamplighter.business.workflow.expressions.deciding import holds
from lamplighter.business.workflow.expressions.tree import Value
from lamplighter.business.workflow.records import Definition, Flow

MOST_COMBINATIONS: Final = 4_096
_WAITING: Final = frozenset({"userTask", "intermediateCatchEvent"})
_MANY_OUT: Final = frozenset({"exclusiveGateway", "parallelGateway"})


def check_structure(definition: Definition, faults: FaultList, *, is_complete: bool) -> None:
    """Note what keeps a process from being walked.

    Args:
        definition: as read.
        faults: what is wrong is added here.
        is_complete: no part of the file was refused, so that what is missing is really missing.
    """
    _check_ends(definition, faults)
    outgoing, incoming = _arrows(definition, faults)
    _check_nodes(definition, outgoing, incoming, faults)
    for node, kind in definition.kinds.items():
        if kind == "exclusiveGateway" and len(outgoing[node]) > 1:
            _check_choice(definition, node, outgoing[node], faults)
    _check_cycles(definition, outgoing, faults)
    if is_complete and not faults:
        for dead_end in find_dead_ends(definition):
            faults.add(dead_end.code, dead_end.element, **dead_end.fields)


def _check_ends(definition: Definition, faults: FaultList) -> None:
    kinds = list(definition.kinds.values())
    if "startEvent" not in kinds:
        faults.add("start_missing")
    elif kinds.count("startEvent") > 1:
        faults.add("start_twice", count=kinds.count("startEvent"))
    if "endEvent" not in kinds:
        faults.add("end_missing")


def _arrows(definition: Definition, faults: FaultList) -> tuple[Mapping[str, list[Flow]], Mapping[str, list[Flow]]]:
    outgoing: dict[str, list[Flow]] = defaultdict(list)
    incoming: dict[str, list[Flow]] = defaultdict(list)
    for flow in definition.flows:
        for end in (flow.source, flow.target):
            if end not in definition.kinds and not faults.concern(end):
                faults.add("flow_into_nothing", flow.id, end=end)
        outgoing[flow.source].append(flow)
        incoming[flow.target].append(flow)
        if flow.condition is not None and definition.kinds.get(flow.source) != "exclusiveGateway":
            faults.add("condition_misplaced", flow.id)
    for event in definition.events:
        is_boundary = definition.kinds.get(event.id) == "boundaryEvent"
        if is_boundary and definition.kinds.get(event.attached_to) != "userTask":
            faults.add("boundary_misplaced", event.id)
    return outgoing, incoming


def _check_nodes(
    definition: Definition,
    outgoing: Mapping[str, list[Flow]],
    incoming: Mapping[str, list[Flow]],
    faults: FaultList,
) -> None:
    for node, kind in definition.kinds.items():
        if kind == "endEvent":
            if outgoing[node]:
                faults.add("end_goes_on", node)
        elif not outgoing[node]:
            faults.add("goes_nowhere", node)
        elif len(outgoing[node]) > 1 and kind not in _MANY_OUT:
            faults.add("many_out", node)
        if kind in ("startEvent", "boundaryEvent"):
            if incoming[node]:
                faults.add("entered_from_within", node)
        elif not incoming[node]:
            faults.add("never_reached", node)


def _check_choice(definition: Definition, node: str, flows: list[Flow], faults: FaultList) -> None:
    """Exactly one way out for whatever was filled in: proven where the conditions read only what has listed values."""
    for flow in flows:
        if flow.condition is None and not flow.is_default and not faults.concern(flow.id):
            faults.add("condition_missing", flow.id, gateway=node)
    if any(faults.concern(flow.id) for flow in flows):
        return
    conditions = [flow.condition for flow in flows if flow.condition is not None]
    names = sorted(frozenset().union(*(names_in(condition) for condition in conditions)))
    has_default = any(flow.is_default for flow in flows)
    values = [_values_of(definition, name) for name in names]
    count = 1
    for each in values:
        count *= len(each)
    if not all(values) or count > MOST_COMBINATIONS:
        if not has_default:
            faults.add("default_missing", node)
        return
    taken: set[str] = set()
    for combination in product(*values):
        data = dict(zip(names, combination, strict=True))
        here = [flow.id for flow in flows if flow.condition is not None and holds(flow.condition, data)]
        taken.update(here)
        open_ways = len(here)
        case = ", ".join(
            f"{name} = {str(value).lower() if isinstance(value, bool) else value}" for name, value in data.items()
        )
        if open_ways == 0 and not has_default:
            faults.add("choice_without_way", node, case=case)
            return
        if open_ways > 1:
            faults.add("choice_with_two_ways", node, case=case)
            return
    for flow in flows:
        if flow.condition is not None and flow.id not in taken:
            faults.add("way_never_taken", flow.id, gateway=node)


def _values_of(definition: Definition, name: str) -> tuple[Value, ...]:
    declared = definition.data.get(name)
    if declared is None:
        return ()
    return (True, False) if declared.declared.type is ValueType.BOOLEAN else declared.declared.options


def _check_cycles(definition: Definition, outgoing: Mapping[str, list[Flow]], faults: FaultList) -> None:
    """Every round trip must pass something that waits, or the process would run in circles by itself."""
    colour: dict[str, str] = {}
    for root in definition.kinds:
        stack = [(root, iter(outgoing[root]))] if root not in colour else []
        if definition.kinds[root] in _WAITING:
            continue
        while stack:
            node, flows = stack[-1]
            colour[node] = "open"
            following = next(flows, None)
            if following is None:
                colour[node] = "done"
                stack.pop()
            elif definition.kinds.get(following.target) in _WAITING or following.target not in definition.kinds:
                continue
            elif colour.get(following.target) == "open":
                faults.add("cycle_without_wait", following.target)
            elif following.target not in colour:
                stack.append((following.target, iter(outgoing[following.target])))
