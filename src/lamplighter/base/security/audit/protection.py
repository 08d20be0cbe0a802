"""Triggers by which the database itself refuses to change or remove an entry of the trail.

They stop slips and everyone who has no more than the desk's own database account; whoever may drop a trigger is found
out by the signed head.
"""

from __future__ import annotations

from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

_SQLITE: Final = (
    "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'audit_entry is added to, never changed'); END",
    "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'audit_entry is added to, never changed'); END",
)
_POSTGRESQL: Final = (
    "CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit_entry is added to, never changed'; END $$",
    "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()",
    "CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()",
)
_SQLITE_OFF: Final = ("DROP TRIGGER audit_entry_no_update", "DROP TRIGGER audit_entry_no_delete")
_POSTGRESQL_OFF: Final = (
    "DROP TRIGGER audit_entry_no_change ON audit_entry",
    "DROP TRIGGER audit_entry_no_truncate ON audit_entry",
    "DROP FUNCTION audit_entry_refuse()",
)


def protect(connection: BaseDatabaseWrapper) -> None:
    """Have the database refuse every change of an entry."""
    _run(connection, {"sqlite": _SQLITE, "postgresql": _POSTGRESQL})


def unprotect(connection: BaseDatabaseWrapper) -> None:
    """Take the protection off: for a migration back, and for tests that empty their tables."""
    _run(connection, {"sqlite": _SQLITE_OFF, "postgresql": _POSTGRESQL_OFF})


def _run(connection: BaseDatabaseWrapper, statements: dict[str, tuple[str, ...]]) -> None:
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
