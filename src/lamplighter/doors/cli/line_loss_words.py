"""How ``lamplighter line_loss`` says an area's day and what its loss consists of."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lamplighter.base.messages import text
from lamplighter.business.line_loss.explanations import AreaExplanation, Check
from lamplighter.business.line_loss.queries import AreaDay, ExplainedAreas
from lamplighter.doors.cli.output import write_json

SHOWN_AREAS = 30
"""Areas a person reads at a glance; the rest is for files."""
SHOWN_LINES = 10
"""Lines, of four causes each, likewise."""


def say_area_day(found: AreaDay, *, as_json: bool) -> None:
    """Say an area's day meter by meter."""
    if as_json:
        write_json({"terms": {term.word: kwh for term, kwh in found.terms.items()}, "day": found})
        return
    console = open_console()
    for line in balance_lines(found):
        console.print(line, markup=False)
    console.print(_meters_table(found))
    for line in reason_lines(found):
        console.print(line, markup=False)


def say_explained(found: ExplainedAreas, *, one: bool) -> None:
    """Say what the loss of one area consists of and what to check next, or the main cause of every area."""
    console = open_console()
    if not one:
        console.print(_areas_table(found))
        return
    area = found.areas[0]
    console.print(
        text(
            "line_loss.cli.explained_title",
            area=area.area_id,
            days=area.day_count,
            day=found.as_of_on,
            loss=area.loss_kwh,
            rate=area.loss_rate,
            target=area.target_rate,
        ),
        markup=False,
    )
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("cause", "kwh", "interval", "share_of_supply"):
        table.add_column(text(f"line_loss.column.{name}"), justify="left" if name == "cause" else "right")
    for share in sorted(area.shares, key=lambda share: -abs(share.kwh)):
        table.add_row(
            text(f"line_loss.cause.{share.cause}"),
            say_kwh(share.kwh),
            f"{say_kwh(share.low_kwh)} … {say_kwh(share.high_kwh)}",
            f"{share.kwh / area.supplied_kwh:.2%}",
        )
    console.print(table)
    for rank, check in enumerate(area.checks, 1):
        line = text(
            "line_loss.cli.check_line",
            rank=rank,
            check=check_words(check),
            minutes=check.minutes,
            kwh=check.reduction_kwh,
        )
        console.print(line, markup=False)


def say_explained_lines(shares: pa.Table, targets: pa.Table) -> None:
    """Say what the own loss of each line consists of, the greatest beyond its target first.

    Args:
        shares: rows of ``out_feeder_explanation`` as of one day.
        targets: rows of ``out_feeder_target`` as of the same.
    """
    ranked = targets.sort_by([("over_target_kwh", "descending"), ("feeder_id", "ascending")]).to_pylist()
    table = Table(
        title=text("line_loss.cli.explained_lines", count=len(ranked), day=ranked[0]["as_of_on"]),
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in ("feeder_id", "loss_rate", "target_loss_rate", "cause", "kwh", "interval"):
        table.add_column(
            text(f"line_loss.column.{name}"), justify="left" if name in ("feeder_id", "cause") else "right"
        )
    by_line: dict[str, list[dict[str, Any]]] = {}
    for row in shares.to_pylist():
        by_line.setdefault(row["feeder_id"], []).append(row)
    for line in ranked[:SHOWN_LINES]:
        first = (line["feeder_id"], f"{line['loss_rate']:.2%}", f"{line['target_loss_rate']:.2%}")
        for row in sorted(by_line.get(line["feeder_id"], []), key=lambda row: -abs(row["kwh"])):
            interval = f"{say_kwh(row['low_kwh'])} … {say_kwh(row['high_kwh'])}"
            table.add_row(*first, text(f"line_loss.cause.{row['cause']}"), say_kwh(row["kwh"]), interval)
            first = ("", "", "")
    open_console().print(table)


def check_words(check: Check) -> str:
    """Return a check as a sentence."""
    hour = text("line_loss.cli.any_hour") if check.hour < 0 else text("line_loss.cli.at_hour", hour=check.hour)
    return text(f"line_loss.check.{check.code}", place=check.place, hour=hour)


def _areas_table(found: ExplainedAreas) -> Table:
    table = Table(
        title=text("line_loss.cli.explained_all", count=len(found.areas), day=found.as_of_on),
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    columns = ("area_id", "loss_rate", "target_loss_rate", "top_cause", "kwh", "interval")
    for name in columns:
        table.add_column(
            text(f"line_loss.column.{name}"), justify="left" if name in ("area_id", "top_cause") else "right"
        )
    for area in found.areas[:SHOWN_AREAS]:
        table.add_row(*_area_cells(area))
    return table


def _area_cells(area: AreaExplanation) -> tuple[str, ...]:
    top = next(share for share in area.shares if share.cause is area.top_cause)
    return (
        area.area_id,
        f"{area.loss_rate:.2%}",
        f"{area.target_rate:.2%}",
        text(f"line_loss.cause.{top.cause}"),
        say_kwh(top.kwh),
        f"{say_kwh(top.low_kwh)} … {say_kwh(top.high_kwh)}",
    )


def open_console() -> Console:
    """Return a console for tables: as wide as the terminal, and wide enough for a whole row where there is none."""
    console = Console(highlight=False, soft_wrap=True)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=120)


def say_kwh(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}"


def balance_lines(found: AreaDay) -> list[str]:
    """Return the figures of an area's day as sentences."""
    if found.loss_kwh is None or found.loss_rate is None:
        return [text("line_loss.cli.balance_unknown", area=found.area_id, day=found.on_date)]
    lines = [
        text(
            "line_loss.cli.balance_title",
            area=found.area_id,
            day=found.on_date,
            supplied=found.supplied_kwh,
            sold=found.sold_kwh,
            loss=found.loss_kwh,
        ),
        *(
            f"  {'+' if term < 3 else '-'} {text(f'line_loss.term.{term.word}')}: {kwh:,.2f} kWh"
            for term, kwh in found.terms.items()
            if kwh
        ),
        text(
            "line_loss.cli.rate_line",
            rate=found.loss_rate,
            loss_class=text(f"line_loss.class.{found.loss_class}"),
            version=found.policy_version,
        ),
        text("line_loss.cli.coverage_line", coverage=found.coverage, estimated=found.estimated_share or 0.0),
    ]
    if found.technical_kwh is not None:
        lines.append(
            text(
                "line_loss.cli.technical_line",
                technical=found.technical_kwh,
                source=text(f"line_loss.source.{found.technical_source}"),
                unexplained=found.unexplained_kwh,
                low=found.unexplained_low_kwh,
                high=found.unexplained_high_kwh,
            )
        )
    return lines


def reason_lines(found: AreaDay) -> list[str]:
    """Return why the figure is none, what its signs are, and what to do next, as sentences."""
    lines = []
    for code in found.reasons:
        lines.append(text("line_loss.cli.reason_line", reason=text(f"line_loss.reason.{code}")))
        lines.append(text("line_loss.cli.next_line", action=text(f"line_loss.next.{code}")))
    for code in found.hints:
        lines.append(text("line_loss.cli.hint_line", code=code, hint=text(f"line_loss.hint.{code}")))
        lines.append(text("line_loss.cli.next_line", action=text(f"line_loss.action.{code}")))
    return lines


def _meters_table(found: AreaDay) -> Table:
    table = Table()
    for name in ("meter_id", "term", "energy_kwh", "source", "actual_share"):
        table.add_column(
            text(f"line_loss.column.{name}"), justify="right" if name in ("energy_kwh", "actual_share") else "left"
        )
    for share in found.meters:
        energy = text("line_loss.cli.unknown") if share.energy_kwh is None else f"{share.energy_kwh:,.2f}"
        table.add_row(
            share.meter_id,
            text(f"line_loss.term.{share.term.word}"),
            energy,
            text(f"line_loss.energy_source.{share.source}"),
            f"{share.actual_share:.0%}",
        )
    return table
