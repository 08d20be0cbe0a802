"""Who speaks: an account and two facts on file, or a code sent to its telephone. A stranger learns nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from lamplighter.business.service_desk.limits import limits_on
from lamplighter.methods.language.writing import plain_writing

_LEAST_OF_ADDRESS: Final = 4


class AccountDirectory(Protocol):
    """What is on file of an account."""

    def facts_on_file(self, account_id: str) -> Mapping[str, str] | None:
        """Return ``name``, ``telephone``, ``address``, ``meter``, those there are; None without such an account."""
        ...


class CodeOutbox(Protocol):
    """Sends a code to the telephone on file, and says nothing of whether there is one."""

    def send_code(self, account_id: str, code: str) -> None: ...


class AttemptStore(Protocol):
    """Counts failed attempts: of one who asks, and on one account."""

    def failures(self, key: str, *, since: datetime) -> int: ...

    def add_failure(self, key: str, *, at: datetime) -> None: ...


@dataclass
class AttemptsInMemory:
    """Attempts of one process; a site with several workers keeps them in its database."""

    failed: dict[str, list[datetime]] = field(default_factory=dict)

    def failures(self, key: str, *, since: datetime) -> int:
        """Return how many failed since an instant."""
        return sum(at >= since for at in self.failed.get(key, ()))

    def add_failure(self, key: str, *, at: datetime) -> None:
        """Note a failure."""
        self.failed.setdefault(key, []).append(at)


@dataclass
class Identity:
    """Checks who speaks.

    Args:
        directory: facts on file.
        attempts: what counts failures.
        outbox: what sends codes; None where none is connected.
    """

    directory: AccountDirectory
    attempts: AttemptStore
    outbox: CodeOutbox | None = None
    codes: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def is_blocked(self, *, account_id: str, asker: str, now: datetime) -> bool:
        """Tell whether too many attempts failed, of this asker or on this account."""
        limits = limits_on(now.date())
        since = now - limits.attempts_within
        return any(self.attempts.failures(key, since=since) >= limits.attempts for key in self._keys(account_id, asker))

    def check_facts(self, *, account_id: str, facts: Mapping[str, str], asker: str, now: datetime) -> bool:
        """Tell whether enough facts agree with what is on file. An unknown account fails the same way as a wrong fact.

        Args:
            account_id: the account claimed.
            facts: what was said, by ``name``, ``telephone`` (all or its last four digits), ``address``, ``meter``.
            asker: whoever asks: a telephone, a session.
            now: the instant.
        """
        if self.is_blocked(account_id=account_id, asker=asker, now=now):
            return False
        on_file = self.directory.facts_on_file(account_id) or {}
        agreed = sum(_agrees(kind, said, on_file.get(kind, "")) for kind, said in facts.items())
        return self._settle(agreed >= limits_on(now.date()).facts_needed, account_id, asker, now)

    def send_code(self, *, account_id: str, asker: str, now: datetime) -> None:
        """Send a code of six digits to the telephone on file; nobody is told whether there is one."""
        if self.outbox is None or self.is_blocked(account_id=account_id, asker=asker, now=now):
            return
        code = f"{secrets.randbelow(1_000_000):06d}"
        self.codes[account_id] = (_digest(account_id, code), now + limits_on(now.date()).code_lives)
        if self.directory.facts_on_file(account_id):
            self.outbox.send_code(account_id, code)

    def check_code(self, *, account_id: str, code: str, asker: str, now: datetime) -> bool:
        """Tell whether a code is the one that was sent and still lives; it works once."""
        if self.is_blocked(account_id=account_id, asker=asker, now=now):
            return False
        kept, until = self.codes.get(account_id, ("", now))
        is_right = now < until and hmac.compare_digest(kept, _digest(account_id, code))
        if is_right:
            del self.codes[account_id]
        return self._settle(is_right, account_id, asker, now)

    def _settle(self, is_right: bool, account_id: str, asker: str, now: datetime) -> bool:
        if not is_right:
            for key in self._keys(account_id, asker):
                self.attempts.add_failure(key, at=now)
        return is_right

    @staticmethod
    def _keys(account_id: str, asker: str) -> tuple[str, str]:
        return f"account:{account_id}", f"asker:{asker}"


def _digest(account_id: str, code: str) -> str:
    return hashlib.sha256(f"{account_id}:{code}".encode()).hexdigest()


def _agrees(kind: str, said: str, on_file: str) -> bool:
    one, other = (re.sub(r"[\s\-*]", "", plain_writing(each)) for each in (said, on_file))
    if not one or not other:
        return False
    if kind in ("telephone", "meter"):
        # The last four digits are what people know by heart; fewer are a guess.
        return len(one) >= 4 and one.isalnum() and hmac.compare_digest(one.encode(), other[-len(one) :].encode())
    if kind == "address":
        return len(one) >= _LEAST_OF_ADDRESS and any(sign.isdigit() for sign in one) and one in other
    return kind == "name" and len(one) >= 2 and hmac.compare_digest(one.encode(), other.encode())
