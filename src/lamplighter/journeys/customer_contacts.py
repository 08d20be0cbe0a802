"""Where customers are reached: the archive in the lake, asked at the moment a message is sent and kept nowhere else."""

from __future__ import annotations

from typing import Final

from lamplighter.base.lake import Lake
from lamplighter.base.outbox.addresses import add_address_book
from lamplighter.base.outbox.records import Channel
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.queries import read_customers
from lamplighter.business.customers.rules import mask_word

KIND: Final = "account"


def customer_address(account_id: str, channel: Channel) -> str:
    """Return telephone, or name and postal address, of an account; empty where the archive has none.

    The archive has no e-mail addresses.
    """
    with Lake.open(read_settings().home.lake).snapshot() as state:
        rows = read_customers(state, account_id=account_id, is_masked=False).to_pylist()
    if not rows:
        return ""
    row = rows[0]
    match channel:
        case Channel.SMS:
            return str(row["telephone"] or "")
        case Channel.LETTER if row["address"]:
            return "\n".join(filter(None, (row["name"], row["address"])))
        case _:
            return ""


def register() -> None:
    """Let the outbox reach customers; what is shown of one is his masked account."""
    add_address_book(KIND, customer_address, lambda ref: mask_word(ref, column="account_id"))
