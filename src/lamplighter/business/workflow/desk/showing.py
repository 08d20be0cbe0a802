"""What of a chain the desk shows: why somebody may not do a task, and what happened, in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.workflow.desk.people import chain_actor, names_of
from lamplighter.business.workflow.instances import Event, EventKind, Instance
from lamplighter.business.workflow.records import Definition, UserTask


@dataclass(frozen=True, slots=True)
class ChainLine:
    """Something that happened along a chain: when, by whom (empty: by itself), what, and what was filled in."""

    at: dt.datetime
    by: str
    kind: str
    label: str
    data: tuple[tuple[str, str], ...]
    states: tuple[str, ...]


def say_why_not(task: UserTask, definition: Definition, instance: Instance, actor: Actor) -> str:
    """Return why somebody may not do a task, and who must; empty where he may."""
    by = chain_actor(actor)
    roles = text("workflow.desk.join").join(text(f"workflow.role.{role}") for role in task.roles)
    if by.roles.isdisjoint(task.roles):
        return text("workflow.desk.why_not_role", roles=roles)
    for separation in definition.separations:
        if task.duty not in separation.duties:
            continue
        for other in separation.duties:
            if other != task.duty and by.id in instance.duties.get(other, ()):
                return text(
                    "workflow.desk.why_not_duty",
                    held=text(f"workflow.duty.{other}"),
                    wanted=text(f"workflow.duty.{task.duty}"),
                    roles=roles,
                )
    return ""


def line_of(event: Event, by: str, definition: Definition) -> ChainLine:
    """Return an event as it is shown; ``by`` is the person's name."""
    label = definition.labels.get(event.element)
    suspension = definition.suspensions.get(event.element)
    said = label.spoken() if label else suspension.label.spoken() if suspension else definition.label.spoken()
    if event.kind is EventKind.CANCELLED:
        said = text("workflow.desk.cancelled", what=said)
    data = tuple(
        (_label_of(definition, name), _value_of(definition, name, value))
        for name, value in event.data.items()
        if value is not None
    )
    return ChainLine(event.at, by, event.kind.value, said, data, event.states)


def _label_of(definition: Definition, name: str) -> str:
    field = definition.data.get(name)
    if field is None and name == "reason":
        return text("workflow.desk.reason")
    return field.label.spoken() if field else name


def _value_of(definition: Definition, name: str, value: object) -> str:
    field = definition.data.get(name)
    for option in field.options if field else ():
        if option.value == value:
            return option.label.spoken()
    if isinstance(value, bool):
        return text("desk.yes") if value else text("desk.no")
    if field and field.duty and isinstance(value, str):
        return names_of([value]).get(value, value)
    # An account number is shown to nobody whole.
    return mask_word(str(value), column="account_id") if name == "account_no" else str(value)
