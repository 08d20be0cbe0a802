"""What is filled into forms: checked field by field, all faults at once, and its form in JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.workflow.expressions.tree import Value
from lamplighter.business.workflow.records import Field, FieldKind

LONGEST_TEXT: Final = 10_000
_LARGEST: Final = Decimal(10) ** 18


class FormRefused(LamplighterError):
    """What was filled in is not what the form asks for; ``faults`` has a sentence for each field."""

    def __init__(self, faults: Mapping[str, str], *, form: str) -> None:
        self.faults, self.form = dict(faults), form
        lines = [f"{name}: {sentence}" for name, sentence in self.faults.items()]
        super().__init__("\n".join([text("workflow.form.refused", form=form, count=len(lines)), *lines]))


class _Unfit(ValueError):
    """A value does not fit its field."""


def read_form(fields: Sequence[Field], given: Mapping[str, object], *, form: str, by: str) -> dict[str, Value]:
    """Return the values of a form in the types their fields declare.

    Args:
        fields: of the form.
        given: what was filled in: values of the right types, or their text. None and empty text count as not given.
        form: name of the form, for what is said about it.
        by: id of who filled it in.

    Raises:
        FormRefused: with a sentence for each field that is missing, unknown or unfit.

    Example:
        >>> from lamplighter.business.workflow.records import Label
        >>> fee = Field("fee_yuan", FieldKind.DECIMAL, Label("电费", "Fee"))
        >>> read_form([fee], {"fee_yuan": "12.50"}, form="f", by="")
        {'fee_yuan': Decimal('12.50')}
    """
    faults = {name: text("workflow.form.unknown") for name in given.keys() - {field.name for field in fields}}
    values: dict[str, Value] = {}
    for field in fields:
        value = given.get(field.name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if field.is_required:
                faults[field.name] = text("workflow.form.missing", label=field.label.spoken())
            continue
        try:
            values[field.name] = _fitted(field, value, by)
        except _Unfit as problem:
            faults[field.name] = str(problem)
    if faults:
        raise FormRefused(dict(sorted(faults.items())), form=form)
    return values


def _fitted(field: Field, value: object, by: str) -> Value:
    written = value.strip() if isinstance(value, str) else value
    match field.kind:
        case FieldKind.BOOLEAN:
            if written in ("true", "false"):
                return written == "true"
            if isinstance(written, bool):
                return written
        case FieldKind.INTEGER | FieldKind.DECIMAL:
            number = _number(written, whole=field.kind is FieldKind.INTEGER)
            if number is not None:
                return number
        case FieldKind.DATE:
            day = _day(written)
            if day is not None:
                return day
        case _:
            if isinstance(written, str) and len(written) <= LONGEST_TEXT:
                return _fitted_text(field, written, by)
    raise _Unfit(text(f"workflow.form.kind.{field.kind}", label=field.label.spoken(), given=str(value)[:40]))


def _fitted_text(field: Field, written: str, by: str) -> str:
    options = [option.value for option in field.options]
    if options and written not in options:
        listed = ", ".join(options)
        raise _Unfit(text("workflow.form.option", label=field.label.spoken(), given=written[:40], options=listed))
    if field.kind is FieldKind.COLLEAGUE and written == by:
        raise _Unfit(text("workflow.form.colleague", label=field.label.spoken()))
    return written


def _number(written: object, *, whole: bool) -> int | Decimal | None:
    # A binary fraction is nobody's amount: 0.1 + 0.2 is not 0.3 there.
    if isinstance(written, bool | float) or not isinstance(written, str | int | Decimal):
        return None
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= _LARGEST:
        return None
    if not whole:
        return number
    return int(number) if number == number.to_integral_value() else None


def _day(written: object) -> dt.date | None:
    if isinstance(written, dt.datetime):
        return None
    if isinstance(written, dt.date):
        return written
    try:
        return dt.date.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None


def to_json(values: Mapping[str, Value]) -> dict[str, object]:
    """Return values in JSON's types, by name: decimals and days as text.

    Example:
        >>> to_json({"fee_yuan": Decimal("12.50"), "is_final": True})
        {'fee_yuan': '12.50', 'is_final': True}
    """
    return {
        name: value if isinstance(value, bool | int | str) else str(value) for name, value in sorted(values.items())
    }


def from_json(stored: Mapping[str, object], declared: Mapping[str, Field]) -> dict[str, Value]:
    """Return values from JSON's types, by what the definition declares of each name.

    Raises:
        FormRefused: they are not what the definition declares.
    """
    fields = [declared[name] for name in stored if name in declared]
    return read_form(fields, stored, form="JSON", by="")


def hash_of(stored: Mapping[str, object]) -> str:
    """Return the SHA-256 of data as canonical JSON.

    Example:
        >>> hash_of({})[:12]
        '44136fa355b3'
    """
    canonical = json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
