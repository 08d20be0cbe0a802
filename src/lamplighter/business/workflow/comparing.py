"""Two versions of a process or a decision table held side by side: what is different, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lamplighter.base.messages import text
from lamplighter.business.workflow.contract import known_roles
from lamplighter.business.workflow.expressions.telling import check_written_out, value_written_out, written_out
from lamplighter.business.workflow.records import (
    Deadline,
    Decision,
    DecisionRule,
    Definition,
    Field,
    Flow,
    Label,
    Requirement,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is different.

    Attributes:
        code: of its sentence, ``workflow.difference.<code>``.
        element: id of the element it is at, empty for the whole.
        fields: what the sentence names; labels are spoken when it is said.
    """

    code: str
    element: str
    fields: tuple[tuple[str, str | Label], ...] = ()

    def sentence(self) -> str:
        """Say it in the reader's language."""
        labels = [value for _, value in self.fields if isinstance(value, Label)]
        # Renamed in one language only, two labels look alike in the other.
        is_alike = len(labels) == 2 and labels[0] != labels[1] and labels[0].spoken() == labels[1].spoken()
        said = {
            name: (value.zh if is_alike else value.spoken()) if isinstance(value, Label) else value
            for name, value in self.fields
        }
        return text(
            f"workflow.difference.{self.code}", in_language=None, **{name: value or "–" for name, value in said.items()}
        )


def compare_processes(before: Definition, after: Definition) -> tuple[Difference, ...]:
    """Return what a version does otherwise than another: steps first, then ways, then what holds for the whole.

    Args:
        before: the version new instances begin with.
        after: the other one.
    """
    return (*_steps(before, after), *_ways(before, after), *_whole(before, after))


def compare_decisions(before: Decision, after: Decision) -> tuple[Difference, ...]:
    """Return what a decision table decides otherwise than another."""
    return tuple(_table(before, after))


def _said(code: str, element: str, **fields: str | Label) -> Difference:
    return Difference(code, element, tuple(fields.items()))


def _steps(before: Definition, after: Definition) -> Iterator[Difference]:
    for node in (each for each in before.kinds if each not in after.kinds):
        yield _said("step_removed", node, step=before.labels[node], kind=_kind(before.kinds[node]))
    for node, kind in after.kinds.items():
        label = after.labels[node]
        if node not in before.kinds:
            roles = _roles(after.tasks[node].roles) if node in after.tasks else ""
            yield _said("step_added", node, step=label, kind=_kind(kind), roles=roles)
            continue
        if before.labels[node] != label:
            yield _said("step_renamed", node, before=before.labels[node], after=label)
        if before.kinds[node] != kind:
            yield _said("kind_changed", node, step=label, before=_kind(before.kinds[node]), after=_kind(kind))
            continue
        if before.states.get(node, "") != after.states.get(node, ""):
            states = {"before": before.states.get(node, ""), "after": after.states.get(node, "")}
            yield _said("state_changed", node, step=label, **states)
        yield from _work(before, after, node, label)


def _work(before: Definition, after: Definition, node: str, label: Label) -> Iterator[Difference]:
    if node in before.tasks and node in after.tasks:
        old, new = before.tasks[node], after.tasks[node]
        if set(old.roles) != set(new.roles):
            yield _said("roles_changed", node, step=label, before=_roles(old.roles), after=_roles(new.roles))
        if old.duty != new.duty:
            yield _said("duty_changed", node, step=label, before=old.duty, after=new.duty)
        yield from _deadlines(node, label, old.deadlines, new.deadlines)
        yield from _form(node, label, old.fields, new.fields)
        yield from _requirements(node, label, old.requirements, new.requirements)
    if node in before.timers and node in after.timers:
        yield from _deadlines(node, label, before.timers[node].deadlines, after.timers[node].deadlines)
    if node in before.messages and node in after.messages:
        was, becomes = before.messages[node], after.messages[node]
        if was.message != becomes.message:
            yield _said("message_changed", node, step=label, before=was.message, after=becomes.message)
        if set(was.roles) != set(becomes.roles):
            yield _said("roles_changed", node, step=label, before=_roles(was.roles), after=_roles(becomes.roles))
        yield from _form(node, label, was.fields, becomes.fields)
    events = [{each.id: each for each in side.events}.get(node) for side in (before, after)]
    if events[0] and events[1]:
        hung = [(each.attached_to, each.is_interrupting) for each in events if each]
        if hung[0] != hung[1]:
            yield _said("event_hung_otherwise", node, step=label, before=hung[0][0], after=hung[1][0])
    if node in before.services and node in after.services and before.services[node] != after.services[node]:
        services = {"before": before.services[node].service, "after": after.services[node].service}
        yield _said("service_changed", node, step=label, **services)
    if node in before.decision_tasks and node in after.decision_tasks:
        asked = [side.decision_tasks[node] for side in (before, after)]
        names = [f"{each.decision} {each.version}" for each in asked]
        if names[0] != names[1]:
            yield _said("decision_changed", node, step=label, before=names[0], after=names[1])


def _deadlines(node: str, label: Label, before: Sequence[Deadline], after: Sequence[Deadline]) -> Iterator[Difference]:
    if before != after:
        yield _said("deadline_changed", node, step=label, before=_limits(before), after=_limits(after))


def _limits(deadlines: Sequence[Deadline]) -> str:
    """Return deadlines as people say them; from when each holds only where it matters, with the source."""
    said = []
    for each in deadlines:
        length = text(f"workflow.duration.{each.duration.unit.value}", amount=each.duration.amount)
        since, source, grade = each.valid_from.isoformat(), each.source, each.evidence
        said.append(text("workflow.difference.limit", length=length, since=since, source=source, grade=grade))
    return text("workflow.desk.join").join(said)


def _form(node: str, label: Label, before: Sequence[Field], after: Sequence[Field]) -> Iterator[Difference]:
    old, new = {each.name: each for each in before}, {each.name: each for each in after}
    for name in (each for each in old if each not in new):
        yield _said("field_removed", node, step=label, field=old[name].label)
    for name, each in new.items():
        if name not in old:
            kind = text("workflow.difference.required" if each.is_required else "workflow.difference.optional")
            yield _said("field_added", node, step=label, field=each.label, kind=kind)
        elif old[name] != each:
            yield _said("field_changed", node, step=label, field=each.label)


def _requirements(
    node: str, label: Label, before: Sequence[Requirement], after: Sequence[Requirement]
) -> Iterator[Difference]:
    old, new = ({written_out(each.that): each.label for each in side} for side in (before, after))
    for that in (each for each in old if each not in new):
        yield _said("requirement_removed", node, step=label, that=old[that])
    for that in (each for each in new if each not in old):
        yield _said("requirement_added", node, step=label, that=new[that])


def _ways(before: Definition, after: Definition) -> Iterator[Difference]:
    old, new = ({(flow.source, flow.target): flow for flow in side.flows} for side in (before, after))
    for ends in (each for each in old if each not in new):
        yield _said("way_removed", ends[0], source=_label(before, ends[0]), target=_label(before, ends[1]))
    for ends, flow in new.items():
        named = {"source": _label(after, ends[0]), "target": _label(after, ends[1])}
        if ends not in old:
            yield _said("way_added", ends[0], when=_when(flow), **named)
        elif _when(old[ends]) != _when(flow):
            yield _said("condition_changed", ends[0], before=_when(old[ends]), after=_when(flow), **named)


def _when(flow: Flow) -> str:
    if flow.condition is not None:
        return text("workflow.difference.if", condition=written_out(flow.condition))
    return text("workflow.difference.otherwise" if flow.is_default else "workflow.difference.always")


def _whole(before: Definition, after: Definition) -> Iterator[Difference]:
    name = after.name
    if before.label != after.label:
        yield _said("step_renamed", name, before=before.label, after=after.label)
    if set(before.start_roles) != set(after.start_roles):
        roles = {"before": _roles(before.start_roles), "after": _roles(after.start_roles)}
        yield _said("start_roles_changed", name, **roles)
    begin = text("workflow.difference.start")
    yield from _form(name, Label(begin, begin), before.start_fields, after.start_fields)
    if set(before.cancel_roles) != set(after.cancel_roles):
        roles = {"before": _roles(before.cancel_roles), "after": _roles(after.cancel_roles)}
        yield _said("cancel_roles_changed", name, **roles)
    yield from _listed("suspension", before.suspensions.values(), after.suspensions.values(), lambda each: each.name)
    yield from _listed("separation", before.separations, after.separations, lambda each: " / ".join(each.duties))
    for name in (each for each in after.decisions if each in before.decisions):
        yield from _table(before.decisions[name], after.decisions[name])


def _listed(code: str, before: Iterable[T], after: Iterable[T], name_of: Callable[[T], str]) -> Iterator[Difference]:
    old, new = {name_of(each): each for each in before}, {name_of(each): each for each in after}
    for name in (each for each in old if each not in new):
        yield _said(f"{code}_removed", "", name=name)
    for name in new:
        if name not in old:
            yield _said(f"{code}_added", "", name=name)
        elif old[name] != new[name]:
            yield _said(f"{code}_changed", "", name=name)


def _table(before: Decision, after: Decision) -> Iterator[Difference]:
    name = after.name
    if before.label != after.label:
        yield _said("step_renamed", name, before=before.label, after=after.label)
    if before.is_unique != after.is_unique:
        policies = [("FIRST", "UNIQUE")[side.is_unique] for side in (before, after)]
        yield _said("policy_changed", name, before=policies[0], after=policies[1])
    if (before.source, before.evidence) != (after.source, after.evidence):
        sources = [f"{side.source} ({side.evidence})" for side in (before, after)]
        yield _said("source_changed", name, before=sources[0], after=sources[1])
    if before.inputs != after.inputs:
        yield _said("columns_changed", name, before=", ".join(before.inputs), after=", ".join(after.inputs))
    outputs = [", ".join(each.name for each in side.outputs) for side in (before, after)]
    if before.outputs != after.outputs:
        yield _said("columns_changed", name, before=outputs[0], after=outputs[1])
    old, new = ([_row(side, rule) for rule in side.rules] for side in (before, after))
    for row in old:
        if row not in new:
            yield _said("row_removed", name, row=row)
    for row in new:
        if row not in old:
            yield _said("row_added", name, row=row)
    if old != new and sorted(old) == sorted(new):
        yield _said("rows_reordered", name)


def decision_rows(decision: Decision) -> list[tuple[str, str, str]]:
    """Return the rows of a table as one reads them: what is asked, what comes out, and the note on it.

    Args:
        decision: the table.
    """
    return [(*_cells(decision, rule), rule.description) for rule in decision.rules]


def _cells(decision: Decision, rule: DecisionRule) -> tuple[str, str]:
    cells = []
    for name, (is_negated, tests) in zip(decision.inputs, rule.inputs, strict=True):
        if tests:
            listed = ", ".join(check_written_out(test) for test in tests)
            cells.append(f"{name}: not({listed})" if is_negated else f"{name}: {listed}")
    results = [
        f"{output.name}: {value_written_out(constant.value)}"
        for output, constant in zip(decision.outputs, rule.outputs, strict=True)
    ]
    return "; ".join(cells) or "-", "; ".join(results)


def _row(decision: Decision, rule: DecisionRule) -> str:
    return " → ".join(_cells(decision, rule))


def _label(definition: Definition, node: str) -> Label:
    return definition.labels.get(node, Label(node, node))


def _kind(kind: str) -> str:
    return text(f"workflow.kind.{kind}")


def _roles(roles: Sequence[str]) -> str:
    return text("workflow.desk.join").join(_role(role) for role in sorted(roles))


def _role(role: str) -> str:
    # A file that is only compared may name a role that nobody here has.
    return text(f"workflow.role.{role}") if role in known_roles() else role
