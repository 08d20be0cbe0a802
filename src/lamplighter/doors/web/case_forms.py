"""Forms of a case: the fields a task declares, the facts of a calculation, as they are shown and as they come back."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from lamplighter.base.messages import text
from lamplighter.business.inspection.reading import FACTS
from lamplighter.business.workflow.records import Definition, Field, FieldKind

_LEFT_OUT: Final = ("acts", "period_prices", "days_claimed", "earlier_penalty", "thefts_two_years")
"""Facts that the form of the desk does not ask for."""
_PLATE: Final = ("wiring", "current", "voltage_v", "ct", "pt", "limiter_a")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as it is shown.

    Attributes:
        name: of the field.
        label: its words.
        kind: text, area, choice, number, date, yes_no.
        value: what was typed, or what is proposed.
        options: value and words of each choice.
        fault: what is wrong with what was typed; empty.
        hint: what to know; empty.
    """

    name: str
    label: str
    kind: str
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    fault: str = ""
    is_required: bool = False
    hint: str = ""


_SHOWN_AS: Final = {
    FieldKind.TEXT: "text",
    FieldKind.CHOICE: "choice",
    FieldKind.COLLEAGUE: "choice",
    FieldKind.INTEGER: "number",
    FieldKind.DECIMAL: "number",
    FieldKind.DATE: "date",
    FieldKind.BOOLEAN: "yes_no",
}


def shown_fields(
    fields: Sequence[Field],
    *,
    colleagues: Sequence[tuple[str, str]],
    typed: Mapping[str, str],
    faults: Mapping[str, str],
    filled: Sequence[str] = (),
) -> list[Shown]:
    """Return the fields of a task without those the desk fills in."""
    found = []
    for field in fields:
        if field.name in filled:
            continue
        options: tuple[tuple[str, str], ...] = tuple((each.value, each.label.spoken()) for each in field.options)
        if field.kind is FieldKind.COLLEAGUE:
            options = tuple(colleagues)
        if field.kind is FieldKind.BOOLEAN:
            options = yes_no()
        kind = "area" if field.name.endswith(("_note", "_reason")) else _SHOWN_AS[field.kind]
        found.append(
            Shown(
                name=field.name,
                label=field.label.spoken(),
                kind=kind,
                value=typed.get(field.name, ""),
                options=options,
                fault=faults.get(field.name, ""),
                is_required=field.is_required,
            )
        )
    return found


def left_over(definition: Definition, form: str, typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what was typed into the form of a task that is not open any more: label and value.

    Args:
        definition: the process.
        form: id of the task.
        typed: by field.
    """
    if form not in definition.tasks:
        return []
    data = definition.data
    return [(data[name].label.spoken() if name in data else name, value) for name, value in typed.items()]


def yes_no() -> tuple[tuple[str, str], ...]:
    """Return the two answers as a choice."""
    return (("true", text("desk.yes")), ("false", text("desk.no")))


def shown_facts(kind: str, *, typed: Mapping[str, str], faults: Mapping[str, str]) -> list[Shown]:
    """Return the facts a calculation asks for; what is left empty is not known."""
    record = FACTS[kind]
    hints = get_type_hints(record)
    found = []
    for field in dataclasses.fields(record):
        if field.name in _LEFT_OUT or field.name == "meter":
            continue
        found.append(_shown_fact(field, hints[field.name], typed, faults))
    if kind == "theft":
        found += [
            Shown(
                f"meter_{name}",
                text(f"cases.fact.meter_{name}"),
                "choice" if name == "wiring" else "text",
                typed.get(f"meter_{name}", ""),
                tuple((each, text(f"cases.option.{each}")) for each in ("single_phase", "four_wire", "three_wire"))
                if name == "wiring"
                else (),
                faults.get(f"meter_{name}", "") or (faults.get("meter", "") if name == "wiring" else ""),
            )
            for name in _PLATE
        ]
    return found


def _shown_fact(field: dataclasses.Field[Any], hint: Any, typed: Mapping[str, str], faults: Mapping[str, str]) -> Shown:
    inner = _inner(hint)
    is_required = field.default is dataclasses.MISSING
    options: tuple[tuple[str, str], ...] = ()
    proposed = ""
    if field.name == "devices":
        kind = "area"
    elif isinstance(inner, type) and issubclass(inner, StrEnum):
        kind, options = "choice", tuple((each.value, text(f"cases.option.{each.value}")) for each in inner)
    elif inner is bool:
        kind, options, proposed = "yes_no", yes_no(), "false"
    elif inner is dt.date:
        kind = "date"
    elif inner in (Decimal, int):
        kind = "number"
        proposed = "" if is_required or field.default is None else str(field.default)
    else:
        kind = "text"
    return Shown(
        name=field.name,
        label=text(f"cases.fact.{field.name}"),
        kind=kind,
        value=typed.get(field.name, proposed),
        options=options,
        fault=faults.get(field.name, ""),
        is_required=is_required,
        hint=text("cases.fact.devices_hint") if field.name == "devices" else "",
    )


def _inner(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return next(each for each in get_args(hint) if each is not type(None))
    return hint


def facts_content(kind: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed as the content of a record of facts; empty fields are left out as not known."""
    record = FACTS[kind]
    content: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        value = typed.get(field.name, "").strip()
        if value:
            content[field.name] = _devices(value) if field.name == "devices" else value
    plate = {name: typed[f"meter_{name}"].strip() for name in _PLATE if typed.get(f"meter_{name}", "").strip()}
    if plate:
        content["meter"] = plate
    return content


def _devices(written: str) -> list[dict[str, Any]]:
    """Return equipment from lines of name, rated kW and, where there are several, how many."""
    found = []
    for line in written.splitlines():
        if not line.strip():
            continue
        name, _, rest = line.replace("，", ",").partition(",")
        rated, _, count = rest.partition(",")
        found.append({"name": name.strip(), "rated_kw": rated.strip(), "quantity": count.strip() or 1})
    return found
