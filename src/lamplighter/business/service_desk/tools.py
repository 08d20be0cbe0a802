"""The port to everything an answer may look up or set going. What is behind it is joined by a journey."""

from __future__ import annotations

from typing import Any, Protocol

from lamplighter.business.service_desk.records import Facts, HandOver, Understanding


class ToolFailed(RuntimeError):
    """A tool could not answer now, or is not connected: a person takes over, and nothing is guessed."""

    def __init__(self, tool: str, *, is_absent: bool = False) -> None:
        self.tool, self.is_absent = tool, is_absent
        super().__init__(f"{tool} {'is not connected' if is_absent else 'did not answer'}")


class ServiceTools(Protocol):
    """What an answer may ask for. Every figure comes back with its source; each raises `ToolFailed`.

    What takes an account is asked for a verified one only.
    """

    def bill_breakdown(self, account_id: str, month: str) -> Facts:
        """Return lines and total of a month's bill (``2025-08``; empty = the last one)."""
        ...

    def compare_bills(self, account_id: str, month: str) -> Facts:
        """Return a month's bill beside the month before: energy, amount, differences."""
        ...

    def usage_curve(self, account_id: str, month: str) -> Facts:
        """Return the energy of a month day by day: total, greatest day."""
        ...

    def compare_tariffs(self, account_id: str) -> Facts:
        """Return what the last year would have cost under each tariff open to the account."""
        ...

    def outage_here(self, account_id: str, place: str) -> Facts:
        """Return outages known where an account is supplied or, without a verified one, at a place in words."""
        ...

    def application_progress(self, account_id: str, reference: str) -> Facts:
        """Return the step an application of the account has reached; ``reference``: words that may hold its number."""
        ...

    def request_appointment(self, account_id: str, day: str, time: str) -> Facts:
        """Ask for a visit and return its number; ISO day and ``HH:MM``, empty where none was named."""
        ...

    def request_meter_test(self, account_id: str) -> Facts:
        """Ask for a meter test and return its number."""
        ...

    def register_complaint(self, account_id: str, words: str) -> Facts:
        """Register a complaint and return its number; of a stranger the account is empty."""
        ...

    def open_ticket(self, account_id: str, class_code: str, meant: Understanding, dossier: HandOver) -> Facts:
        """Take a matter down for a person, with the dossier, and return its number and what is promised."""
        ...

    def add_place(self, place: str, contact: str) -> Facts:
        """Add where it is, and whom to call, to the ticket taken down last, and return its number."""
        ...


class NoTools:
    """Nothing is connected: every request ends in a hand-over."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def absent(*_: object) -> Facts:
            raise ToolFailed(name, is_absent=True)

        return absent
