"""Hide the middle of an account number, so that a page can be passed on without saying who."""

from typing import Final

HIDDEN: Final = "****"
_HEAD, _TAIL = 2, 3


def mask_account(account_id: str) -> str:
    """Return an account number with its middle hidden; a short one keeps only its last sign.

    Example:
        >>> mask_account("3201004455667"), mask_account("C0042"), mask_account("7")
        ('32****667', '****2', '****')
    """
    if len(account_id) >= _HEAD + _TAIL + 3:
        return f"{account_id[:_HEAD]}{HIDDEN}{account_id[-_TAIL:]}"
    return f"{HIDDEN}{account_id[-1:]}" if len(account_id) > 1 else HIDDEN
