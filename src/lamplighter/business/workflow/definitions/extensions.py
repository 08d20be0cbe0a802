"""What BPMN has no word for, in our own namespace: forms, deadlines, requirements, roles and duties."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from lamplighter.business.workflow.definitions.faults import FaultList, repeated
from lamplighter.business.workflow.definitions.markup import BPMN, OURS, local, written
from lamplighter.business.workflow.durations import DurationUnit, DurationUnreadable, read_duration
from lamplighter.business.workflow.expressions.checking import Declared, doubts_of
from lamplighter.business.workflow.expressions.reading import Unreadable, read_expression
from lamplighter.business.workflow.expressions.tree import Expression
from lamplighter.business.workflow.records import (
    Deadline,
    Field,
    FieldKind,
    Label,
    Option,
    Requirement,
    Separation,
    Suspension,
)

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
EVIDENCE: Final = ("R", "M-H", "M-M", "M-L", "P")
LONGEST_DAYS: Final = 3_650
_A_DAY: Final = {
    DurationUnit.WORKING_DAYS: 1,
    DurationUnit.CALENDAR_DAYS: 1,
    DurationUnit.HOURS: 24,
    DurationUnit.MINUTES: 24 * 60,
}
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "field": frozenset({"name", "kind", "label", "en", "required", "duty"}),
    "option": frozenset({"value", "label", "en"}),
    "deadline": frozenset({"duration", "validFrom", "source", "evidence"}),
    "require": frozenset({"that", "label", "en"}),
    "suspension": frozenset({"name", "label", "en", "roles"}),
    "cancellation": frozenset({"roles"}),
    "separation": frozenset({"duties", "source", "evidence"}),
}
_INSIDE: Final[Mapping[str, frozenset[str]]] = {"field": frozenset({"option"}), "suspension": frozenset({"field"})}


def words(value: str | None) -> tuple[str, ...]:
    """Return the words of an attribute that lists names."""
    return tuple((value or "").split())


def extensions(element: Element, name: str) -> list[Element]:
    """Return the extensions of an element with this name."""
    return element.findall(f"{BPMN}extensionElements/{OURS}{name}")


def check_extension(extension: Element, owner: str, faults: FaultList, *, inside: str = "") -> None:
    """Note what is not ours in an extension: other namespaces, other words, other attributes."""
    name = local(extension.tag)
    allowed = _INSIDE.get(inside, frozenset()) if inside else _KNOWN.keys() - {"option"}
    if not extension.tag.startswith(OURS) or name not in allowed:
        faults.add("foreign_element", owner, tag=extension.tag)
        return
    for attribute in extension.attrib.keys() - _KNOWN[name]:
        faults.add("attribute_unknown", owner, attribute=attribute, tag=name)
    for child in extension:
        check_extension(child, owner, faults, inside=name)


def label_of(element: Element) -> Label:
    """Return the label of one of our elements; English falls back on Chinese, and that on the name."""
    zh = element.get("label") or element.get("name") or element.get("value") or ""
    return Label(zh=zh, en=element.get("en") or zh)


def read_fields(parents: list[Element], owner: str, faults: FaultList) -> tuple[Field, ...]:
    """Read the fields of a form."""
    fields = tuple(_read_field(each, owner, faults) for each in parents)
    for name in repeated([field.name for field in fields]):
        faults.add("field_twice", owner, name=name)
    return fields


def _read_field(element: Element, owner: str, faults: FaultList) -> Field:
    name, kind = element.get("name", ""), element.get("kind", "")
    if not NAME.fullmatch(name):
        faults.add("name_bad", owner, name=name)
    if kind not in tuple(FieldKind):
        faults.add("kind_unknown", owner, name=name, kind=kind, kinds=", ".join(FieldKind))
        kind = FieldKind.TEXT
    options = tuple(Option(each.get("value", ""), label_of(each)) for each in element.findall(f"{OURS}option"))
    if (kind == FieldKind.CHOICE) != bool(options) or repeated([option.value for option in options]):
        faults.add("options_bad", owner, name=name)
    if element.get("duty") and kind != FieldKind.COLLEAGUE:
        faults.add("duty_of_value", owner, name=name)
    return Field(
        name=name,
        kind=FieldKind(kind),
        label=label_of(element),
        is_required=element.get("required", "true") == "true",
        options=options,
        duty=element.get("duty", ""),
    )


def read_deadlines(element: Element, owner: str, faults: FaultList) -> tuple[Deadline, ...]:
    """Read the deadlines of an element, by the day from which each holds."""
    deadlines = [
        deadline
        for each in extensions(element, "deadline")
        if (deadline := _read_deadline(each, owner, faults)) is not None
    ]
    if repeated([str(deadline.valid_from) for deadline in deadlines]):
        faults.add("deadline_twice", owner)
    return tuple(sorted(deadlines, key=lambda deadline: deadline.valid_from))


def _read_deadline(element: Element, owner: str, faults: FaultList) -> Deadline | None:
    source, evidence = element.get("source", ""), element.get("evidence", "")
    if not source or evidence not in EVIDENCE:
        faults.add("source_missing", owner, grades=", ".join(EVIDENCE))
    try:
        duration = read_duration(element.get("duration", ""))
        valid_from = dt.date.fromisoformat(element.get("validFrom", ""))
    except DurationUnreadable as problem:
        faults.add("duration_bad", owner, duration=problem)
        return None
    except ValueError:
        faults.add("day_bad", owner, day=element.get("validFrom", ""))
        return None
    # What waits longer never happens: in nobody's years, and not before the rules are others.
    most = LONGEST_DAYS * _A_DAY[duration.unit]
    if duration.amount > most:
        faults.add("duration_too_long", owner, duration=element.get("duration"), days=f"{LONGEST_DAYS:,}")
    return Deadline(duration, valid_from, source, evidence)


def read_condition(
    written_text: str, owner: str, names: Mapping[str, Declared], faults: FaultList
) -> Expression | None:
    """Read and check a condition; None with a fault."""
    try:
        expression = read_expression(written_text)
    except Unreadable as problem:
        faults.add("expression_bad", owner, expression=written_text[:80], at=problem.at, found=problem.found)
        return None
    doubts = list(doubts_of(expression, names))
    for doubt in doubts:
        faults.add(doubt.code, owner, **doubt.fields)
    return None if doubts else expression


def read_requirements(
    element: Element, owner: str, names: Mapping[str, Declared], faults: FaultList
) -> Iterator[Requirement]:
    """Read what must hold for a task to be completed."""
    for each in extensions(element, "require"):
        that = read_condition(each.get("that", ""), owner, names, faults)
        if that is not None:
            yield Requirement(that, label_of(each))


def read_suspensions(process: Element, owner: str, faults: FaultList) -> dict[str, Suspension]:
    """Read the reasons for which an instance may stand still."""
    found = {}
    for each in extensions(process, "suspension"):
        name, roles = each.get("name", ""), words(each.get("roles"))
        if not roles or name in found:
            faults.add("suspension_bad", owner, name=name)
        found[name] = Suspension(name, label_of(each), roles, read_fields(each.findall(f"{OURS}field"), name, faults))
    return found


def read_separations(process: Element, owner: str, duties: frozenset[str], faults: FaultList) -> tuple[Separation, ...]:
    """Read which duties are kept apart; each must be some task's."""
    found = []
    for each in extensions(process, "separation"):
        apart = words(each.get("duties"))
        if len(apart) < 2 or not each.get("source") or each.get("evidence") not in EVIDENCE:
            faults.add("separation_bad", owner, grades=", ".join(EVIDENCE))
        for duty in sorted(set(apart) - duties):
            faults.add("duty_unknown", owner, duty=duty)
        found.append(Separation(apart, each.get("source", ""), each.get("evidence", "")))
    return tuple(found)


def documentation_of(element: Element) -> str:
    """Return the documentation of an element on one line."""
    return " ".join(written(element.find(f"{BPMN}documentation")).split())
