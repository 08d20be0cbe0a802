"""``lamplighter trusted_energy``: why a day is worth what it is, the rules, and what another rule would change."""

import dataclasses
import datetime as dt
import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.trusted_energy.policy import Policy, Rule, Setting, Value, load_policy
from lamplighter.business.trusted_energy.queries.explain import MeterDay, SlotLine, explain_meter_day
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json

if TYPE_CHECKING:
    from lamplighter.business.trusted_energy.queries.what_if import WhatIf

app = App("trusted_energy")

_DAY = ["%Y-%m-%d"]
_PIPE_WIDTH = 180


class ChangeUnreadable(LamplighterError):
    """A ``--set`` is not of the form RULE.NAME=VALUE."""

    def __init__(self, given: str) -> None:
        self.given = given
        super().__init__(text("trusted_energy.error.change_unreadable", given=given))


class RuleUnknown(LamplighterError):
    """A rule was asked for that does not exist."""

    def __init__(self, rule_id: str, *, known: tuple[str, ...]) -> None:
        self.rule_id, self.known = rule_id, known
        super().__init__(text("trusted_energy.rules.unknown", rule=rule_id, known=", ".join(known)))


@app.command("explain", help=text("trusted_energy.explain.help"))
def explain(
    meter: Annotated[str, typer.Argument(help=text("trusted_energy.option.meter"))],
    day: Annotated[dt.datetime, typer.Argument(formats=_DAY, help=text("trusted_energy.option.day"))],
    channel: Annotated[str, typer.Option(help=text("trusted_energy.option.channel"))] = "energy_kwh",
    known_at: Annotated[dt.datetime | None, typer.Option(help=text("trusted_energy.option.known_at"))] = None,
    every_slot: Annotated[bool, typer.Option("--all", help=text("trusted_energy.option.all"))] = False,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as snapshot:
        found = explain_meter_day(
            snapshot=snapshot, meter_id=meter, on_date=day.date(), channel=channel, as_known_at=known_at
        )
    if as_json:
        write_json(found)
        return
    console = _console()
    _say_day(console, found)
    _say_flags(console, found)
    _say_slots(console, found, every_slot=every_slot)


@app.command("rules", help=text("trusted_energy.rules.help"))
def rules(
    rule: Annotated[str | None, typer.Argument(help=text("trusted_energy.option.rule"))] = None,
    as_json: AsJson = False,
) -> None:
    policy = _policy()
    if rule is not None and rule not in policy.rules:
        raise RuleUnknown(rule, known=tuple(policy.rules))
    chosen = [each for each in policy.rules.values() if rule in (None, each.rule_id)]
    settings = [each for each in policy.settings.values() if rule in (None, each.rule_id)]
    if as_json:
        write_json({"version": policy.version, "rules": chosen, "settings": settings})
    elif rule is None:
        _say_rules(_console(), policy)
    else:
        _say_rule(_console(), chosen[0], settings)


@app.command("what_if", help=text("trusted_energy.what_if.help"))
def what_if(
    changes: Annotated[list[str], typer.Option("--set", help=text("trusted_energy.option.set"))],
    first_on: Annotated[dt.datetime, typer.Option("--from", formats=_DAY, help=text("trusted_energy.option.from"))],
    last_on: Annotated[dt.datetime, typer.Option("--to", formats=_DAY, help=text("trusted_energy.option.to"))],
    as_json: AsJson = False,
) -> None:
    # Imported here: the other commands need not load the compiled rules.
    from lamplighter.business.trusted_energy.queries import what_if as asked

    policy = _policy()
    changed = read_changes(changes, policy=policy)
    with Lake.open(read_settings().home.lake).snapshot() as snapshot:
        blocks = asked.read_blocks(
            snapshot,
            first_on=first_on.date(),
            last_on=last_on.date(),
            history_days=policy.whole("E-02.history_days"),
        )
        found = asked.what_if(blocks=blocks, policy=policy, changes=changed)
    if as_json:
        write_json(found)
    else:
        _say_what_if(_console(), found)


def read_changes(given: list[str], *, policy: Policy) -> dict[str, Value]:
    """Return ``V-08.threshold=2.5`` and the like as values of the kind their threshold has.

    Raises:
        ChangeUnreadable: no ``=``.
    """
    found: dict[str, Value] = {}
    for each in given:
        key, equals, word = each.partition("=")
        if not equals or not key.strip() or not word.strip():
            raise ChangeUnreadable(each)
        found[key.strip()] = _value(word.strip(), is_list=isinstance(_current(policy, key.strip()), tuple))
    return found


def _current(policy: Policy, key: str) -> Value | None:
    return policy.settings[key].value if key in policy.settings else None


def _value(word: str, *, is_list: bool) -> Value:
    if is_list:
        return tuple(part.strip() for part in word.split(","))
    if word in {"true", "false"}:
        return word == "true"
    try:
        return float(word)
    except ValueError:
        return word


def _policy() -> Policy:
    override = read_settings().home.settings / "trusted_energy.toml"
    today = dt.datetime.now(dt.UTC).date()
    return load_policy(on=today, override=override if override.exists() else None)


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=True)
    # In a pipe or a log nobody drags the window wider: give tables the room they need.
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=_PIPE_WIDTH)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        is_number = column in {"received", "trusted", "value", "threshold_value", "before", "after"}
        table.add_column(text(f"trusted_energy.column.{column}"), justify="right" if is_number else "left")
    return table


def _plain(value: Value) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _kwh(value: float | None) -> str:
    return "—" if value is None else f"{value:,.3f}"


def _unit(unit: str) -> str:
    return text(f"trusted_energy.unit.{re.sub('[^a-z]+', '_', unit.lower())}") if unit else ""


def _confirm(evidence: str) -> str:
    return evidence + (f" · {text('trusted_energy.rules.confirm')}" if evidence in {"M-L", "P"} else "")


def _say_rules(console: Console, policy: Policy) -> None:
    console.print(text("trusted_energy.rules.version", version=policy.version))
    table = _table("rule", "name", "on", "severity", "threshold", "evidence")
    for rule in policy.rules.values():
        settings = [setting for setting in policy.settings.values() if setting.rule_id == rule.rule_id]
        shown = [f"{each.name} = {_plain(each.value)} {_unit(each.unit)}".strip() for each in settings]
        table.add_row(
            rule.rule_id,
            text(f"trusted_energy.rule.{rule.rule_id}"),
            text("house.yes") if rule.is_on else text("house.no"),
            text(f"trusted_energy.severity.{rule.severity}"),
            "\n".join(shown),
            "\n".join(_confirm(each.evidence) for each in settings) or _confirm(rule.evidence),
        )
    console.print(table)
    console.print(text("trusted_energy.rules.more"))


def _say_rule(console: Console, rule: Rule, settings: list[Setting]) -> None:
    console.print(f"{rule.rule_id}  {text(f'trusted_energy.rule.{rule.rule_id}')}", style="bold")
    console.print(text(f"trusted_energy.means.{rule.rule_id}"), markup=False)
    table = _table("name", "threshold", "evidence", "valid_from", "source")
    state = text("house.yes") if rule.is_on else text("house.no")
    table.add_row("is_on", state, _confirm(rule.evidence), str(rule.valid_from), rule.source)
    for each in settings:
        value = f"{_plain(each.value)} {_unit(each.unit)}".strip()
        table.add_row(each.name, value, _confirm(each.evidence), str(each.valid_from), each.source)
    console.print(table)


def _say_day(console: Console, found: MeterDay) -> None:
    console.print(
        text("trusted_energy.explain.title", meter=found.meter_id, day=found.on_date, area=found.area_id or "—"),
        style="bold",
    )
    if found.as_known_at:
        console.print(text("trusted_energy.explain.as_known_at", at=found.as_known_at))
    if not found.is_worked:
        console.print(text("trusted_energy.explain.not_worked"))
    else:
        console.print(
            text(
                "trusted_energy.explain.energy",
                energy=_kwh(found.energy_kwh),
                source=text(f"trusted_energy.source.{found.source}"),
                actual=found.actual_share or 0.0,
                estimated=found.estimated_share or 0.0,
                version=found.policy_version,
            )
        )
    console.print(
        text("trusted_energy.explain.received", received=_kwh(found.received_kwh), multiplier=f"{found.multiplier:g}")
    )
    dial = found.dial
    console.print(
        text(
            "trusted_energy.explain.dial",
            start=_kwh(dial.start_kwh),
            end=_kwh(dial.end_kwh),
            difference=_kwh(dial.difference_kwh),
        )
    )
    if found.is_outage:
        console.print(text("trusted_energy.explain.outage"))


def _say_flags(console: Console, found: MeterDay) -> None:
    console.print()
    if not found.flags:
        console.print(text("trusted_energy.explain.no_flags"))
        return
    table = _table("rule", "name", "channel", "severity", "from", "slots", "value", "threshold_value")
    for flag in found.flags:
        begins = found.slots[flag.first_slot].starts_at[11:16] if 0 <= flag.first_slot < len(found.slots) else "—"
        table.add_row(
            flag.rule_id,
            text(f"trusted_energy.rule.{flag.rule_id}"),
            flag.channel,
            text(f"trusted_energy.severity.{flag.severity}"),
            begins,
            str(flag.slot_span),
            "—" if flag.value is None else f"{flag.value:,.3f}",
            "—" if flag.threshold is None else f"{flag.threshold:,.3f}",
        )
    console.print(table)


def _say_slots(console: Console, found: MeterDay, *, every_slot: bool) -> None:
    shown = [line for line in found.slots if every_slot or line.cause != "none"]
    console.print()
    counts = Counter(line.quality for line in found.slots)
    console.print(
        text(
            "trusted_energy.explain.slots",
            total=len(found.slots),
            counts=", ".join(f"{text(f'trusted_energy.quality.{name}')} {n}" for name, n in sorted(counts.items())),
        )
    )
    if not shown:
        return
    table = _table("from", "received", "trusted", "quality", "why", "how")
    for line in shown:
        table.add_row(line.starts_at[11:16], _kwh(line.received_kwh), _kwh(line.trusted_kwh), *_reason(line))
    console.print(table)


def _reason(line: SlotLine) -> tuple[str, str, str]:
    why = how = "—"
    if line.cause != "none":
        why = f"{text(f'trusted_energy.cause.{line.cause}')} ({line.cause_rule})"
    if line.method != "none":
        how = f"{text(f'trusted_energy.method.{line.method}')} ({line.method_rule}, AEMO {line.aemo_type})"
    return text(f"trusted_energy.quality.{line.quality}"), why, how


def _say_what_if(console: Console, found: "WhatIf") -> None:
    fields: dict[str, Any] = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    fields.pop("rules")
    console.print(text("trusted_energy.what_if.summary", **fields))
    console.print(text("trusted_energy.what_if.energy", **fields))
    if found.rules:
        table = _table("rule", "name", "before", "after")
        for rule in found.rules:
            name = text(f"trusted_energy.rule.{rule.rule_id}")
            table.add_row(rule.rule_id, name, f"{rule.flags_before:,}", f"{rule.flags_after:,}")
        console.print(table)
    console.print(text("trusted_energy.what_if.nothing_written"))
