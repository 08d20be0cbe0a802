"""``lamplighter detection anomalies``: what the rule pack found, its rules, its coverage, and what outcomes say."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.documents import write_table
from lamplighter.base.lake import Lake
from lamplighter.base.messages import language, text
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.anomaly_queries import (
    RuleUnknown,
    precision_table,
    read_anomalies,
    read_coverage,
    read_outcome_precision,
    read_scenarios,
)
from lamplighter.business.detection.rule_pack import RulePack
from lamplighter.business.detection.settings import default_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json

DEFAULT_SHOWN = 30
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "anomalies": (
        "theft_score", "decision", "code", "name", "account_id", "meter_id", "phase", "first_on", "last_on", "severity",
        "value", "expected", "unit", "action",
    ),
    "scenarios": ("chance", "scenario", "account_id", "meter_id", "first_on", "last_on", "codes", "why", "checks"),
    "rules": ("code", "name", "public_code", "severity", "weight", "rule", "needs", "action", "evidence"),
    "coverage": ("subject", "name", "scope_count", "judged_count", "found_count", "verdict"),
    "precision": ("code", "name", "visits", "hits", "prior", "mean", "low", "high"),
}  # fmt: skip
_NUMBERS = frozenset({
    "theft_score", "severity", "value", "expected", "chance", "weight", "scope_count", "judged_count", "found_count",
    "visits", "hits", "prior", "mean", "low", "high",
})  # fmt: skip


def add_anomaly_commands(app: App) -> None:
    """Add the command to the group ``detection``."""
    app.command("anomalies", help=text("anomalies.help.anomalies"))(anomalies)


def anomalies(
    code: Annotated[str | None, typer.Option("--code", help=text("anomalies.option.code"))] = None,
    unit: Annotated[str | None, typer.Option("--unit", help=text("anomalies.option.unit"))] = None,
    top: Annotated[int | None, typer.Option("--top", min=1, help=text("detection.option.top"))] = None,
    on: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help=text("anomalies.option.on"))] = None,
    out: Annotated[Path | None, typer.Option("--out", help=text("detection.option.out"))] = None,
    scenarios: Annotated[bool, typer.Option("--scenarios", help=text("anomalies.option.scenarios"))] = False,
    rules: Annotated[bool, typer.Option("--rules", help=text("anomalies.option.rules"))] = False,
    coverage: Annotated[bool, typer.Option("--coverage", help=text("anomalies.option.coverage"))] = False,
    precision: Annotated[bool, typer.Option("--precision", help=text("anomalies.option.precision"))] = False,
    as_json: AsJson = False,
) -> None:
    asked = {"scenarios": scenarios, "rules": rules, "coverage": coverage, "precision": precision}
    chosen = [name for name, is_asked in asked.items() if is_asked]
    if len(chosen) > 1:
        raise typer.BadParameter(text("anomalies.error.one_view"))
    view = chosen[0] if chosen else "anomalies"
    pack = default_settings().pack
    if code is not None and code not in pack.rules:
        raise RuleUnknown(code, known=list(pack.rules))
    rows = _read(view, code=code, unit=unit, as_of=on.date() if on else None)
    if out is not None:
        written = write_table(rows, out)
        if as_json:
            write_json({"path": out, "rows": written})
        else:
            typer.echo(text("anomalies.written", count=written, path=out))
        return
    # Only the lists of a whole company are cut; the pack and its coverage are short.
    most = top or (DEFAULT_SHOWN if view in ("anomalies", "scenarios") and not as_json else rows.num_rows)
    shown = rows.slice(0, most)
    if as_json:
        write_json({"view": view, "pack": pack.version, "count": rows.num_rows, "rows": shown})
        return
    typer.echo(text(f"anomalies.title.{view}", count=rows.num_rows, shown=shown.num_rows, version=pack.version))
    Console(highlight=False).print(_draw(view, shown.to_pylist(), pack))
    typer.echo(text("anomalies.note.confirm" if view == "rules" else "anomalies.note.verdict"))


def _read(view: str, *, code: str | None, unit: str | None, as_of: dt.date | None) -> pa.Table:
    if view == "rules":
        found = _rules_table(default_settings().pack)
        return found if code is None else found.filter(pc.equal(found["code"], code))
    with Lake.open(read_settings().home.lake).snapshot() as state:
        reads: Mapping[str, Callable[[], pa.Table]] = {
            "anomalies": lambda: read_anomalies(state, as_of=as_of, code=code, unit=unit),
            "scenarios": lambda: read_scenarios(state, as_of=as_of, unit=unit),
            "coverage": lambda: read_coverage(state, as_of=as_of),
            "precision": lambda: precision_table(
                read_outcome_precision(state, settings=default_settings(), as_of=as_of), as_of=as_of or dt.date.max
            ).drop_columns(["as_of_on"]),
        }
        return reads[view]()


def _rules_table(pack: RulePack) -> pa.Table:
    names = ("code", "name", "name_zh", "public_code", "severity", "applies_to", "needs", "rule", "rule_zh", "unit",
             "action", "weight", "prior", "confirmed_by", "evidence", "version", "valid_from")  # fmt: skip
    return pa.table({name: [_plain(getattr(rule, name)) for rule in pack.rules.values()] for name in names})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _draw(view: str, rows: list[dict[str, Any]], pack: RulePack) -> Table:
    table = Table(box=None)
    for name in _SHOWN[view]:
        table.add_column(
            text(f"anomalies.column.{name}"), justify="right" if name in _NUMBERS else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*[_say(name, row, pack) for name in _SHOWN[view]])
    return table


def _say(name: str, row: Mapping[str, Any], pack: RulePack) -> str:
    """Return one cell in words; what is not a column of the row is said of the rule or scenario it names."""
    value: Any = row.get(name)
    if name == "name" or (name == "rule" and language() == "zh"):
        return _say_of_rule(name, row, pack)
    if name in ("action", "scenario", "decision", "why"):
        rooms = {"action": "detection.check", "scenario": "anomalies.scenario", "decision": "anomalies.decision"}
        return text(f"{rooms.get(name, 'anomalies.why')}.{row['scenario'] if name == 'why' else value}")
    if name in ("checks", "needs"):
        room, codes = ("detection.check", value.split(";")) if name == "checks" else ("anomalies.data", value)
        return text("detection.list.join").join(text(f"{room}.{code}") for code in codes)
    if name == "verdict":
        return _say_verdict(row)
    if name == "evidence":
        return f"{value} ({text('detection.confirm')})" if value in ("M-L", "P") else str(value)
    if name in ("chance", "prior", "mean", "low", "high"):
        return f"{value:.0%}"
    if isinstance(value, float):
        return f"{value:,.0f}" if name == "theft_score" else f"{value:,.2f}"
    return "" if value is None else str(value)


def _say_of_rule(name: str, row: Mapping[str, Any], pack: RulePack) -> str:
    code = row.get("code") or row["subject"]
    rule = pack.rules.get(code)
    if rule is None:
        return text(f"anomalies.scenario.{code}" if code in pack.scenarios else f"anomalies.set_aside.{code}")
    return str(getattr(rule, f"{name}_zh" if language() == "zh" else name))


def _say_verdict(row: Mapping[str, Any]) -> str:
    if row["kind"] == "set_aside":
        return text("anomalies.verdict.set_aside")
    if row["scope_count"] == 0:
        return text("anomalies.verdict.no_meter")
    lacks = text("detection.list.join").join(text(f"anomalies.data.{name}") for name in row["lacks"].split(";") if name)
    if row["judged_count"] == 0:
        return text("anomalies.verdict.not_applicable", lacks=lacks)
    return text("anomalies.verdict.partly", lacks=lacks) if lacks else text("anomalies.verdict.all")
