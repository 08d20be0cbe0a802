"""Reading accounts for their bills: one by one for a person, a bucket at a time for a month."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from lamplighter.base.lake import Snapshot
from lamplighter.business.billing.facts import (
    TrustedSlots,
    read_billed,
    read_dials,
    read_hung,
    read_slots,
    read_terms,
)
from lamplighter.business.billing.making import AccountFacts
from lamplighter.business.metering.queries import bucket_of

_YEAR_START: Final = (1, 1)


def read_account(
    snapshot: Snapshot, *, account_id: str, first_on: date, end_on: date, as_known_at: datetime | None = None
) -> AccountFacts:
    """Return everything the bills of an account inside ``[first_on, end_on)`` are made of.

    Args:
        snapshot: state of the lake.
        account_id: the account.
        first_on, end_on: days of the bills; dials are read from the beginning of the first year.
        as_known_at: UTC-naive instant; what came later is left out.

    Raises:
        AccountUnknown: no such account.
        TermsBroken: a figure of its archive is none.
    """
    terms = read_terms(snapshot, account_id=account_id, as_known_at=as_known_at)
    meters = {meter.meter_id: meter for meter in read_hung(snapshot, account_id=account_id)}
    kept: dict[tuple[str, date, date], TrustedSlots | None] = {}

    def slots(meter_id: str, start: date, end: date) -> TrustedSlots | None:
        asked = (meter_id, start, end)
        if asked not in kept:
            bucket = bucket_of(snapshot, meter_id=meter_id)
            kept[asked] = read_slots(
                snapshot, meter=meters[meter_id], bucket=bucket, first_on=start, end_on=end, as_known_at=as_known_at
            )
        return kept[asked]

    year = date(first_on.year, *_YEAR_START)
    return AccountFacts(
        terms=terms,
        meters=tuple(meters.values()),
        dials={
            meter_id: read_dials(snapshot, meter_id=meter_id, first_on=year, end_on=end_on, as_known_at=as_known_at)
            for meter_id in meters
        },
        slots=slots,
        billed=read_billed(snapshot, account_id=account_id),
    )
