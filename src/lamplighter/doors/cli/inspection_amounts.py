"""``lamplighter inspection amount``: what is owed, from options or a file, line by line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.reading import read_json, read_record
from lamplighter.business.inspection.records.amounts import Amounts, Role, plain
from lamplighter.business.inspection.records.facts import (
    BreachFacts,
    BreachKind,
    EnergyMethod,
    Facts,
    LateFeeFacts,
    MeteringErrorFacts,
    MeteringErrorKind,
    TheftFacts,
    UserCategory,
    Wiring,
)
from lamplighter.business.inspection.rules import work_out
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json

app = App("inspection-amount")
T = TypeVar("T", TheftFacts, BreachFacts, MeteringErrorFacts, LateFeeFacts)


def _option(flag: str, key: str) -> Any:
    return typer.Option(flag, help=text(f"inspection.option.{key}"))


def _day(flag: str, key: str) -> Any:
    return typer.Option(flag, formats=["%Y-%m-%d"], help=text(f"inspection.option.{key}"))


File = Annotated[Path | None, _option("--file", "file")]
Set = Annotated[list[str] | None, _option("--set", "set")]
Price = Annotated[str | None, _option("--price", "price")]
Kw = Annotated[str | None, _option("--kw", "kw")]
FoundOn = Annotated[datetime | None, _day("--found-on", "found_on")]
StartedOn = Annotated[datetime | None, _day("--started-on", "started_on")]
EndedOn = Annotated[datetime | None, _day("--ended-on", "ended_on")]
Multiple = Annotated[str | None, _option("--multiple", "multiple")]
Reason = Annotated[str | None, _option("--reason", "reason")]
Months = Annotated[str | None, _option("--months", "months")]


@app.command("theft", help=text("inspection.help.theft"))
def theft(
    found_on: FoundOn = None,
    started_on: StartedOn = None,
    ended_on: EndedOn = None,
    method: Annotated[EnergyMethod | None, _option("--method", "method")] = None,
    category: Annotated[UserCategory | None, _option("--category", "category")] = None,
    price: Price = None,
    surcharge: Annotated[str | None, _option("--surcharge", "surcharge")] = None,
    kw: Kw = None,
    established: Annotated[str | None, _option("--established-kwh", "established")] = None,
    billed: Annotated[str | None, _option("--billed-kwh", "billed")] = None,
    hours: Annotated[str | None, _option("--hours-per-day", "hours")] = None,
    wiring: Annotated[Wiring | None, _option("--wiring", "wiring")] = None,
    current: Annotated[str | None, _option("--current", "current")] = None,
    voltage: Annotated[str | None, _option("--voltage", "voltage")] = None,
    ct: Annotated[str | None, _option("--ct", "ct")] = None,
    pt: Annotated[str | None, _option("--pt", "pt")] = None,
    separate: Annotated[bool, _option("--separate-circuit", "separate")] = False,
    multiple: Multiple = None,
    reason: Reason = None,
    file: File = None,
    switches: Set = None,
    as_json: AsJson = False,
) -> None:
    plate = _given(wiring=wiring, current=current, voltage_v=voltage, ct=ct, pt=pt)
    facts = _read(
        TheftFacts,
        file,
        found_on=_date(found_on),
        started_on=_date(started_on),
        ended_on=_date(ended_on),
        method=method,
        category=category,
        price_yuan=price,
        surcharge_yuan=surcharge,
        devices=None if kw is None else [{"name": "", "rated_kw": kw}],
        established_kwh=established,
        billed_kwh=billed,
        hours_per_day=hours,
        meter=plate or None,
        separate_circuit=separate or None,
        multiple=multiple,
        multiple_reason=reason,
    )
    _answer(facts, switches, as_json=as_json)


@app.command("breach", help=text("inspection.help.breach"))
def breach(
    kind: Annotated[BreachKind | None, _option("--kind", "breach")] = None,
    found_on: FoundOn = None,
    started_on: StartedOn = None,
    ended_on: EndedOn = None,
    high: Annotated[str | None, _option("--high-price", "high")] = None,
    low: Annotated[str | None, _option("--low-price", "low")] = None,
    kwh: Annotated[str | None, _option("--kwh", "kwh")] = None,
    monthly: Annotated[str | None, _option("--monthly-kwh", "monthly")] = None,
    kw: Kw = None,
    two_part: Annotated[bool, _option("--two-part", "two_part")] = False,
    basic: Annotated[str | None, _option("--basic-fee", "basic")] = None,
    months: Months = None,
    times: Annotated[int | None, _option("--times", "times")] = None,
    residential: Annotated[bool, _option("--residential", "residential")] = False,
    private: Annotated[bool, _option("--private-capacity", "private")] = False,
    price: Price = None,
    multiple: Multiple = None,
    reason: Reason = None,
    file: File = None,
    switches: Set = None,
    as_json: AsJson = False,
) -> None:
    facts = _read(
        BreachFacts,
        file,
        kind=kind,
        found_on=_date(found_on),
        started_on=_date(started_on),
        ended_on=_date(ended_on),
        high_yuan=high,
        low_yuan=low,
        kwh=kwh,
        monthly_kwh=monthly,
        kw=kw,
        is_two_part=two_part or None,
        basic_yuan=basic,
        months=months,
        occurrences=times,
        is_residential=residential or None,
        is_private_capacity=private or None,
        price_yuan=price,
        multiple=multiple,
        multiple_reason=reason,
    )
    _answer(facts, switches, as_json=as_json)


@app.command("metering-error", help=text("inspection.help.metering_error"))
def metering_error(
    kind: Annotated[MeteringErrorKind | None, _option("--kind", "error_kind")] = None,
    corrected_on: Annotated[datetime | None, _day("--corrected-on", "corrected_on")] = None,
    metered: Annotated[str | None, _option("--metered-kwh", "metered")] = None,
    price: Price = None,
    error: Annotated[str | None, _option("--error", "error")] = None,
    tolerance: Annotated[str | None, _option("--tolerance", "tolerance")] = None,
    residential: Annotated[bool, _option("--residential", "residential")] = False,
    fault: Annotated[str | None, _option("--fault", "fault")] = None,
    factor: Annotated[str | None, _option("--factor", "factor")] = None,
    tan_phi: Annotated[str | None, _option("--tan-phi", "tan_phi")] = None,
    normal: Annotated[str | None, _option("--normal-kwh", "normal")] = None,
    months: Months = None,
    true_ratio: Annotated[str | None, _option("--true-ratio", "true_ratio")] = None,
    billed_ratio: Annotated[str | None, _option("--billed-ratio", "billed_ratio")] = None,
    file: File = None,
    switches: Set = None,
    as_json: AsJson = False,
) -> None:
    facts = _read(
        MeteringErrorFacts,
        file,
        kind=kind,
        corrected_on=_date(corrected_on),
        metered_kwh=metered,
        price_yuan=price,
        relative_error=error,
        tolerance=tolerance,
        is_residential=residential or None,
        fault=fault,
        factor=factor,
        tan_phi=tan_phi,
        normal_kwh=normal,
        months=months,
        true_ratio=true_ratio,
        billed_ratio=billed_ratio,
    )
    _answer(facts, switches, as_json=as_json)


@app.command("late-fee", help=text("inspection.help.late_fee"))
def late_fee(
    arrears: Annotated[str | None, _option("--arrears", "arrears")] = None,
    due_on: Annotated[datetime | None, _day("--due-on", "due_on")] = None,
    paid_on: Annotated[datetime | None, _day("--paid-on", "paid_on")] = None,
    residential: Annotated[bool | None, _option("--residential/--not-residential", "residential")] = None,
    contract_rate: Annotated[str | None, _option("--contract-rate", "contract_rate")] = None,
    file: File = None,
    switches: Set = None,
    as_json: AsJson = False,
) -> None:
    facts = _read(
        LateFeeFacts,
        file,
        arrears_yuan=arrears,
        due_on=_date(due_on),
        paid_on=_date(paid_on),
        is_residential=residential,
        contract_rate=contract_rate,
    )
    _answer(facts, switches, as_json=as_json)


def _date(at: datetime | None) -> object:
    return at.date() if at else None


def _given(**options: object) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _read(record: type[T], file: Path | None, /, **options: object) -> T:
    content = read_json(file) if file else {}
    source = str(file) if file else text("inspection.amount.options")
    return read_record(record, content | _given(**options), source=source)


def _answer(facts: Facts, switches: list[str] | None, *, as_json: bool) -> None:
    chosen = {name: value for name, _, value in (each.partition("=") for each in switches or [])}
    found = work_out(facts, chosen=chosen, law_file=law_file())
    if as_json:
        write_json(amounts_for_machines(found))
        return
    kind = text(f"inspection.kind.{found.kind}")
    typer.echo(text("inspection.amount.title", kind=kind, on=found.governed_on, version=found.law_version))
    table = Table(box=None)
    for name in ("line", "formula", "value", "clause", "evidence"):
        table.add_column(
            text(f"inspection.column.{name}"), justify="right" if name == "value" else "left", overflow="fold"
        )
    for line in found.lines:
        unit = say_unit(line.unit)
        value = f"{line.value:,.2f}" if line.unit == "yuan" else plain(line.value)
        table.add_row(line.label.say(), line.formula.say(), f"{value} {unit}", line.clause.say(), line.evidence)
    Console(highlight=False).print(table)
    direction = text(f"inspection.direction.{found.direction}")
    typer.echo(text("inspection.amount.total", total=f"{found.total_yuan:,.2f}", direction=direction))
    principal, penalty = (f"{found.sum_of(role):,.2f}" for role in (Role.PRINCIPAL, Role.PENALTY))
    typer.echo(text("inspection.amount.principal", principal=principal, penalty=penalty))
    for caveat in found.warnings:
        typer.echo(f"- {text(f'inspection.concern.{caveat.concern}')}: {caveat.phrase.say()}")


def law_file() -> Path | None:
    """Return the company's or its province's own rules, ``settings/inspection.toml`` of the home; None without them."""
    own = read_settings().home.settings / "inspection.toml"
    return own if own.exists() else None


def say_unit(unit: str) -> str:
    """Return a unit in words; a factor has none.

    Example:
        >>> say_unit("kWh"), say_unit("")
        ('kWh', '')
    """
    known = {"kWh": "kwh", "kW": "kw", "yuan/kWh": "price"}
    return text(f"inspection.unit.{known.get(unit, unit)}") if unit else ""


def amounts_for_machines(found: Amounts) -> dict[str, Any]:
    """Return amounts in JSON's types: figures as text, so that no cent is lost, words in the language spoken."""
    return {
        "kind": found.kind,
        "governed_on": found.governed_on,
        "law_version": found.law_version,
        "direction": found.direction,
        "energy_kwh": None if found.energy_kwh is None else str(found.energy_kwh),
        "total_yuan": str(found.total_yuan),
        "principal_yuan": str(found.sum_of(Role.PRINCIPAL)),
        "penalty_yuan": str(found.sum_of(Role.PENALTY)),
        "lines": [
            {
                "label": line.label.message_id,
                "words": line.label.say(),
                "formula": line.formula.say(),
                "value": str(line.value),
                "unit": line.unit,
                "role": line.role,
                "clause": line.clause.say(),
                "article": line.clause.article,
                "is_article_certain": line.clause.is_number_certain,
                "evidence": line.evidence,
            }
            for line in found.lines
        ],
        "switches": list(found.choices),
        "warnings": [
            {"concern": caveat.concern, "message": caveat.phrase.message_id, "words": caveat.phrase.say()}
            for caveat in found.warnings
        ],
    }
