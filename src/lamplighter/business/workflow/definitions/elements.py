"""Which parts of BPMN a process may be drawn with, and the walk that refuses every other one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from lamplighter.business.workflow.definitions.extensions import check_extension
from lamplighter.business.workflow.definitions.faults import FaultList, repeated
from lamplighter.business.workflow.definitions.markup import BPMN, OURS, XSI_TYPE, local

MOST_NODES: Final = 400
LONGEST_ID: Final = 80
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,79}")
# Names of parts that the engine adds to every process by itself.
_RESERVED_IDS: Final = frozenset({"Start", "End", "Root"})

NODES: Final = (
    "startEvent",
    "endEvent",
    "userTask",
    "serviceTask",
    "businessRuleTask",
    "exclusiveGateway",
    "parallelGateway",
    "intermediateThrowEvent",
    "intermediateCatchEvent",
    "boundaryEvent",
)
_EVENT_PARTS: Final = frozenset({"timerEventDefinition", "messageEventDefinition"})
# What each element may hold; anything else is refused where it stands.
_CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    "definitions": frozenset({"process", "collaboration", "message"}),
    "collaboration": frozenset({"participant"}),
    "process": frozenset({*NODES, "sequenceFlow", "laneSet", "textAnnotation", "association"}),
    "laneSet": frozenset({"lane"}),
    "lane": frozenset({"flowNodeRef"}),
    "sequenceFlow": frozenset({"conditionExpression"}),
    "textAnnotation": frozenset({"text"}),
    "intermediateCatchEvent": _EVENT_PARTS,
    "boundaryEvent": _EVENT_PARTS,
    "timerEventDefinition": frozenset({"timeDuration"}),
}
_EVERYWHERE: Final = frozenset({"documentation", "extensionElements", "incoming", "outgoing"})
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "process": frozenset({"version", "startRoles", "en"}),
    "lane": frozenset({"roles", "en"}),
    "userTask": frozenset({"duty", "roles", "state", "en"}),
    "serviceTask": frozenset({"service", "state", "en"}),
    "businessRuleTask": frozenset({"decision", "decisionVersion", "state", "en"}),
    "intermediateCatchEvent": frozenset({"roles", "state", "en"}),
    "boundaryEvent": frozenset({"roles", "state", "en"}),
}
_EVENT_ATTRIBUTES: Final = frozenset({"state", "en"})
# Attributes by which other engines call code or services: their sense would be lost without a word.
_CALLING: Final = frozenset({"implementation", "operationRef", "calledElement", "scriptFormat", "ioBinding"})


def check_elements(root: Element, faults: FaultList) -> bool:
    """Note everything in a file that a process may not be drawn with; False when it is no BPMN at all."""
    if root.tag != f"{BPMN}definitions":
        faults.add("not_bpmn", tag=root.tag)
        return False
    _check_children(root, faults)
    ids = [element.attrib["id"] for element in _bpmn_parts(root) if "id" in element.attrib]
    for name in repeated(ids):
        faults.add("id_twice", name)
    nodes = [element for element in root.iter() if element.tag.startswith(BPMN) and local(element.tag) in NODES]
    if len(nodes) > MOST_NODES:
        faults.add("too_many_nodes", count=len(nodes), most=MOST_NODES)
    for element in [*nodes, *root.iter(f"{BPMN}sequenceFlow"), *root.iter(f"{BPMN}process")]:
        name = element.get("id", "")
        if not _ID.fullmatch(name) or name in _RESERVED_IDS:
            faults.add("id_bad", name or local(element.tag), id=name, longest=LONGEST_ID)
    return True


def _bpmn_parts(root: Element) -> Iterator[Element]:
    for element in root.iter():
        if element.tag.startswith(BPMN):
            yield element


def _check_children(parent: Element, faults: FaultList) -> None:
    kind = local(parent.tag)
    owner = parent.get("id") or kind
    _check_attributes(parent, kind, owner, faults)
    allowed = _CHILDREN.get(kind, frozenset()) | _EVERYWHERE
    for child in parent:
        name = local(child.tag)
        if kind == "definitions" and not child.tag.startswith(BPMN) and name == "BPMNDiagram":
            # The picture: nothing of it is ever read.
            continue
        if child.tag == f"{BPMN}extensionElements":
            for extension in child:
                check_extension(extension, owner, faults)
        elif not child.tag.startswith(BPMN):
            faults.add("foreign_element", owner, tag=child.tag)
        elif name in ("scriptTask", "script"):
            faults.add("script", child.get("id") or owner)
        elif name not in allowed:
            faults.add("element_not_allowed", child.get("id") or owner, tag=name)
        else:
            _check_children(child, faults)


def _check_attributes(element: Element, kind: str, owner: str, faults: FaultList) -> None:
    for attribute in element.attrib:
        name = local(attribute)
        if attribute == XSI_TYPE or kind == "definitions":
            continue
        if attribute.startswith(OURS):
            known = _ATTRIBUTES.get(kind, _EVENT_ATTRIBUTES)
            if name not in known:
                faults.add("attribute_unknown", owner, attribute=name, tag=kind)
        elif attribute.startswith("{"):
            faults.add("foreign_attribute", owner, attribute=attribute)
        elif name in _CALLING:
            faults.add("calls_outside", owner, attribute=name)
