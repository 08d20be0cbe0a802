"""The arithmetic of the audit trail: what is hashed, what a head signs, whether a chain is whole."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from lamplighter.base.security.audit.records import Entry, Fault, Head, Verdict

ORIGIN: Final = "0" * 64
"""What the first entry carries as the hash of the one before."""
_VERSION: Final = 1
"""Of the form that is hashed. A new form is a new number, and both are read for ever."""


def canonical(fields: Mapping[str, Any] | None) -> str:
    """Return fields in the one form that is hashed; nothing as the empty word.

    Example:
        >>> canonical({"b": 1, "a": dt.date(2026, 11, 26)}), canonical(None)
        ('{"a":"2026-11-26","b":1}', '')
    """
    if not fields:
        return ""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def hash_entry(entry: Entry) -> str:
    """Return the hash of what an entry says, the hash it carries left out.

    Source:
        SHA-256 of canonical JSON, as in RFC 8785 for words and whole numbers, which are all an entry holds.
    """
    said = asdict(entry)
    del said["hash"]
    said["at"] = _instant(entry.at)
    return hashlib.sha256(canonical({"v": _VERSION, **said}).encode()).hexdigest()


def words_signed(*, number: int, hash: str, sealed_at: dt.datetime) -> bytes:  # noqa: A002  # the field's own name
    """Return what the signature of a head covers.

    Example:
        >>> words_signed(number=7, hash="ab", sealed_at=dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC))
        b'lamplighter-audit-head 1 7 ab 2026-11-26T01:00:00.000000+00:00'
    """
    return f"lamplighter-audit-head {_VERSION} {number} {hash} {_instant(sealed_at)}".encode()


def check_trail(entries: Iterable[Entry], heads: Sequence[Head]) -> Verdict:
    """Read a trail again from its first entry and hold it against the heads that were signed.

    Args:
        entries: in the order of their numbers, read once.
        heads: heads whose signatures were found good.
    """
    wanted = {head.number: head for head in heads}
    newest = max(heads, key=lambda head: head.number, default=None)
    previous, count = ORIGIN, 0

    def verdict(fault: Fault | None = None, at: int | None = None) -> Verdict:
        sealed_up_to = newest.number if newest else 0
        return Verdict(count, at, fault, len(heads), sealed_up_to, newest.sealed_at if newest else None)

    broken: tuple[Fault, int] | None = None
    for entry in entries:
        count += 1
        if broken is not None:
            continue
        if entry.number != count:
            broken = Fault.MISSING, count
        elif entry.previous != previous:
            broken = Fault.UNLINKED, entry.number
        elif hash_entry(entry) != entry.hash:
            broken = Fault.ALTERED, entry.number
        elif entry.number in wanted and wanted[entry.number].hash != entry.hash:
            # The entry that was changed lies between the last head that fits and this one.
            broken = Fault.REBUILT, entry.number
        previous = entry.hash
    if broken is not None:
        return verdict(*broken)
    if newest is not None and newest.number > count:
        return verdict(Fault.CUT_OFF, count + 1)
    return verdict()


def changed_fields(
    before: Mapping[str, Any], after: Mapping[str, Any], *, masks: Mapping[str, Callable[[str], str]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that differ, as they were and as they are, personal ones masked.

    A field whose masked words are alike still stands in both: that it was changed is part of what happened.

    Args:
        before: fields by name; empty where there was no record.
        after: the same; empty where there is none any more.
        masks: field -> what masks its words.

    Example:
        >>> changed_fields({"unit": "N1", "name": "Li"}, {"unit": "N2", "name": "Li"}, masks={})
        ({'unit': 'N1'}, {'unit': 'N2'})
        >>> changed_fields({}, {"telephone": "13812345678"}, masks={"telephone": lambda word: word[:3] + "***"})
        ({}, {'telephone': '138***'})
    """
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]

    def shown(side: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: masks[name](str(side[name])) if name in masks and side[name] else side[name]
            for name in names
            if name in side
        }

    return shown(before), shown(after)


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")
