"""What the engine gets to read: ids and arrows, written anew. No text of the file that could be taken for code."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from lamplighter.business.workflow.definitions.elements import NODES
from lamplighter.business.workflow.definitions.markup import BPMN, local

# The engine runs a decision the way it runs a service: by handing the step to us.
_ENGINE_KINDS: Mapping[str, str] = {"businessRuleTask": "serviceTask"}


def write_engine_source(process: Element, messages: Mapping[str, str]) -> bytes:
    """Write the skeleton of a process as BPMN.

    In the place of each condition stands the id of its arrow, and in that of each duration the id of its event: the
    engine hands that id back when it wants to know, and nothing else can be asked for.

    Args:
        process: the checked element.
        messages: name of each message by its id.
    """
    root = Element(f"{BPMN}definitions")
    for message, name in messages.items():
        SubElement(root, f"{BPMN}message", {"id": message, "name": name})
    skeleton = SubElement(root, f"{BPMN}process", {"id": process.get("id", ""), "isExecutable": "true"})
    for node in process:
        kind = local(node.tag)
        if kind in NODES:
            kept = _kept(node, "id", "default", "attachedToRef")
            if node.get("cancelActivity") in ("false", "0"):
                kept["cancelActivity"] = "false"
            copy = SubElement(skeleton, f"{BPMN}{_ENGINE_KINDS.get(kind, kind)}", kept)
            for part in node:
                _copy_event(copy, part, kept["id"])
        elif kind == "sequenceFlow":
            kept = _kept(node, "id", "sourceRef", "targetRef")
            copy = SubElement(skeleton, f"{BPMN}sequenceFlow", kept)
            if node.find(f"{BPMN}conditionExpression") is not None:
                SubElement(copy, f"{BPMN}conditionExpression").text = kept["id"]
    return bytes(tostring(root, encoding="utf-8"))


def _kept(node: Element, *names: str) -> dict[str, str]:
    return {name: node.attrib[name] for name in names if name in node.attrib}


def _copy_event(event: Element, part: Element, event_id: str) -> None:
    kind = local(part.tag)
    if kind == "timerEventDefinition":
        copy = SubElement(event, f"{BPMN}timerEventDefinition")
        SubElement(copy, f"{BPMN}timeDuration").text = event_id
    elif kind == "messageEventDefinition":
        SubElement(event, f"{BPMN}messageEventDefinition", {"messageRef": part.get("messageRef", "")})
