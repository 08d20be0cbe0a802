"""What the rooms around a process rely on, so that a version somebody changed can still be worked with."""

from __future__ import annotations

from collections.abc import Mapping

from lamplighter.base.messages import catalogue


def known_roles() -> frozenset[str]:
    """Return the roles of a process that somebody here can have: those that have words."""
    return _words("workflow.role.")


def _words(prefix: str) -> frozenset[str]:
    said: Mapping[str, str] = catalogue("zh")
    return frozenset(each.removeprefix(prefix) for each in said if each.startswith(prefix))
