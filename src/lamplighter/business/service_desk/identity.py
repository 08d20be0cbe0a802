"""Who speaks: an account and two facts on file, or a code sent to its telephone. A stranger learns nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Final, Protocol

from lamplighter.methods.language.writing import plain_writing

_LEAST_OF_ADDRESS: Final = 4
_FACTS, _CODE = "", "tried:"
"""Ways to prove somebody, as their attempts are counted: apart."""


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """What proves somebody, and how often it may be tried; ``source`` and ``evidence`` of it.

    Attributes:
        facts: facts on file that have to agree.
        attempts: failures of one who asks, or of one network address on one account, after which nothing is checked
            there.
        attempts_of_account: failures on one account from all addresses together.
        attempts_of_place: failures of one network address, behind which several people may sit.
        codes: codes that are sent to one account for one address, or for one who asks.
        codes_of_account: codes that are sent to one account for everybody together.
        within_hours: over so many hours all of these are counted.
        code_minutes: how long a code lives.
    """

    facts: int
    attempts: int
    attempts_of_account: int
    attempts_of_place: int
    codes: int
    codes_of_account: int
    within_hours: int
    code_minutes: int
    source: str
    evidence: str

    @property
    def code_lives(self) -> timedelta:
        """How long a code lives."""
        return timedelta(minutes=self.code_minutes)


@cache
def identity_rules() -> IdentityRules:
    """Return the packaged rules.

    Example:
        >>> identity_rules().facts
        2
    """
    row = tomllib.loads(resources.files(__package__).joinpath("identity.toml").read_text(encoding="utf-8"))
    del row["valid_from"]
    return IdentityRules(**row)


class AccountDirectory(Protocol):
    """What is on file of an account."""

    def facts_on_file(self, account_id: str) -> Mapping[str, str] | None:
        """Return ``name``, ``telephone``, ``address``, ``meter``, those there are; None without such an account."""
        ...


class CodeOutbox(Protocol):
    """Sends a code to the telephone on file, and says nothing of whether there is one."""

    def send_code(self, account_id: str, code: str) -> None: ...


class AttemptStore(Protocol):
    """Counts attempts: of one who asks, on one account, from one place."""

    def failures(self, key: str, *, since: datetime) -> int:
        """Return how many stand since an instant."""
        ...

    def note(self, key: str, *, at: datetime) -> int:
        """Note an attempt before it is judged, and return its number: whoever tries at the same time counts it."""
        ...

    def take_back(self, number: int) -> None:
        """Take an attempt back that did not fail."""
        ...


@dataclass
class AttemptsInMemory:
    """Attempts of one process; a site with several workers keeps them in its database."""

    noted: dict[int, tuple[str, datetime]] = field(default_factory=dict)

    def failures(self, key: str, *, since: datetime) -> int:
        """Return how many stand since an instant."""
        return sum(one == key and at >= since for one, at in self.noted.values())

    def note(self, key: str, *, at: datetime) -> int:
        """Note an attempt."""
        number = max(self.noted, default=0) + 1
        self.noted[number] = (key, at)
        return number

    def take_back(self, number: int) -> None:
        """Take an attempt back."""
        del self.noted[number]


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
        place: network address he asks from, as a digest; empty where there is none, as on the command line.
    """

    directory: AccountDirectory
    attempts: AttemptStore
    outbox: CodeOutbox | None = None
    codes: CodeStore = field(default_factory=CodesInMemory)
    place: str = ""

    def is_blocked(self, *, account_id: str, asker: str, now: datetime) -> bool:
        """Tell whether facts of this account are not checked for this asker here: too many attempts failed.

        The way by a code may still be open to him.
        """
        return self._is_over(self._limits(_FACTS, account_id, asker), now)

    def check_facts(self, *, account_id: str, facts: Mapping[str, str], asker: str, now: datetime) -> bool:
        """Tell whether two facts agree with what is on file. An unknown account fails the same way as a wrong fact.

        Args:
            account_id: the account claimed.
            facts: what was said, by ``name``, ``telephone`` (all or its last four digits), ``address``, ``meter``.
            asker: whoever asks: a telephone, a session.
            now: the instant.
        """
        # Read before the attempts are counted, so that nobody tells by the time it takes which of both refused him.
        on_file = self.directory.facts_on_file(account_id) or {}
        agreed = sum(_agrees(kind, said, on_file.get(kind, "")) for kind, said in facts.items())
        is_right = agreed >= identity_rules().facts
        return self._settle(is_right, self._limits(_FACTS, account_id, asker), now)

    def send_code(self, *, account_id: str, asker: str, now: datetime) -> None:
        """Send a code of six digits to the telephone on file; nobody is told whether there is one.

        Codes are counted like attempts, of accounts that do not exist too: nobody's telephone is flooded. Wrong facts
        of strangers elsewhere do not keep a code back: it goes to the telephone on file, to nobody else.
        """
        if self.outbox is None or self._is_over(self._limits(_CODE, account_id, asker), now):
            return
        rules = identity_rules()
        sent = {
            f"code:account:{account_id}": rules.codes_of_account,
            f"code:account:{account_id}@{self.place}": rules.codes,
            f"code:asker:{asker}": rules.codes,
        }
        # One that is not sent is not counted: who asks too often himself uses nobody else's codes up.
        if self._is_over(sent, now):
            return
        for key in sent:
            self.attempts.note(key, at=now)
        code = f"{secrets.randbelow(1_000_000):06d}"
        if self.directory.facts_on_file(account_id):
            self.codes.keep(account_id, _digest(account_id, code), now + rules.code_lives)
            self.outbox.send_code(account_id, code)

    def check_code(self, *, account_id: str, code: str, asker: str, now: datetime) -> bool:
        """Tell whether a code is the one that was sent and still lives; it works once."""
        kept, until = self.codes.find(account_id) or ("", now)
        is_right = now < until and hmac.compare_digest(kept, _digest(account_id, code))
        is_proven = self._settle(is_right, self._limits(_CODE, account_id, asker), now)
        if is_proven:
            self.codes.drop(account_id)
        return is_proven

    def _settle(self, is_right: bool, limits: Mapping[str, int], now: datetime) -> bool:
        """Count an attempt before it is judged: of many at the same time no more pass than one after the other."""
        noted = [self.attempts.note(key, at=now) for key in limits]
        is_over = any(self.attempts.failures(key, since=_since(now)) > most for key, most in limits.items())
        if is_over or is_right:
            # What was not looked at did not fail; what passed did not either.
            for number in noted:
                self.attempts.take_back(number)
        return is_right and not is_over

    def _limits(self, way: str, account_id: str, asker: str) -> dict[str, int]:
        """Return what counts an attempt one way, and how many each allows.

        Few are allowed where the one who asks can be told from others, more on the account as a whole: a stranger who
        tries from his own address closes it for himself, and one with many addresses still gets no more than that.
        """
        rules = identity_rules()
        limits = {
            f"{way}account:{account_id}": rules.attempts_of_account,
            f"{way}account:{account_id}@{self.place}": rules.attempts,
            f"{way}asker:{asker}": rules.attempts,
        }
        return limits | ({f"place:{self.place}": rules.attempts_of_place} if self.place else {})

    def _is_over(self, limits: Mapping[str, int], now: datetime) -> bool:
        return any(self.attempts.failures(key, since=_since(now)) >= most for key, most in limits.items())


def _since(now: datetime) -> datetime:
    return now - timedelta(hours=identity_rules().within_hours)


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
