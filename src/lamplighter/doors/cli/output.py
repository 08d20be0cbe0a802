"""What a command leaves behind: its exit code, its sentence, or its answer for a machine."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from lamplighter.base.messages import text


class ExitCode(IntEnum):
    """What the exit code of every command means."""

    OK = 0
    FAILED = 1
    """An expected failure; its sentence says what next."""
    USAGE = 2
    """The words of the command were not understood."""
    QUARANTINED = 3
    """Finished, and some rows were set aside: they can be read and released."""
    DEFECT = 70
    """Something we did not expect; the stack is on standard error."""
    INTERRUPTED = 130
    """Stopped with Ctrl-C; the lake is consistent."""


AsJson = Annotated[bool, typer.Option("--json", help=text("cli.option.json"))]
"""The option of every command that answers: ``as_json: AsJson = False``."""


def json_ready(value: object) -> Any:
    """Return a value in JSON's own types: instants, days and decimals as text, records by field, NaN as null.

    Raises:
        TypeError: a type that has no settled form.

    Example:
        >>> json_ready({"on": date(2025, 3, 1), "loss_rate": float("nan"), "areas": ("A1",)})
        {'on': '2025-03-01', 'loss_rate': None, 'areas': ['A1']}
    """
    if isinstance(value, Enum):
        return json_ready(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Decimal):
        # As text, so that no cent is lost on the way.
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: json_ready(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(json_ready(key)): json_ready(each) for key, each in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [json_ready(each) for each in value]
    # numpy's scalars and arrays, pyarrow's scalars and tables.
    for turn in ("tolist", "as_py", "to_pylist"):
        if hasattr(value, turn):
            return json_ready(getattr(value, turn)())
    raise TypeError(
        f"{type(value).__name__} has no settled form in JSON: give json_ready a record, a mapping or a list."
    )


def write_json(value: object) -> None:
    """Write one JSON document to standard output."""
    typer.echo(json.dumps(json_ready(value), ensure_ascii=False, indent=2, allow_nan=False))


def say_failure(*, kind: str, sentence: str, as_json: bool) -> None:
    """Say why nothing came of it: one sentence for a person, one document for a machine."""
    if as_json:
        write_json({"error": {"kind": kind, "message": sentence}})
    else:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(sentence, style="red")
