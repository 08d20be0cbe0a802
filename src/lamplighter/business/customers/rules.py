"""Masking personal data: enough left to recognise one's own, not enough to find another's."""

from __future__ import annotations

import pyarrow as pa

from lamplighter.base.governance import Contract


def mask_word(word: str, *, column: str) -> str:
    """Return a personal word masked.

    Example:
        >>> mask_word("王小明", column="name"), mask_word("13812345678", column="telephone")
        ('王**', '138****5678')
        >>> mask_word("幸福路12号3单元", column="address"), mask_word("0012345678", column="account_id")
        ('幸福路******', '******5678')
    """
    if column == "telephone":
        return f"{word[:3]}{'*' * max(len(word) - 7, 0)}{word[-4:]}" if len(word) > 7 else "*" * len(word)
    if column == "account_id":
        return f"{'*' * max(len(word) - 4, 0)}{word[-4:]}"
    kept = 3 if column == "address" else 1
    return f"{word[:kept]}{'*' * max(len(word) - kept, 0)}"


def mask_table(table: pa.Table, contract: Contract) -> pa.Table:
    """Return a table with its personal columns masked; numbers among them (coordinates) are emptied.

    Args:
        table: columns of the contract.
        contract: says which are personal.
    """
    for place, name in enumerate(table.column_names):
        known = [column for column in contract.columns if column.name == name]
        if not known or not known[0].is_personal:
            continue
        column = table.column(name)
        if pa.types.is_string(column.type):
            masked = pa.array(
                [None if w is None else mask_word(w, column=name) for w in column.to_pylist()], pa.string()
            )
        else:
            masked = pa.nulls(table.num_rows, column.type)
        table = table.set_column(place, name, masked)
    return table
