"""Documents: tables and pages that leave the platform, made so that any other system or person can read them.

:func:`write_table` writes an Arrow table as CSV, Parquet or xlsx, whichever the file name asks for; :func:`typeset`
makes a PDF of a template and data, :func:`qr_rows` a QR code for it; :func:`replaced` writes a file that nobody sees
half of.
"""

from lamplighter.base.documents.qr import qr_rows
from lamplighter.base.documents.tables import TableFormatUnknown, TableTooLong, replaced, write_table
from lamplighter.base.documents.typesetting import TemplateBroken, typeset

__all__ = ["TableFormatUnknown", "TableTooLong", "TemplateBroken", "qr_rows", "replaced", "typeset", "write_table"]
