"""``lamplighter detection``: the list, the evidence card of an account, and what both rest on."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.documents import write_table
from lamplighter.base.lake import Lake
from lamplighter.base.messages import language, text
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.cards import CardReason, EvidenceCard
from lamplighter.business.detection.queries import (
    count_depths,
    read_evidence_card,
    read_list_file,
    read_proposals,
    read_suspicions,
)
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.wording import say_depths
from lamplighter.doors.cli.anomalies import add_anomaly_commands
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.models import add_model_commands
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.visits import add_visit_commands
from lamplighter.journeys.archive_decisions import list_changes, read_decisions, write_changes

app = App("detection")
add_visit_commands(app)
add_model_commands(app)
add_anomaly_commands(app)

DEFAULT_SHOWN = 20
LEAST_SHOWN = 0.05
"""Strength below which a reason is left to ``--json``: it would read as 0.00."""
AsOf = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=text("detection.option.on"))]


@app.command("rank", help=text("detection.help.rank"))
def rank(
    top: Annotated[int | None, typer.Option("--top", min=1, help=text("detection.option.top"))] = None,
    out: Annotated[Path | None, typer.Option("--out", help=text("detection.option.out"))] = None,
    on: AsOf = None,
    as_json: AsJson = False,
) -> None:
    as_of = on.date() if on else None
    with Lake.open(read_settings().home.lake).snapshot() as state:
        if out is not None:
            written = write_table(read_list_file(state, as_of=as_of, top=top), out)
            if as_json:
                write_json({"path": out, "accounts": written})
            else:
                typer.echo(text("detection.list.written", count=written, path=out))
            return
        rows = read_suspicions(state, as_of=as_of)
    shown = rows.slice(0, top or (rows.num_rows if as_json else DEFAULT_SHOWN))
    if as_json:
        write_json({"as_of": rows["as_of_on"][0], "count": rows.num_rows, "rows": shown})
        return
    typer.echo(text("detection.list.title", as_of=rows["as_of_on"][0], shown=shown.num_rows, count=rows.num_rows))
    typer.echo(say_depths(count_depths(rows)))
    table = Table(box=None)
    for name in ("rank", "account", "area", "depth", "colour", "probability", "kwh", "yuan", "reasons", "against"):
        numbers = name in ("rank", "probability", "kwh", "yuan")
        # Chinese has no blanks to break at: a long reason folds rather than losing its end.
        table.add_column(text(f"detection.column.{name}"), justify="right" if numbers else "left", overflow="fold")
    for row in shown.to_pylist():
        kwh = row["expected_kwh"]
        table.add_row(
            str(row["rank"]),
            row["account_id"],
            row["area_id"] or "",
            text(f"detection.depth.{row['data_depth'] or 'archive'}"),
            text(f"detection.colour.{row['colour']}"),
            f"{row['theft_probability']:.1%}",
            text("detection.unknown") if kwh is None else f"{kwh:,.0f}",
            f"{row['expected_yuan']:,.0f}",
            _say_codes("reason", row["reasons"]),
            _say_codes("reason", row["against"]),
        )
    Console(highlight=False).print(table)
    typer.echo(text("detection.list.verdict"))


@app.command("explain", help=text("detection.help.explain"))
def explain(
    account: Annotated[str, typer.Argument(help=text("detection.argument.account"))],
    on: AsOf = None,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        card = read_evidence_card(state, account=account, as_of=on.date() if on else None)
    if as_json:
        write_json(card)
        return
    for line in _headline(card):
        typer.echo(line)
    for heading, reasons in (("for", card.speaks_for), ("against", card.speaks_against)):
        typer.echo(f"\n{text(f'detection.card.{heading}')}")
        telling = tuple(reason for reason in reasons if reason.strength >= LEAST_SHOWN)
        if telling:
            Console(highlight=False).print(_reason_table(telling))
        else:
            typer.echo(text("detection.card.nothing"))
    if card.layer_worth:
        told = sorted(
            ((added, layer) for layer, added in card.layer_worth.items() if layer in card.layers), reverse=True
        )
        words = [f"{text(f'detection.layer.{layer}')} {added:+.1f}" for added, layer in told]
        typer.echo(f"\n{text('detection.card.worth')} {text('detection.list.join').join(words)}")
    typer.echo(f"\n{text('detection.card.checks')}")
    for check in card.checks:
        typer.echo(f"- {text(f'detection.check.{check}')}")
    if not card.checks:
        typer.echo(text("detection.card.nothing"))
    typer.echo("\n" + text("detection.card.depth", depth=text(f"detection.depth.{card.data_depth}")))
    missing = ", ".join(text(f"detection.layer.{layer}") for layer in card.missing_layers)
    typer.echo(
        text(
            "detection.card.layers",
            available=", ".join(text(f"detection.layer.{layer}") for layer in card.layers),
            missing=missing or text("detection.card.none_missing"),
        )
    )
    typer.echo(text("detection.card.model", model=card.model_version))
    typer.echo(text("detection.card.verdict"))


class Kind(StrEnum):
    """What of the archive seems wrong."""

    AREA = "wrong_area"
    PHASE = "wrong_phase"


@app.command("proposals", help=text("detection.help.proposals"))
def proposals(
    kind: Annotated[Kind | None, typer.Option("--kind", help=text("detection.option.kind"))] = None,
    least: Annotated[float, typer.Option("--least", min=0.0, max=1.0, help=text("detection.option.least"))] = 0.0,
    out: Annotated[Path | None, typer.Option("--out", help=text("detection.option.out"))] = None,
    on: AsOf = None,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        rows = read_proposals(
            state, as_of=on.date() if on else None, kind=kind.value if kind else None, least=least
        ).drop_columns(["known_at"])
    if out is not None:
        written = write_table(rows, out)
        if as_json:
            write_json({"path": out, "proposals": written})
        else:
            typer.echo(text("detection.proposals.written", count=written, path=out))
        return
    if as_json:
        write_json({"count": rows.num_rows, "rows": rows})
        return
    typer.echo(text("detection.proposals.title", count=rows.num_rows))
    if rows.num_rows:
        Console(highlight=False).print(_proposal_table(rows.to_pylist()))
    typer.echo(text("detection.proposals.not_applied"))


def _proposal_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None)
    for name in (
        "meter",
        "seems",
        "recorded",
        "proposed",
        "confidence",
        "voltage_figures",
        "balance_figures",
        "mended",
    ):
        table.add_column(text(f"detection.column.{name}"), overflow="fold")
    for row in rows:
        table.add_row(
            row["meter_id"],
            text(f"detection.proposals.{row['kind']}"),
            row["recorded"],
            row["proposed"] or text("detection.proposals.elsewhere"),
            _confidence(row),
            _figures(row, "likeness_recorded", "likeness_proposed", digits=2),
            _figures(row, "home_coefficient", "away_slope", digits=2),
            _figures(row, "home_mended_kwh", "away_mended_kwh", digits=0),
        )
    return table


def _confidence(row: dict[str, Any]) -> str:
    share = f"{row['confidence']:.1%}"
    return share if row["status"] == "proposed" else f"{share} {text('detection.proposals.check_on_site')}"


@app.command("decisions", help=text("detection.help.decisions"))
def decisions(
    out: Annotated[Path | None, typer.Option("--out", help=text("detection.option.changes_out"))] = None,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        rows = read_decisions(state).drop_columns(["known_at"])
        changes = list_changes(state)
        files = write_changes(state, changes, folder=out) if out is not None else []
    if as_json:
        write_json({"count": rows.num_rows, "rows": rows, "changes": changes, "files": files})
        return
    typer.echo(text("detection.decisions.title", count=rows.num_rows, open=len(changes)))
    for row in rows.to_pylist():
        typer.echo(
            text(
                "detection.decisions.row",
                on=row["decided_on"],
                meter=row["meter_id"],
                recorded=row["recorded"],
                proposed=row["proposed"] or text("detection.unknown"),
                state=text(f"detection.proposal_state.{row['decision']}"),
                ground=text(f"detection.ground.{row['reason']}"),
            )
        )
    for file in files:
        typer.echo(f"  {file}")
    typer.echo(text("detection.decisions.next") if files else text("detection.proposals.not_applied"))


def _figures(row: dict[str, Any], *names: str, digits: int) -> str:
    if all(row[name] is None for name in names):
        return ""
    unknown = text("detection.unknown")
    return " / ".join(unknown if row[name] is None else f"{row[name]:,.{digits}f}" for name in names)


@app.command("settings", help=text("detection.help.settings"))
def settings(as_json: AsJson = False) -> None:
    held = default_settings()
    rows = [*held.thresholds.values(), *held.costs.values()]
    if as_json:
        write_json({"version": held.version, "settings": rows, "reasons": list(held.reasons.values())})
        return
    table = Table(box=None)
    for name in ("setting", "value", "unit", "meaning", "source", "evidence"):
        table.add_column(text(f"detection.column.{name}"), justify="right" if name == "value" else "left")
    for row in rows:
        grade = f"{row.evidence} ({text('detection.confirm')})" if row.needs_confirmation else row.evidence
        meaning = row.meaning_zh if language() == "zh" else row.meaning
        table.add_row(row.name, f"{row.value:g}", row.unit, meaning, row.source, grade)
    for reason in held.reasons.values():
        grade = f"{reason.evidence} ({text('detection.confirm')})"
        weight = reason.weight if reason.is_for else -reason.weight
        table.add_row(
            reason.code, f"{weight:+g}", "log-odds", text(f"detection.reason.{reason.code}"), reason.rule, grade
        )
    Console(highlight=False).print(table)
    typer.echo(text("detection.card.model", model=held.version))


def _headline(card: EvidenceCard) -> list[str]:
    lines = [
        text(
            "detection.card.title",
            account=card.account_id,
            name=card.masked_name or text("detection.unknown"),
            meter=card.meter_id or text("detection.unknown"),
            area=card.area_id or text("detection.unknown"),
            as_of=card.as_of,
        ),
        text(
            "detection.card.rank",
            rank=card.rank,
            count=card.listed_count,
            colour=text(f"detection.colour.{card.colour}"),
            probability=card.theft_probability,
        ),
    ]
    if card.expected_kwh is None:
        lines.append(text("detection.card.kwh_unknown", yuan=card.expected_yuan))
    else:
        lines.append(text("detection.card.kwh", kwh=card.expected_kwh, yuan=card.expected_yuan))
    daily, peers = card.scores.get("context_daily_kwh"), card.scores.get("peers_kwh")
    if daily is None:
        lines.append(text("detection.card.use_unknown"))
    elif peers is None:
        lines.append(text("detection.card.use_alone", daily=daily))
    else:
        lines.append(text("detection.card.use", daily=daily, peers=peers))
    if card.area is None:
        lines.append(text("detection.card.area_unknown"))
    else:
        lines.append(
            text(
                "detection.card.area",
                unexplained=card.area.unexplained_kwh,
                low=card.area.low_kwh,
                high=card.area.high_kwh,
                days=card.area.computable_days,
            )
        )
    return lines


def _reason_table(reasons: tuple[CardReason, ...]) -> Table:
    table = Table(box=None)
    for name in ("weight", "layer", "reasons", "figure", "usual", "unit", "days"):
        numbers = name in ("weight", "figure", "usual")
        heading = text("detection.column.meaning") if name == "reasons" else text(f"detection.column.{name}")
        table.add_column(heading, justify="right" if numbers else "left")
    for reason in reasons:
        days = " – ".join(str(day) for day in (reason.first_on, reason.last_on) if day is not None)
        table.add_row(
            f"{reason.added:+.2f}",
            text(f"detection.layer.{reason.layer}"),
            text(f"detection.reason.{reason.code}"),
            "" if reason.value is None else f"{reason.value:,.2f}",
            "" if reason.expected is None else f"{reason.expected:,.2f}",
            reason.unit,
            days,
        )
    return table


def _say_codes(kind: str, joined: str) -> str:
    return text("detection.list.join").join(text(f"detection.{kind}.{code}") for code in joined.split(";") if code)
