"""No spreadsheet takes a word of ours for a formula: here alone are words that begin like one made harmless."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, the wide forms of East Asian input among them."""
_PATTERN: Final = "^ *[" + "".join(_STARTS).replace("-", r"\-") + "]"


def neutral(value: Any) -> Any:
    """Return a value so that no spreadsheet takes it for a formula: words that would begin one get an apostrophe.

    Numbers stay numbers, below nought too.

    Source:
        OWASP, CSV Injection.

    Example:
        >>> neutral("=HYPERLINK(1)"), neutral("-2+3"), neutral("plain"), neutral(-2.5)
        ("'=HYPERLINK(1)", "'-2+3", 'plain', -2.5)
    """
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS) else value


def neutral_table(table: pa.Table) -> pa.Table:
    """Return a table whose words and names of columns are made harmless as `neutral` does, column by column.

    Example:
        >>> neutral_table(pa.table({"crew": ["=1+1", "north", None]}))["crew"].to_pylist()
        ["'=1+1", 'north', None]
    """
    columns = []
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            is_formula = pc.match_substring_regex(column, _PATTERN)
            column = pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)
        columns.append(column)
    return pa.table(columns, names=[neutral(name) for name in table.column_names])
