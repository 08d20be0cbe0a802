"""The log for other tools: XES (IEEE 1849) and OCEL 2.0."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from lamplighter.business.workflow.mining.records import Trace


def write_xes(traces: Sequence[Trace], *, labels: Mapping[str, str]) -> bytes:
    """Return a log as XES: a trace a matter, a start and a complete event a step; persons are numbers.

    Args:
        traces: matters.
        labels: activity -> its words.

    Source:
        IEEE Std 1849, extensions concept, time, organizational, lifecycle.
    """
    log = ElementTree.Element(
        "log", {"xes.version": "1849.2016", "xes.features": "", "xmlns": "http://www.xes-standard.org/"}
    )
    for name, prefix in (
        ("Concept", "concept"),
        ("Time", "time"),
        ("Organizational", "org"),
        ("Lifecycle", "lifecycle"),
    ):
        uri = f"http://www.xes-standard.org/{prefix}.xesext"
        ElementTree.SubElement(log, "extension", {"name": name, "prefix": prefix, "uri": uri})
    for trace in traces:
        node = ElementTree.SubElement(log, "trace")
        _attribute(node, "string", "concept:name", trace.case_id)
        _attribute(node, "string", "process", trace.process)
        for step in trace.steps:
            for moment, at in (("start", step.opened_at), ("complete", step.done_at)):
                event = ElementTree.SubElement(node, "event")
                _attribute(event, "string", "concept:name", labels.get(step.activity, step.activity))
                _attribute(event, "string", "lifecycle:transition", moment)
                _attribute(event, "date", "time:timestamp", at.isoformat())
                _attribute(event, "string", "org:resource", step.by)
                _attribute(event, "string", "org:role", step.role)
    return bytes(ElementTree.tostring(log, encoding="utf-8", xml_declaration=True))


def _attribute(node: ElementTree.Element, kind: str, key: str, value: str) -> None:
    ElementTree.SubElement(node, kind, {"key": key, "value": value})


def ocel_content(traces: Sequence[Trace], *, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a log as the content of an OCEL 2.0 JSON file: objects are matters and persons.

    Args:
        traces: matters.
        labels: activity -> its words.

    Source:
        OCEL 2.0, JSON.
    """
    people = sorted({step.by for trace in traces for step in trace.steps if step.by})
    activities = sorted({step.activity for trace in traces for step in trace.steps})
    processes = sorted({trace.process for trace in traces})
    return {
        "objectTypes": [{"name": name, "attributes": []} for name in (*processes, "person")],
        "eventTypes": [
            {"name": labels.get(each, each), "attributes": [{"name": "role", "type": "string"}]} for each in activities
        ],
        "objects": [{"id": trace.case_id, "type": trace.process} for trace in traces]
        + [{"id": f"person-{each}", "type": "person"} for each in people],
        "events": [
            {
                "id": f"{trace.case_id}-{number}",
                "type": labels.get(step.activity, step.activity),
                "time": step.done_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
                "attributes": [{"name": "role", "value": step.role}],
                "relationships": [{"objectId": trace.case_id, "qualifier": "matter"}]
                + ([{"objectId": f"person-{step.by}", "qualifier": "done by"}] if step.by else []),
            }
            for trace in traces
            for number, step in enumerate(trace.steps, start=1)
        ],
    }
