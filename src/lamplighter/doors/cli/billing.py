"""``lamplighter billing``: shadow bills, why they differ, and what another tariff would have cost."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import language, text
from lamplighter.base.settings import read_settings
from lamplighter.business.billing.figures import name_origin
from lamplighter.business.billing.operations import BillRun, bill_month
from lamplighter.business.billing.queries import bill_breakdown, compare_bills, compare_tariffs
from lamplighter.business.billing.records import Bill, BillComparison, TariffComparison
from lamplighter.business.billing.wording import say_line
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.doors.cli.tariffs import open_book

app = App("billing")

MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help=text("billing.cli.month_argument"))]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help=text("billing.cli.account_argument"))]


class MonthMistyped(LamplighterError):
    """What should be a month is none."""

    def __init__(self, given: str) -> None:
        self.given = given
        super().__init__(text("billing.error.month_mistyped", given=given))


@app.command("bill", help=text("billing.cli.bill_help"))
def bill(month: MonthArgument, as_json: AsJson = False) -> None:
    run = bill_month(
        lake=Lake.open(read_settings().home.lake),
        month=read_month(month),
        book=open_book(),
        now=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        progress=terminal_progress(as_json=as_json),
    )
    if as_json:
        write_json(run)
    else:
        _say_run(run)


@app.command("explain", help=text("billing.cli.explain_help"))
def explain(
    account_id: AccountArgument,
    month: MonthArgument,
    against: Annotated[str, typer.Option(metavar="MONTH", help=text("billing.cli.against_option"))] = "",
    known_at: Annotated[dt.datetime | None, typer.Option(help=text("billing.cli.known_option"))] = None,
    as_json: AsJson = False,
) -> None:
    book = open_book()
    with Lake.open(read_settings().home.lake).snapshot() as state:
        if against:
            compared = compare_bills(
                state,
                account_id=account_id,
                month=read_month(month),
                against=read_month(against),
                book=book,
                as_known_at=known_at,
            )
            if as_json:
                write_json(compared)
            else:
                _say_bill(compared.bill)
                _say_difference(compared)
            return
        found = bill_breakdown(state, account_id=account_id, month=read_month(month), book=book, as_known_at=known_at)
    if as_json:
        write_json(found)
    else:
        _say_bill(found.bill)


@app.command("compare_tariffs", help=text("billing.cli.compare_help"))
def compare(
    account_id: AccountArgument,
    month: MonthArgument,
    months: Annotated[int, typer.Option(min=1, max=60, help=text("billing.cli.months_option"))] = 12,
    as_json: AsJson = False,
) -> None:
    last = read_month(month)
    number = last.year * 12 + last.month - 1
    asked = tuple(dt.date(n // 12, n % 12 + 1, 1) for n in range(number - months + 1, number + 1))
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = compare_tariffs(state, account_id=account_id, months=asked, book=open_book())
    if as_json:
        write_json(found)
    else:
        _say_costs(found)


def read_month(given: str) -> dt.date:
    """Return the first day of ``2025-03``.

    Raises:
        MonthMistyped: it is no month.

    Example:
        >>> read_month("2025-03")
        datetime.date(2025, 3, 1)
    """
    try:
        return dt.datetime.strptime(given, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise MonthMistyped(given) from error


def _say_run(run: BillRun) -> None:
    console = Console(highlight=False)
    console.print(
        text(
            "billing.cli.run",
            month=f"{run.month:%Y-%m}",
            accounts=run.accounts,
            whole=run.whole,
            bulk=run.in_bulk,
            blocked=run.blocked,
            yuan=run.total_yuan,
            book=run.book_version,
        ),
        markup=False,
    )
    for issue, count in run.issues.items():
        words = text("billing.cli.run_issue", count=count, issue=text(f"billing.issue.{issue}"))
        console.print(f"  {words}", markup=False)


def _say_bill(found: Bill) -> None:
    console = Console(highlight=False, soft_wrap=True)
    tariff = found.tariff_code or text("billing.cli.no_tariff")
    title = text("billing.cli.title", account=found.account_id, first=found.first_on, end=found.end_on, tariff=tariff)
    console.print(title, markup=False)
    for use in found.uses:
        if use.start is None or use.end is None:
            continue
        meter = text(
            "billing.cli.meter",
            meter=use.meter_id,
            start=use.start.value,
            end=use.end.value,
            start_on=use.start.on_date,
            end_on=use.end.on_date,
            multiplier=use.multiplier,
            bridged=f" + {use.bridged_kwh}" if use.bridged_kwh else "",
            kwh=use.energy_kwh,
            known=use.end.known_at,
        )
        console.print(f"  {meter}", markup=False)
    if found.lines:
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for name in ("item", "formula", "yuan", "source"):
            table.add_column(text(f"billing.column.{name}"), justify="right" if name == "yuan" else "left")
        for line in found.lines:
            table.add_row(say_line(line), line.formula, f"{line.yuan:,.2f}", name_origin(line.origin))
        console.print(table)
    for issue in found.issues:
        console.print(f"  ! {text(f'billing.issue.{issue}')}", markup=False)
    key = "billing.cli.no_total" if found.total_yuan is None else "billing.cli.total"
    console.print(text(key, yuan=found.total_yuan, kwh=found.energy_kwh), markup=False)
    if found.billed_yuan is not None and found.total_yuan is not None:
        difference = found.billed_yuan - found.total_yuan
        console.print(text("billing.cli.company", yuan=found.billed_yuan, difference=f"{difference:+}"), markup=False)
    if found.check is not None:
        check = found.check
        said = text("billing.cli.check", kwh=check.energy_kwh, difference=f"{check.difference_kwh:+}")
        console.print(said, markup=False)


def _say_difference(found: BillComparison) -> None:
    console = Console(highlight=False)
    if found.difference_yuan is None:
        console.print(text("billing.cli.not_comparable"), markup=False)
        return
    month = f"{found.against.first_on:%Y-%m}"
    said = text("billing.cli.difference", against=month, difference=f"{found.difference_yuan:+}")
    console.print(said, markup=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("cause", "kwh", "yuan"):
        table.add_column(text(f"billing.column.{name}"), justify="left" if name == "cause" else "right")
    for share in found.causes:
        kwh = "" if share.kwh is None else f"{share.kwh:+,.2f}"
        table.add_row(text(f"billing.cause.{share.cause}"), kwh, f"{share.yuan:+,.2f}")
    console.print(table)


def _say_costs(found: TariffComparison) -> None:
    console = Console(highlight=False)
    console.print(text("billing.cli.costs", months=len(found.months), kwh=found.energy_kwh), markup=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("tariff", "yuan", "months", "estimated"):
        table.add_column(text(f"billing.column.{name}"), justify="left" if name == "tariff" else "right")
    for cost in found.costs:
        name = cost.name_zh if language() == "zh" else cost.name_en
        mark = f" ({text('billing.words.current')})" if cost.is_current else ""
        yuan = "—" if cost.yuan is None else f"{cost.yuan:,.2f}"
        table.add_row(f"{name}{mark}", yuan, str(len(cost.months)), str(cost.estimated_months))
    console.print(table)
