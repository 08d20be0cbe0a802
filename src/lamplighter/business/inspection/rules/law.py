"""The law that holds on a day, read from versioned data; a company's or province's file goes over it."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.records.law import Act, Clause, Instrument, Rule, Switch, WiringFault


class LawMissing(LamplighterError):
    """No rule of that name holds on the day."""

    def __init__(self, name: str, *, on: date, near: tuple[str, ...] = ()) -> None:
        self.name, self.on = name, on
        super().__init__(text("inspection.error.law_missing", name=name, on=on, near=", ".join(near) or "-"))


class LawBroken(LamplighterError):
    """A file of law cannot be read."""

    def __init__(self, path: str, *, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(text("inspection.error.law_broken", path=path, why=why))


class _Dated(Protocol):
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


T = TypeVar("T", bound=_Dated)


@dataclass(frozen=True, slots=True)
class Law:
    """What holds on one day.

    Attributes:
        on: the day.
        version: of the data, with a mark of the company's file.
        rules: by id; ``switches`` by name, ``acts`` by code, ``faults`` by code.

    Example:
        >>> load_law(on=date(2025, 6, 1)).rule("theft.days_unknown").clause.say("en")
        'Power Supply Business Rules (NDRC, Order 14, 2024), Art. 105'
    """

    on: date
    version: str
    rules: Mapping[str, Rule]
    switches: Mapping[str, Switch]
    acts: Mapping[str, Act]
    faults: Mapping[str, WiringFault]

    def rule(self, rule_id: str) -> Rule:
        """Return a rule.

        Raises:
            LawMissing: none of that name holds on the day.
        """
        if rule_id not in self.rules:
            raise LawMissing(rule_id, on=self.on, near=_near(rule_id, self.rules))
        return self.rules[rule_id]

    def act(self, code: str) -> Act:
        """Return an act of theft or breach.

        Raises:
            LawMissing: the law of the day does not know it.
        """
        if code not in self.acts:
            raise LawMissing(code, on=self.on, near=_near(code, self.acts))
        return self.acts[code]


def _near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    start = name.split(".")[0].split("-")[0]
    return tuple(each for each in known if each.startswith(start))


@dataclass(frozen=True, slots=True)
class Statutes:
    """Everything on record, whatever the day: what :func:`load_law` chooses from."""

    version: str
    rules: tuple[Rule, ...]
    switches: tuple[Switch, ...]
    acts: tuple[Act, ...]
    faults: tuple[WiringFault, ...]


def load_law(*, on: date, file: Path | None = None) -> Law:
    """Return the law that holds on the day of an act.

    Args:
        on: day of the act.
        file: rules of the company or its province, of the same form as ``law/rules.toml``; they go before the
            packaged ones of the same name on every day they hold.

    Raises:
        LawBroken: the file cannot be read, or names an instrument that is not on record.

    Example:
        >>> [load_law(on=day).rule("restore").unit for day in (date(2024, 5, 31), date(2024, 6, 1))]
        ['calendar_day', 'hour']
    """
    statutes = read_statutes() if file is None else _overlaid(read_statutes(), file)
    return Law(
        on=on,
        version=statutes.version,
        rules=_holding(statutes.rules, on, lambda rule: rule.rule_id),
        switches=_holding(statutes.switches, on, lambda switch: switch.name),
        acts=_holding(statutes.acts, on, lambda act: act.code),
        faults={fault.code: fault for fault in statutes.faults},
    )


def _holding(rows: Iterable[T], on: date, key: Callable[[T], str]) -> dict[str, T]:
    """Return of each name the last row that holds: the company's own rows stand after the packaged ones."""
    return {key(row): row for row in rows if row.valid_from <= on and (row.valid_to is None or on < row.valid_to)}


@cache
def read_statutes() -> Statutes:
    """Return the packaged data, read once."""
    instruments = tuple(Instrument(**{"valid_to": None, **row}) for row in _packaged("instruments")["instrument"])
    content = _packaged("rules")
    return Statutes(
        version=content["version"],
        rules=tuple(_rule(row, instruments) for row in content["rule"]),
        switches=tuple(_switch(row) for row in _packaged("switches")["switch"]),
        acts=tuple(_act(row, instruments) for row in _packaged("acts")["act"]),
        faults=tuple(_fault(row) for row in _packaged("wiring_faults")["fault"]),
    )


def _overlaid(own: Statutes, file: Path) -> Statutes:
    instruments = tuple(Instrument(**{"valid_to": None, **row}) for row in _packaged("instruments")["instrument"])
    try:
        raw = file.read_bytes()
        content = tomllib.loads(raw.decode("utf-8"), parse_float=Decimal)
        rules = tuple(_rule(row, instruments) for row in content.get("rule", []))
        switches = tuple(_switch(row) for row in content.get("switch", []))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LawBroken(str(file), why=f"{type(error).__name__}: {error}") from error
    faults = [*_unfit_rules(rules, own), *_unfit_switches(switches, own)]
    if faults:
        raise LawBroken(str(file), why="; ".join(faults))
    mark = hashlib.sha256(raw).hexdigest()[:8]
    return Statutes(f"{own.version}+{mark}", (*own.rules, *rules), (*own.switches, *switches), own.acts, own.faults)


def _unfit_rules(rules: tuple[Rule, ...], own: Statutes) -> list[str]:
    """Return the rules that no calculation would read, or would read as something else: 3 hours are not 3 days."""
    known: dict[str, set[tuple[type, str]]] = {}
    for rule in own.rules:
        known.setdefault(rule.rule_id, set()).add((type(rule.value), rule.unit))
    unfit = [rule for rule in rules if (type(rule.value), rule.unit) not in known.get(rule.rule_id, set())]
    return [f"{rule.rule_id} = {rule.value} {rule.unit}".rstrip() for rule in unfit]


def _unfit_switches(switches: tuple[Switch, ...], own: Statutes) -> list[str]:
    known = {switch.name: set(switch.options) for switch in own.switches}
    return [
        f"{switch.name} = {switch.default}"
        for switch in switches
        if switch.default not in switch.options or not set(switch.options) <= known.get(switch.name, set())
    ]


def _packaged(name: str) -> dict[str, Any]:
    content = resources.files(__package__).joinpath("law", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(content, parse_float=Decimal)


def _clause(row: dict[str, Any], instruments: tuple[Instrument, ...]) -> Clause:
    code, on = row.pop("instrument"), row["valid_from"]
    fitting = [each for each in instruments if each.code == code]
    # The version in force when the row begins; an old rule quoted by a later row keeps its only version.
    found = [each for each in fitting if each.valid_from <= on and (each.valid_to is None or on < each.valid_to)]
    if not fitting:
        raise KeyError(code)
    return Clause((found or fitting)[-1], row.pop("article"), row.pop("article_evidence"))


def _rule(raw: dict[str, Any], instruments: tuple[Instrument, ...]) -> Rule:
    row = dict(raw)
    clause = _clause(row, instruments)
    value = row.pop("value")
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    moves = row.pop("moves_to_working_day", False)
    return Rule(**{"valid_to": None, **row}, value=value, clause=clause, moves_to_working_day=moves)


def _switch(raw: dict[str, Any]) -> Switch:
    return Switch(**{"valid_to": None, **raw, "options": tuple(raw["options"])})


def _act(raw: dict[str, Any], instruments: tuple[Instrument, ...]) -> Act:
    row = dict(raw)
    clause = _clause(row, instruments)
    is_national = row.pop("scope") == "national"
    return Act(**{"valid_to": None, **row}, is_national=is_national, clause=clause)


def _fault(raw: dict[str, Any]) -> WiringFault:
    row: dict[str, Any] = {name: Decimal(value) if isinstance(value, int) else value for name, value in raw.items()}
    return WiringFault(**row)
