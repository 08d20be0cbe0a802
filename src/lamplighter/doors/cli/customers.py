"""``lamplighter customers``: accounts, their personal data masked."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.queries import read_billed_months, read_customers
from lamplighter.business.metering.queries import read_meters
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json

app = App("customers")

_SHOWN = {"account_id": "account", "name": "name", "class": "class", "address": "address", "telephone": "telephone"}


class AccountUnknown(LamplighterError):
    """Somebody asks for an account the archive does not have."""

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        super().__init__(text("customers.account_unknown", account_id=account_id))


@app.command("list", help=text("customers.cli.list_help"))
def list_accounts(
    limit: Annotated[int, typer.Option(min=1, help=text("customers.cli.limit_option"))] = 40,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_customers(state).select(list(_SHOWN)).slice(0, limit)
    if as_json:
        write_json(found.to_pylist())
        return
    _print(found.to_pylist(), _SHOWN)


@app.command("show", help=text("customers.cli.show_help"))
def show(
    account_id: Annotated[str, typer.Argument(help=text("customers.cli.account_argument"))], as_json: AsJson = False
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        customer = read_customers(state, account_id=account_id).drop_columns(["known_at"])
        if not customer.num_rows:
            raise AccountUnknown(account_id)
        meters = read_meters(state, account_id=account_id).select(["meter_id", "area_id", "role", "phase"]).to_pylist()
        billed = read_billed_months(state, account_id=account_id).select(["month", "energy_kwh"]).to_pylist()
    if as_json:
        write_json({**customer.to_pylist()[0], "meters": meters, "billed": billed})
        return
    _print(customer.to_pylist(), _SHOWN)
    _print(meters, {"meter_id": "meter", "area_id": "area"})
    if billed:
        _print(billed, {"month": "month", "energy_kwh": "energy"})


def _print(rows: list[dict[str, object]], columns: dict[str, str]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns.values():
        table.add_column(text(f"customers.cli.column_{column}"))
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    Console(highlight=False).print(table)
