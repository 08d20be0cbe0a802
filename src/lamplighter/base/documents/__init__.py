"""Documents: tables and pages that leave the platform, made so that any other system or person can read them.

:func:`write_table` writes an Arrow table as CSV, Parquet or xlsx, whichever the file name asks for.
"""

from lamplighter.base.documents.tables import TableFormatUnknown, TableTooLong, write_table

__all__ = ["TableFormatUnknown", "TableTooLong", "write_table"]
