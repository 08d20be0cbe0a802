"""All versions the desk knows: those that come with Lamplighter and the company's own.

An instance finds the version it began with by the hash of its file, whatever was released since. New ones begin with
the version that was released last; of a process nobody changed, with the newest packaged one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.definitions.decision_file import read_decision
from lamplighter.business.workflow.definitions.library import (
    DefinitionUnknown,
    packaged_decisions,
    packaged_file,
    packaged_library,
)
from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.records import Decision, Definition
from lamplighter.business.workflow.versions.models import Beginning, VersionFile

PROCESS: Final = "process"
DECISION: Final = "decision"


class DeskLibrary:
    """Definitions by name and version, those of the company read from its own rows."""

    def latest(self, name: str) -> Definition:
        """Return the version a new instance begins with.

        Raises:
            DefinitionUnknown: there is no process of this name.
        """
        chosen = Beginning.objects.filter(name=name).order_by("-pk").values_list("version", flat=True).first()
        if chosen is None or chosen in packaged_library().versions(name):
            return packaged_library().version(name, chosen)
        digest = VersionFile.objects.values_list("digest", flat=True).get(kind=PROCESS, name=name, version=chosen)
        return read_own_process(digest)

    def definition(self, name: str, version: int, *, digest: str) -> Definition:
        """Return the version an instance began with.

        Raises:
            DefinitionUnknown: it is not there, or its file is another now.
        """
        # Most are packaged: no question to the database for these.
        if version in packaged_library().versions(name):
            return packaged_library().definition(name, version, digest=digest)
        try:
            return read_own_process(digest)
        except VersionFile.DoesNotExist as missing:
            raise DefinitionUnknown(f"{name} {version} ({digest[:12]})", known=packaged_library().names()) from missing

    def decisions(self) -> tuple[Decision, ...]:
        """Return every version of every decision table that may be asked."""
        own = (
            VersionFile.objects.filter(kind=DECISION, is_released=True).order_by("pk").values_list("digest", flat=True)
        )
        return (*packaged_decisions(), *(read_own_decision(digest) for digest in own))

    def content(self, digest: str) -> bytes:
        """Return the file of a version, byte by byte.

        Raises:
            DefinitionUnknown: no version has it.
        """
        own = VersionFile.objects.filter(digest=digest).values_list("content", flat=True).first()
        return packaged_file(digest) if own is None else bytes(own)


LIBRARY: Final = DeskLibrary()
"""What the desk works by."""


@lru_cache(maxsize=256)
def read_own_process(digest: str) -> Definition:
    """Return one of the company's versions by the hash of its file, whether or not it was released."""
    file = VersionFile.objects.filter(kind=PROCESS, digest=digest).first()
    if file is None:
        raise VersionFile.DoesNotExist(digest)
    # A version that waits may ask a table that waits with it.
    own = VersionFile.objects.filter(kind=DECISION).values_list("digest", flat=True)
    decisions = (*packaged_decisions(), *(read_own_decision(each) for each in own))
    return read_process(bytes(file.content), file=str(file), services=AROUND.services, decisions=decisions)


@lru_cache(maxsize=256)
def read_own_decision(digest: str) -> Decision:
    """Return one of the company's tables by the hash of its file."""
    file = VersionFile.objects.filter(kind=DECISION, digest=digest).first()
    if file is None:
        raise VersionFile.DoesNotExist(digest)
    return read_decision(bytes(file.content), file=str(file))
