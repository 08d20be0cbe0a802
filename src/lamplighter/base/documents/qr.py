"""QR codes as rows of dark and light, for a template to draw."""

from __future__ import annotations

import segno


def qr_rows(content: str) -> tuple[str, ...]:
    """Return the modules of a QR code, one string of ``1`` (dark) and ``0`` a row, without the quiet zone.

    Args:
        content: up to about 2,300 bytes of UTF-8; the error correction mends 15 % of a soiled print.

    Example:
        >>> rows = qr_rows("https://example.org/verify")
        >>> len(rows) == len(rows[0]), rows[0][:7]
        (True, '1111111')
    """
    # Without the boost the size follows from the length alone, so that a form's layout does not jump.
    code = segno.make_qr(content, error="m", boost_error=False)
    return tuple("".join("1" if module else "0" for module in row) for row in code.matrix)
