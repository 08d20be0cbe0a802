"""A number written into a file, and nothing else of it changed: comments, layout and foreign order stay as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from lamplighter.business.workflow.definitions.markup import OURS

DMN_DECISION: Final = "decision"
_SEPARATOR: Final = "}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a start tag stands in a file, and what it says."""

    begin: int
    tag: str
    attributes: dict[str, str]


def write_version(content: bytes, version: int) -> bytes:
    """Return a checked BPMN or DMN file with another version of its process or table.

    Args:
        content: UTF-8, as ``read_process`` or ``read_decision`` accepted it.
        version: the number.

    Example:
        >>> write_version(
        ...     b'<d xmlns:l="urn:lamplighter:process:1" xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
        ...     b'<process l:version = "1"/></d>', 7)[-30:]
        b'<process l:version = "7"/></d>'
    """
    return _write(content, f"{OURS}version", str(version), tags=("process", DMN_DECISION), where={})


def write_decision_version(content: bytes, *, decision: str, version: int) -> bytes:
    """Return a checked BPMN file whose steps ask another version of a decision table."""
    where = {f"{OURS}decision": decision}
    return _write(content, f"{OURS}decisionVersion", str(version), tags=("businessRuleTask",), where=where)


def _write(content: bytes, attribute: str, value: str, *, tags: tuple[str, ...], where: dict[str, str]) -> bytes:
    places = [
        place
        for place in _places(content)
        if place.tag in tags
        and attribute in place.attributes
        and all(place.attributes.get(name) == wanted for name, wanted in where.items())
    ]
    for place in reversed(places):
        prefixes = "|".join(re.escape(prefix) for prefix in _prefixes(content))
        local = attribute.rpartition("}")[2]
        # Whole attributes are stepped over, so that one that only quotes the name is left alone.
        pattern = re.compile(
            rf"""(?:[^\s=>"']+\s*=\s*(?:"[^"]*"|'[^']*')\s*)*?(?:{prefixes}):{local}\s*=\s*["']""".encode()
        )
        name_end = re.compile(rb"<[^\s/>]+\s*").match(content, place.begin)
        found = pattern.match(content, name_end.end()) if name_end else None
        if found is None:
            continue
        end = content.index(content[found.end() - 1 : found.end()], found.end())
        content = content[: found.end()] + value.encode() + content[end:]
    return content


def _places(content: bytes) -> list[_Place]:
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    places: list[_Place] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(_SEPARATOR)[2]
        named = {f"{{{name}" if _SEPARATOR in name else name: value for name, value in attributes.items()}
        places.append(_Place(parser.CurrentByteIndex, local, named))

    parser.StartElementHandler = begin
    parser.Parse(content, True)
    return places


def _prefixes(content: bytes) -> list[str]:
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    found: list[str] = []

    def declare(prefix: str | None, uri: str) -> None:
        if prefix and f"{{{uri}}}" == OURS:
            found.append(prefix)

    parser.StartNamespaceDeclHandler = declare
    parser.Parse(content, True)
    return found
