"""Where a recipient is reached: an address book for each kind of recipient, asked at the moment of sending alone.

An outbox that kept telephone numbers would be a second customer archive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lamplighter.base.outbox.records import AddressMissing, Channel, Recipient
from lamplighter.base.security.models import Staff

AddressBook = Callable[[str, Channel], str]
"""Given the reference and the channel: the address, empty where there is none."""
Naming = Callable[[str], str]
"""Given the reference: what may be shown of the recipient."""

_BOOKS: Final[dict[str, tuple[AddressBook, Naming]]] = {}


class RecipientKindUnknown(LookupError):
    """A message went to a kind of recipient that no module registered: a defect of ours."""


def add_address_book(kind: str, book: AddressBook, naming: Naming) -> None:
    """Register where recipients of a kind are reached, and what may be shown of them."""
    _BOOKS[kind] = (book, naming)


def address_of(recipient: Recipient, channel: Channel) -> str:
    """Return where a recipient is reached on a channel.

    Raises:
        AddressMissing: nowhere.
    """
    found = _book(recipient.kind)[0](recipient.ref, channel)
    if not found:
        raise AddressMissing
    return found


def words_of(recipient: Recipient) -> str:
    """Return what may be shown of a recipient."""
    return _book(recipient.kind)[1](recipient.ref)


def _book(kind: str) -> tuple[AddressBook, Naming]:
    if kind not in _BOOKS:
        raise RecipientKindUnknown(
            f"No address book {kind!r}: register it with `add_address_book` where Django starts."
        )
    return _BOOKS[kind]


def _staff_address(ref: str, channel: Channel) -> str:
    if channel is not Channel.EMAIL or not ref.isdecimal():
        return ""
    return str(Staff.objects.filter(pk=int(ref), is_active=True).values_list("email", flat=True).first() or "")


def _staff_name(ref: str) -> str:
    found = Staff.objects.filter(pk=int(ref)).first() if ref.isdecimal() else None
    return "" if found is None else found.get_full_name() or found.username


add_address_book("staff", _staff_address, _staff_name)
