"""XML of others, read without trusting it: no DTD, no entities, and bounded before anything is made of it."""

from __future__ import annotations

import io
import re
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import iterparse

from lamplighter.business.workflow.definitions.faults import FaultList

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
OURS: Final = "{urn:lamplighter:process:1}"
XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"

MOST_BYTES: Final = 1_000_000
_ARCHIVES: Final = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
_ENCODING: Final = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']{0,40})""")
_SPOKEN: Final = (b"utf-8", b"utf8", b"us-ascii", b"ascii")
DEEPEST: Final = 24
MOST_ELEMENTS: Final = 20_000


def read_markup(content: bytes, faults: FaultList) -> Element | None:
    """Return the root element of a file, or None with a fault.

    Args:
        content: of the file.
        faults: what is wrong with it is added here.

    Example:
        >>> read_markup(b"<a><b/></a>", FaultList()).tag
        'a'
        >>> read_markup(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', FaultList()) is None
        True
    """
    if len(content) > MOST_BYTES:
        faults.add("too_large", bytes=f"{len(content):,}", most=f"{MOST_BYTES:,}")
        return None
    if content.startswith(_ARCHIVES):
        faults.add("archive")
        return None
    if not _is_utf8(content):
        faults.add("not_utf8")
        return None
    depth = count = 0
    root: Element | None = None
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "end":
                depth -= 1
                continue
            root = element if root is None else root
            depth, count = depth + 1, count + 1
            if depth > DEEPEST:
                faults.add("too_deep", most=DEEPEST)
                return None
            if count > MOST_ELEMENTS:
                faults.add("too_many_elements", most=f"{MOST_ELEMENTS:,}")
                return None
    except DTDForbidden:
        faults.add("dtd")
        return None
    except DefusedXmlException:
        faults.add("entity")
        return None
    except (ParseError, ValueError, LookupError) as problem:
        # ValueError and LookupError: what expat makes of bytes it cannot decode.
        faults.add("not_xml", problem=problem)
        return None
    return root


def _is_utf8(content: bytes) -> bool:
    declared = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf"))
    if declared is not None and declared[1].lower() not in _SPOKEN:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def local(tag: str) -> str:
    """Return a tag without its namespace.

    Example:
        >>> local("{urn:x}task")
        'task'
    """
    return tag.rpartition("}")[2]


def written(element: Element | None) -> str:
    """Return the text of an element, without space around it; empty for none."""
    return "" if element is None else (element.text or "").strip()
