"""K-14: of the money billed for a month, what was paid for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.security.actor import UnitPath
from lamplighter.business.kpi.records import Count


def count_money(billed: pa.Table, payments: pa.Table, *, paths: Mapping[str, UnitPath]) -> Iterator[Count]:
    """Yield what each bill adds: yuan paid for it, at most its amount, of its amount.

    What one customer pays too much settles nobody else's bill. Payments that do not name their month are left out, and
    so are accounts whose units are not known; a company that keeps no payments adds nothing.

    Args:
        billed: ``core_billed_month``; ``payments``: ``core_payment``.
        paths: account -> its units.

    Example:
        Of 100 yuan 100 were paid, of 50 yuan 20, in one station:

        >>> import datetime as dt
        >>> march, path = dt.date(2026, 3, 1), UnitPath("P", "C", "N", "S")
        >>> bills = pa.table({"account_id": ["a", "b"], "month": [march] * 2, "amount_yuan": [100.0, 50.0]})
        >>> paid = pa.table({"account_id": ["a", "b"], "for_month": [march] * 2, "amount_yuan": [130.0, 20.0]})
        >>> [(each.hits, each.total) for each in count_money(bills, paid, paths={"a": path, "b": path})]
        [(100.0, 100.0), (20.0, 50.0)]
    """
    if not payments.num_rows:
        return
    named = payments.filter(pc.is_valid(payments["for_month"])).rename_columns(
        ["month" if name == "for_month" else name for name in payments.column_names]
    )
    paid = named.group_by(["account_id", "month"]).aggregate([("amount_yuan", "sum")])
    known = billed.select(["account_id", "month", "amount_yuan"])
    known = known.filter(pc.greater(known["amount_yuan"], 0.0))
    joined = known.join(paid, keys=["account_id", "month"], join_type="left outer").sort_by("account_id")
    for batch in joined.to_batches():
        for account, month, amount, came in zip(
            *(batch[name].to_pylist() for name in ("account_id", "month", "amount_yuan", "amount_yuan_sum")),
            strict=True,
        ):
            if account in paths:
                yield Count("K-14", month, paths[account], min(came or 0.0, amount), amount)
