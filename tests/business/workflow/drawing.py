"""Small processes drawn in a few lines, a calendar anybody can count on, and people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.instances import Actor, Step, Surroundings
from lamplighter.business.workflow.operations import complete, start
from lamplighter.business.workflow.records import Definition

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:lamp="urn:lamplighter:process:1" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">'
)
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
CLERK = Actor("clerk", frozenset({"clerk"}))
CHIEF = Actor("chief", frozenset({"chief"}))


class Weekdays:
    """Monday to Friday are worked, save for the days named."""

    zone = SHANGHAI

    def __init__(self, *holidays: dt.date) -> None:
        self.holidays = holidays

    def is_working_day(self, day: dt.date) -> bool:
        return day.weekday() < 5 and day not in self.holidays


AROUND = Surroundings(Weekdays(), {})


def flows(*arrows: str) -> str:
    """Draw arrows: ``"a > b"``, ``"a > b if outcome = 1"``; the id of each is ``a_b``."""
    drawn = []
    for arrow in arrows:
        ends, _, condition = arrow.partition(" if ")
        source, _, target = ends.partition(" > ")
        inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        drawn.append(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'
        )
    return "".join(drawn)


def task(name: str, inside: str = "", *, roles: str = "clerk", more: str = "") -> str:
    """Draw a user task; ``inside`` are extensions of ours."""
    return (
        f'<userTask id="{name}" name="{name}" lamp:roles="{roles}" {more}>'
        f"<extensionElements>{inside}</extensionElements></userTask>"
    )


def field(name: str, kind: str, *options: str, more: str = "") -> str:
    """Draw a field of a form."""
    listed = "".join(f'<lamp:option value="{option}" label="{option}"/>' for option in options)
    return f'<lamp:field name="{name}" kind="{kind}" label="{name}" {more}>{listed}</lamp:field>'


def deadline(duration: str, *, valid_from: str = "2020-01-01") -> str:
    """Draw a deadline."""
    return f'<lamp:deadline duration="{duration}" validFrom="{valid_from}" source="test" evidence="R"/>'


def timer(name: str, duration: str, *, on: str = "", interrupting: bool = True) -> str:
    """Draw an event of time, on a task or by itself."""
    part = (
        f"<extensionElements>{deadline(duration)}</extensionElements>"
        f"<timerEventDefinition><timeDuration>{duration}</timeDuration></timerEventDefinition>"
    )
    if on:
        cancels = str(interrupting).lower()
        return f'<boundaryEvent id="{name}" attachedToRef="{on}" cancelActivity="{cancels}">{part}</boundaryEvent>'
    return f'<intermediateCatchEvent id="{name}">{part}</intermediateCatchEvent>'


def drawn(*parts: str, version: int = 1, before: str = "", more: str = 'lamp:startRoles="clerk"') -> bytes:
    """Draw a process with the start ``s`` and the end ``e``."""
    inside = "".join(parts)
    return (
        f'{HEAD}{before}<process id="p" name="P" lamp:version="{version}" {more}>'
        f'{inside}<startEvent id="s"/><endEvent id="e"/></process></definitions>'
    ).encode()


def read(*parts: str, services: tuple[str, ...] = (), **more: object) -> Definition:
    """Draw a process and read it."""
    return read_process(drawn(*parts, **more), file="p.bpmn", services=services)  # type: ignore[arg-type]


def begun(definition: Definition, data: Mapping[str, object] | None = None, **more: object) -> Step:
    """Begin an instance on Monday at nine."""
    arguments: dict[str, object] = {"now": MONDAY, "around": AROUND, "by": CLERK, **more}
    return start(definition=definition, instance_id="I1", data=data or {}, **arguments)  # type: ignore[arg-type]


def done(definition: Definition, step: Step, name: str, **data: object) -> Step:
    """Complete a task as the clerk, an hour after what happened last."""
    after = max(event.at for event in step.events) + dt.timedelta(hours=1) if step.events else MONDAY
    return complete(
        definition=definition,
        instance=step.instance,
        task=name,
        data=data,
        by=Actor("clerk", frozenset({"clerk", "chief"})),
        now=after,
        seen=step.instance.number,
        around=AROUND,
    )
