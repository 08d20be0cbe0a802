"""Write docs/reference/service.md from the intents, the rubric and the knowledge of service.

Run ``python tools/service_reference.py`` after any of them changed.
"""

from __future__ import annotations

from pathlib import Path

from lamplighter.base.messages import text
from lamplighter.business.service_desk.knowledge.graph import UNCERTAIN, packaged_edges
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.service_desk.understanding.alerts import alert_list
from lamplighter.business.service_desk.understanding.intents import intents

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "service.md"


def write_service_page() -> str:
    """Return the page."""
    rubric, alerts = packaged_rubric(), alert_list()
    lines = [
        "# Service: intents, alerts, rubric, knowledge",
        "",
        "Written by `python tools/service_reference.py` from the data files; a test compares.",
        "",
        "## Intents",
        "| code | 名称 | means | border |",
        "|---|---|---|---|",
        *(f"| {each.code} | {each.name_zh} | {each.means} | {each.border} |" for each in intents().values()),
        "",
        "## Alerts",
        f"Version {alerts.version}, {alerts.source}, evidence {alerts.evidence}: company default, confirm.",
        "",
        "Danger, always given to a person: " + ", ".join(each.kind for each in alerts.dangers) + ".",
        "",
        "Depending on supply: "
        + ", ".join(
            each.kind + ("" if each.is_always_urgent else " (when supply is at stake)") for each in alerts.vulnerable
        )
        + ".",
        "",
        "## Rubric",
        f"Version {rubric.version}, {rubric.source}, evidence {rubric.evidence}: company default, confirm. "
        "An item costs at most its weight.",
        "",
        "| code | 名称 | weight | points | meaning |",
        "|---|---|---|---|---|",
    ]
    for item in rubric.items.values():
        name = text(f"service_desk.rubric.item.{item.code}", in_language="zh")
        for check, points in item.checks.items():
            code = f"{item.code}.{check}"
            blank = {"seconds": 0, "limit": 0} | dict.fromkeys(
                ("words", "said", "truth", "clause", "name", "due", "done", "ticket"), "…"
            )
            meaning = text(f"service_desk.rubric.reason.{code}", in_language="en", **blank)
            lines.append(f"| {code} | {name} | {item.weight:g} | {points:g} | {meaning} |")
    lines += [
        "",
        "## Knowledge",
        "| edge | relation | clause | source | grade | since |",
        "|---|---|---|---|---|---|",
        *(
            f"| {edge.id} | {edge.relation} | {edge.clause} | {edge.source} | {edge.grade}"
            f"{' (company default, confirm)' if edge.grade in UNCERTAIN else ''} | {edge.valid_from} |"
            for edge in packaged_edges()
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(write_service_page(), encoding="utf-8")
