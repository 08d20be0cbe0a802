"""Who speaks: an account and two facts on file, or a code sent to its telephone. A stranger learns nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from lamplighter.methods.language.writing import plain_writing

FACTS_NEEDED: Final = 2
ATTEMPTS: Final = 3
WITHIN: Final = timedelta(hours=24)
CODE_LIVES: Final = timedelta(minutes=5)
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


class CodeStore(Protocol):
    """Keeps codes that were sent, as digests."""

    def keep(self, account_id: str, digest: str, until: datetime) -> None: ...

    def find(self, account_id: str) -> tuple[str, datetime] | None: ...

    def drop(self, account_id: str) -> None: ...


@dataclass
class CodesInMemory:
    """Codes of one process."""

    kept: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def keep(self, account_id: str, digest: str, until: datetime) -> None:
        """Keep a code; an earlier one of the account is void."""
        self.kept[account_id] = (digest, until)

    def find(self, account_id: str) -> tuple[str, datetime] | None:
        """Return digest and end of the account's code."""
        return self.kept.get(account_id)

    def drop(self, account_id: str) -> None:
        """Forget a code that was used."""
        del self.kept[account_id]


@dataclass
class Identity:
    """Checks who speaks.

    Args:
        directory: facts on file.
        attempts: what counts failures.
        outbox: what sends codes; None where none is connected.
        codes: what keeps them until they are used.
    """

    directory: AccountDirectory
    attempts: AttemptStore
    outbox: CodeOutbox | None = None
    codes: CodeStore = field(default_factory=CodesInMemory)

    def is_blocked(self, *, account_id: str, asker: str, now: datetime) -> bool:
        """Tell whether too many attempts failed, of this asker or on this account."""
        since = now - WITHIN
        return any(self.attempts.failures(key, since=since) >= ATTEMPTS for key in self._keys(account_id, asker))

    def check_facts(self, *, account_id: str, facts: Mapping[str, str], asker: str, now: datetime) -> bool:
        """Tell whether two facts agree with what is on file. An unknown account fails the same way as a wrong fact.

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
        return self._settle(agreed >= FACTS_NEEDED, account_id, asker, now)

    def send_code(self, *, account_id: str, asker: str, now: datetime) -> None:
        """Send a code of six digits to the telephone on file; nobody is told whether there is one."""
        if self.outbox is None or self.is_blocked(account_id=account_id, asker=asker, now=now):
            return
        code = f"{secrets.randbelow(1_000_000):06d}"
        if self.directory.facts_on_file(account_id):
            self.codes.keep(account_id, _digest(account_id, code), now + CODE_LIVES)
            self.outbox.send_code(account_id, code)

    def check_code(self, *, account_id: str, code: str, asker: str, now: datetime) -> bool:
        """Tell whether a code is the one that was sent and still lives; it works once."""
        if self.is_blocked(account_id=account_id, asker=asker, now=now):
            return False
        kept, until = self.codes.find(account_id) or ("", now)
        is_right = now < until and hmac.compare_digest(kept, _digest(account_id, code))
        if is_right:
            self.codes.drop(account_id)
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
