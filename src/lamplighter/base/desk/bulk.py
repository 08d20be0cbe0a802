"""Load many rows at once: on PostgreSQL as one stream into a table beside, on SQLite statement by statement."""

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
    model: type[Model], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str] = (), keeps: Sequence[str] = ()
) -> None:
    """Write rows, each in the place of the one with its key; without a key they are added to what is there."""
    if not rows:
        return
    # Of two with the same key the last one counts, on every database.
    rows = list({tuple(row[name] for name in key): row for row in rows}.values()) if key else rows
    known = {field.name: field for field in model._meta.concrete_fields}
    fields = [known[name] for name in rows[0]]
    quote = connection.ops.quote_name
    changed = [quote(str(field.column)) for field in fields if field.name not in (*key, *keeps)]
    targets = ", ".join(quote(str(known[name].column)) for name in key)
    updates = ", ".join(f"{column} = excluded.{column}" for column in changed)
    # Names come from our own models, values go as parameters.
    table, columns = quote(model._meta.db_table), ", ".join(quote(str(field.column)) for field in fields)
    where = f"ON CONFLICT ({targets}) DO {f'UPDATE SET {updates}' if updates else 'NOTHING'}" if key else ""
    values = ([field.get_db_prep_save(row[field.name], connection) for field in fields] for row in rows)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A statement a row costs a message a row, some milliseconds of a busy machine: hours for a million.
            cursor.execute(f"CREATE TEMPORARY TABLE incoming AS SELECT {columns} FROM {table} WITH NO DATA")
            with cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
                for each in values:
                    copy.write_row(each)
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming {where}")
            cursor.execute("DROP TABLE incoming")
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places}) {where}", list(values))


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH_ROWS)):
        yield batch
