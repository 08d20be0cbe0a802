"""Load many rows at once: one statement a table, so that a million rows take seconds on either database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Model

BATCH_ROWS: Final = 20_000


def replace_rows(
    model: type[Model],
    rows: Iterable[Mapping[str, Any]],
    *,
    key: Sequence[str],
    keeps: Sequence[str] = (),
    retired: Mapping[str, Any] | None = None,
) -> int:
    """Make a table hold exactly these rows, and return how many they are.

    A row that was there with the same key keeps its number and the columns named in ``keeps``; one that is not among
    the rows goes, or is retired. Nobody sees half of it.

    Args:
        model: the table; ``key`` is unique in it.
        rows: each with the same columns.
        key: columns that name a row.
        keeps: columns that people have written: they stay as they are where the row was there.
        retired: what is written to a row that is not among these, instead of removing it.
    """
    kept: set[tuple[Any, ...]] = set()
    with transaction.atomic():
        count = 0
        for batch in _batches(rows):
            upsert_rows(model, batch, key=key, keeps=keeps)
            kept |= {tuple(row[name] for name in key) for row in batch}
            count += len(batch)
        manager = model._default_manager
        stale = [pk for pk, *own in manager.values_list("pk", *key) if tuple(own) not in kept]
        for start in range(0, len(stale), 500):
            gone = manager.filter(pk__in=stale[start : start + 500])
            if retired is None:
                gone.delete()
            else:
                gone.update(**retired)
    return count


def upsert_rows(
    model: type[Model], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str], keeps: Sequence[str] = ()
) -> None:
    """Write rows, each in the place of the one with its key."""
    if not rows:
        return
    known = {field.name: field for field in model._meta.concrete_fields}
    fields = [known[name] for name in rows[0]]
    columns = [str(field.column) for field in fields]
    quote = connection.ops.quote_name
    changed = [column for field, column in zip(fields, columns, strict=True) if field.name not in (*key, *keeps)]
    targets = ", ".join(quote(str(known[name].column)) for name in key)
    updates = ", ".join(f"{quote(column)} = excluded.{quote(column)}" for column in changed)
    # Names come from our own models, values go as parameters.
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) "
        f"VALUES ({', '.join(['%s'] * len(columns))}) "
        f"ON CONFLICT ({targets}) DO {f'UPDATE SET {updates}' if updates else 'NOTHING'}"
    )
    values: list[Any] = [[field.get_db_prep_save(row[field.name], connection) for field in fields] for row in rows]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH_ROWS)):
        yield batch
