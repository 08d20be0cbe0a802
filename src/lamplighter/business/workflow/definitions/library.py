"""All definitions a company has, every version of each: instances keep the one they began with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Protocol

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.workflow.definitions.decision_file import read_decision
from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.records import Decision, Definition

PROCESSES = "lamplighter.business.workflow.processes"


class DefinitionUnknown(LamplighterError):
    """The library has no such definition, or it is no longer the file it was."""

    def __init__(self, wanted: str, *, known: Iterable[str]) -> None:
        self.wanted = wanted
        super().__init__(text("workflow.definition_unknown", wanted=wanted, known=", ".join(known) or "–"))


class VersionTaken(LamplighterError):
    """Two different files claim to be the same version of a process."""

    def __init__(self, definition: Definition) -> None:
        self.name, self.version = definition.name, definition.version
        super().__init__(text("workflow.version_taken", name=definition.name, version=definition.version))


class Definitions(Protocol):
    """Where an instance finds the definition it began with."""

    def definition(self, name: str, version: int, *, digest: str) -> Definition:
        """Return it.

        Raises:
            DefinitionUnknown: it is not there, or its file was changed without a new version.
        """


class Library:
    """Definitions by name and version.

    Raises:
        VersionTaken: two different files claim the same version.

    Example:
        >>> Library([]).names()
        ()
    """

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._known: dict[str, dict[int, Definition]] = {}
        for definition in definitions:
            versions = self._known.setdefault(definition.name, {})
            if versions.setdefault(definition.version, definition).digest != definition.digest:
                raise VersionTaken(definition)

    def names(self) -> tuple[str, ...]:
        """Return the names of all processes."""
        return tuple(sorted(self._known))

    def versions(self, name: str) -> tuple[int, ...]:
        """Return the versions of a process, oldest first."""
        return tuple(sorted(self._known.get(name, {})))

    def latest(self, name: str) -> Definition:
        """Return the newest version of a process, on which a new instance begins.

        Raises:
            DefinitionUnknown: there is no process of this name.
        """
        versions = self._known.get(name)
        if not versions:
            raise DefinitionUnknown(name, known=self.names())
        return versions[max(versions)]

    def version(self, name: str, version: int | None) -> Definition:
        """Return a version of a process, None for the newest.

        Raises:
            DefinitionUnknown: it is not there.
        """
        found = self._known.get(name, {}).get(version) if version is not None else self.latest(name)
        if found is None:
            raise DefinitionUnknown(f"{name} {version}", known=self.names())
        return found

    def definition(self, name: str, version: int, *, digest: str) -> Definition:
        """Return the version that an instance began with.

        Raises:
            DefinitionUnknown: it is not there, or its file was changed without a new version.
        """
        definition = self._known.get(name, {}).get(version)
        if definition is None or definition.digest != digest:
            known = [f"{each} {number}" for each in self.names() for number in self.versions(each)]
            raise DefinitionUnknown(f"{name} {version} ({digest[:12]})", known=known)
        return definition


@cache
def packaged_library() -> Library:
    """Return the processes that come with Lamplighter.

    Example:
        >>> "inspection_case" in packaged_library().names()
        True
    """
    files = sorted(resources.files(PROCESSES).iterdir(), key=lambda file: file.name)
    return Library(
        read_process(file.read_bytes(), file=file.name, decisions=packaged_decisions())
        for file in files
        if file.name.endswith(".bpmn")
    )


@cache
def packaged_decisions() -> tuple[Decision, ...]:
    """Return the decision tables that come with Lamplighter.

    Example:
        >>> [decision.name for decision in packaged_decisions()]
        ['approval_level', 'on_the_spot_stop']
    """
    files = sorted(resources.files(PROCESSES).iterdir(), key=lambda file: file.name)
    return tuple(read_decision(file.read_bytes(), file=file.name) for file in files if file.name.endswith(".dmn"))


@cache
def packaged_file(digest: str) -> bytes:
    """Return the file of a packaged definition or table, byte by byte.

    Args:
        digest: its SHA-256.

    Raises:
        DefinitionUnknown: none of the packaged files has it.
    """
    for file in resources.files(PROCESSES).iterdir():
        if file.name.endswith((".bpmn", ".dmn")):
            content = file.read_bytes()
            if hashlib.sha256(content).hexdigest() == digest:
                return content
    raise DefinitionUnknown(digest[:12], known=packaged_library().names())
