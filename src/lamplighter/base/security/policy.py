"""Limits and purposes around personal data and the model that judges people: versioned, a company may override them."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Role

FILE: Final = "security.toml"
"""Name of a company's own file in the settings of its home."""


class PolicyInvalid(LamplighterError):
    """The company's file of limits and purposes cannot be read as such."""

    def __init__(self, file: Path, fault: str) -> None:
        self.file, self.fault = file, fault
        super().__init__(text("security.policy_invalid", file=file, fault=fault))


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit.

    Attributes:
        name: what it limits.
        rule_id: published id, kept for ever.
        valid_from: first day it holds.
        value: the figure, a whole number; 0 forbids.
        unit: its unit in words.
        source: who says so.
        evidence: grade; M-L and P are shown as "company default, confirm".
    """

    name: str
    rule_id: str
    valid_from: dt.date
    value: int
    unit: str
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        """The company has to confirm it."""
        return self.evidence in ("M-L", "P")


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose personal data may be shown for; its words are ``security.purpose.<code>``, the code where it has none.

    Attributes:
        code: kept for ever, it stands in the audit trail.
        valid_from: first day it may be chosen.
        legal_basis: article it rests on.
        evidence: grade.
        valid_until: first day it may not be chosen any more; None = no end.
    """

    code: str
    valid_from: dt.date
    legal_basis: str
    evidence: str
    valid_until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Whether whoever has a role must have a second factor.

    Attributes:
        role: code of the role.
        rule_id: published id, kept for ever.
        valid_from: first day it holds.
        is_required: he must.
        source: who says so.
        evidence: grade.
    """

    role: str
    rule_id: str
    valid_from: dt.date
    is_required: bool
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds on a day.

    Attributes:
        limits: by name.
        purposes: in the order of the list.
        second_factors: by role; a role that is not there needs none.
    """

    limits: Mapping[str, Limit]
    purposes: tuple[Purpose, ...]
    second_factors: Mapping[str, SecondFactor]

    def needs_second_factor(self, roles: Iterable[str]) -> bool:
        """Say whether somebody with these roles must have a second factor.

        Example:
            >>> policy = read_policy(on=dt.date(2026, 11, 26))
            >>> policy.needs_second_factor(["inspector"]), policy.needs_second_factor(["inspector", "audit_admin"])
            (False, True)
        """
        return any(role in self.second_factors and self.second_factors[role].is_required for role in roles)

    def purpose(self, code: str) -> Purpose | None:
        """Return a purpose that may be chosen; None where there is none of this code."""
        return next((purpose for purpose in self.purposes if purpose.code == code), None)


@dataclass(frozen=True)
class Entries:
    """What one file says, of all days."""

    limits: tuple[Limit, ...]
    purposes: tuple[Purpose, ...]
    factors: tuple[SecondFactor, ...]


T = TypeVar("T", Limit, Purpose, SecondFactor)


def read_policy(*, on: dt.date, folder: Path | None = None) -> Policy:
    """Return the limits and purposes that hold on a day.

    Args:
        on: the day.
        folder: the company's settings; ``security.toml`` in it, where there is one, is laid over the package's own.

    Raises:
        PolicyInvalid: the company's file has an unknown or missing field, a limit nobody asks for, or a role there
            is none of.

    Example:
        >>> policy = read_policy(on=dt.date(2026, 11, 26))
        >>> policy.limits["unmaskings_a_day"].value, policy.purposes[0].code
        (30, 'contact_customer')
    """
    entries = _packaged()
    file = folder / FILE if folder else None
    if file is not None and file.exists():
        found = file.stat()
        own = _own(file, found.st_mtime_ns, found.st_size)
        entries = Entries(
            (*entries.limits, *own.limits), (*entries.purposes, *own.purposes), (*entries.factors, *own.factors)
        )
    limits, purposes, factors = entries.limits, entries.purposes, entries.factors
    holding = {limit.name: limit for limit in _in_force(limits, on)}
    chosen = {purpose.code: purpose for purpose in _in_force(purposes, on)}
    open_ones = tuple(each for each in chosen.values() if each.valid_until is None or each.valid_until > on)
    by_role = {factor.role: factor for factor in _in_force(factors, on)}
    return Policy(MappingProxyType(holding), open_ones, MappingProxyType(by_role))


@cache
def _packaged() -> Entries:
    return _read(resources.files(__package__).joinpath("policy.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def _own(file: Path, written_ns: int, size: int) -> Entries:
    """Read a company's file; every page asks for the policy, so it is read again only when it was written again."""
    try:
        own = _read(file.read_text(encoding="utf-8"))
    except (ValueError, TypeError) as failure:
        raise PolicyInvalid(file, str(failure)) from failure
    known = {limit.name for limit in _packaged().limits}
    strange = [limit.name for limit in own.limits if limit.name not in known or limit.value < 0]
    strange += [factor.role for factor in own.factors if factor.role not in set(Role)]
    if strange:
        raise PolicyInvalid(file, ", ".join(strange))
    return own


def _read(content: str) -> Entries:
    rows = tomllib.loads(content)
    return Entries(
        tuple(_entries(Limit, rows.get("limit", []))),
        tuple(_entries(Purpose, rows.get("purpose", []))),
        tuple(_entries(SecondFactor, rows.get("second_factor", []))),
    )


def _in_force(entries: Sequence[T], on: dt.date) -> list[T]:
    # Sorting is stable: of two entries of one day the company's, which stands later, wins.
    return [entry for entry in sorted(entries, key=lambda entry: entry.valid_from) if entry.valid_from <= on]


def _entries(kind: type[T], rows: Sequence[Mapping[str, Any]]) -> list[T]:
    found = []
    for row in rows:
        strange = set(row) - {field.name for field in fields(kind)}
        if strange:
            raise ValueError(", ".join(sorted(strange)))
        found.append(kind(**row))
    return found
