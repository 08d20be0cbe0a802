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
    for row in settle_bills(billed, payments).to_pylist():
        if row["account_id"] in paths:
            yield Count("K-14", row["month"], paths[row["account_id"]], row["paid_yuan"], row["amount_yuan"])


def settle_bills(billed: pa.Table, payments: pa.Table) -> pa.Table:
    """Return each bill with an amount, and what was paid for it, at most its amount.

    Args:
        billed: ``core_billed_month``; ``payments``: ``core_payment``.

    Returns:
        ``account_id, month, amount_yuan, paid_yuan``, by account and month; no row where the company keeps no payments:
        nothing would be known of them.
    """
    known = billed.select(["account_id", "month", "amount_yuan"])
    known = known.filter(pc.greater(known["amount_yuan"], 0.0))
    if not payments.num_rows:
        known = known.slice(0, 0)
    named = payments.filter(pc.is_valid(payments["for_month"]))
    named = named.select(["account_id", "for_month", "amount_yuan"]).rename_columns(["account_id", "month", "came"])
    paid = named.group_by(["account_id", "month"]).aggregate([("came", "sum")])
    joined = known.join(paid, keys=["account_id", "month"], join_type="left outer")
    joined = joined.sort_by([("account_id", "ascending"), ("month", "ascending")])
    came = pc.min_element_wise(pc.fill_null(joined["came_sum"], 0.0), joined["amount_yuan"])
    return joined.select(["account_id", "month", "amount_yuan"]).append_column("paid_yuan", came)
