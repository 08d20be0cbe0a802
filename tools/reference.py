"""Write the reference pages that are made from the code: docs/reference/tables.md from the data contracts,
docs/reference/anomaly-rules.md from the rule pack.

Run ``python tools/reference.py`` after either changed; with ``--check`` it only says whether the pages are current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from lamplighter.base.governance import Contract, Partition, Versions
from lamplighter.base.messages import speaking, text
from lamplighter.business.billing import tables as billing
from lamplighter.business.customers import tables as customers
from lamplighter.business.detection import tables as detection
from lamplighter.business.detection.anomalies.rulebook import UNREAD
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.line_loss import tables as line_loss
from lamplighter.business.metering import tables as metering
from lamplighter.business.network import tables as network
from lamplighter.business.trusted_energy import tables as trusted_energy

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
ROOMS = {
    "network 网络": network.TABLES,
    "customers 用户": customers.TABLES,
    "metering 计量": metering.TABLES,
    "trusted_energy 可信电量": trusted_energy.TABLES,
    "line_loss 线损": line_loss.TABLES,
    "detection 疑点": detection.TABLES,
    "billing 电费": billing.TABLES,
}
_CUT = {
    Partition.WHOLE: "one partition",
    Partition.MONTH: "by the month of `{0}`",
    Partition.MONTH_BUCKET: "by the month of `{0}` and the bucket of neighbouring areas",
}
_VERSIONS = {
    Versions.ROW: "a later row with the same key is a newer version of it",
    Versions.RUN: "a later run of a bucket and day replaces all the earlier one said",
}


def write_page() -> str:
    """Return the page of all tables."""
    lines = [
        "# Tables of the lake",
        "",
        "Made from the data contracts by `python tools/reference.py`; do not edit. Every table also has `known_at`,",
        "the instant from which the row was known (UTC). Columns marked ● are personal data: masked wherever shown.",
    ]
    for room, contracts in ROOMS.items():
        lines += ["", f"## {room}"]
        for contract in contracts:
            lines += _table(contract)
    return "\n".join(lines) + "\n"


def _table(contract: Contract) -> list[str]:
    cut = _CUT[contract.partition].format(contract.dated_by)
    key = ", ".join(f"`{name}`" for name in contract.key)
    rows = [
        f"| `{c.name}`{' ●' if c.is_personal else ''} | {c.type} | {c.unit} | {'yes' if c.is_required else ''} "
        f"| {c.meaning} | {c.meaning_zh} |"
        for c in contract.columns
    ]
    return [
        "",
        f"### `{contract.name}`",
        "",
        f"{contract.meaning} · {contract.meaning_zh}",
        "",
        f"Key: {key}. Cut: {cut}. Versions: {_VERSIONS[contract.versions]}.",
        "",
        "| column | type | unit | required | meaning | 含义 |",
        "|---|---|---|---|---|---|",
        *rows,
    ]


def write_rules_page() -> str:
    """Return the page of the anomaly rules, their thresholds and scenarios."""
    settings = default_settings()
    pack = settings.pack
    lines = [
        "# Anomaly rules of the meter layer · 计量异常规则",
        "",
        f"Version {pack.version}. Made from `anomalies/rules.toml` by `python tools/reference.py`; do not edit.",
        "",
        "The names are those of master stations; the official thresholds are internal and were not found. Grades: R",
        "read, M-H, M-M, M-L from memory, P proposed. **M-L and P are company defaults, to be confirmed**",
        "(公司默认值，请确认). Points are of 15 minutes.",
        "",
        "See them on your own data:",
        "",
        "- `lamplighter detection anomalies` lists what was found; `--code AN-20`, `--unit`, `--out FILE`,",
        "- `--rules` this pack, `--coverage` where a rule could not be judged and for lack of what,",
        "- `--scenarios` the stories, `--precision` how often visits confirmed each.",
        "",
        "## Rules",
        "",
        "| code | name | 名称 | public code | severity | about | needs | rule | 规则 | weight | grade |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for rule in pack.rules.values():
        needs = ", ".join(_said(f"anomalies.data.{name}") for name in rule.needs)
        if UNREAD & set(rule.needs):
            needs += " (not in the company folder: never judged)"
        weight = f"{rule.weight:g}" if rule.weight else ""
        lines.append(
            f"| {rule.code} | {rule.name} | {rule.name_zh} | {rule.public_code} | {rule.severity} | {rule.applies_to} "
            f"| {needs} | {_cell(rule.rule)} | {_cell(rule.rule_zh)} | {weight} | {rule.evidence} |"
        )
    lines += [
        "",
        "## Theft score",
        "",
        "`100 x (1 - product of (1 - weight))` over the rules found at a meter, each counted once, with "
        f"{settings.number('anomalies.area_loss_weight'):g} where its use moves with",
        f"the area's unexplained loss and {settings.number('anomalies.prior_theft_weight'):g} after an earlier theft. "
        f"From {settings.number('anomalies.work_order_score'):g} on a work order, from "
        f"{settings.number('anomalies.desk_check_score'):g} on a desk check.",
        "A weight gives way to what outcomes say: Beta(weight x k + confirmed, (1 - weight) x k + not confirmed) with "
        f"k = {settings.number('anomalies.prior_visits'):g}.",
        "",
        "## Scenarios",
        "",
        "| scenario | 场景 | anomalies | unless | confirmed before outcomes | because |",
        "|---|---|---|---|---|---|",
    ]
    for scenario in pack.scenarios.values():
        groups = " + ".join(" or ".join(group) for group in scenario.all_of)
        unless = ", ".join(_said(f"anomalies.scenario.{code}") for code in scenario.unless)
        lines.append(
            f"| {_said(f'anomalies.scenario.{scenario.code}')} | {_said(f'anomalies.scenario.{scenario.code}', 'zh')} "
            f"| {groups} | {unless} | {scenario.prior:.0%} | {_said(f'anomalies.why.{scenario.code}')} |"
        )
    lines += [
        "",
        "`FALL` is a lasting fall of the use. The anomalies of one scenario lie no more than seven days apart.",
        "",
        "## Thresholds",
        "",
        "| name | value | unit | meaning | 含义 | source | grade |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in settings.thresholds.values():
        if row.name.startswith(("AN-", "anomalies.")) and not row.name.endswith(".weight"):
            lines.append(
                f"| `{row.name}` | {row.value:g} | {row.unit} | {_cell(row.meaning)} | {_cell(row.meaning_zh)} "
                f"| {row.source} | {row.evidence} |"
            )
    return "\n".join(lines) + "\n"


def _said(name: str, language: Literal["zh", "en"] = "en") -> str:
    with speaking(language):
        return text(name)


def _cell(words: str) -> str:
    # A bar would end the cell.
    return words.replace("|", "\\|")


PAGES = {"tables.md": write_page, "anomaly-rules.md": write_rules_page}
"""Page of docs/reference -> what writes it."""


def main() -> int:
    """Write the pages, or with ``--check`` compare them; 1 when one is not current."""
    stale = 0
    for name, write in PAGES.items():
        path, page = REFERENCE / name, write()
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != page:
            print(f"docs/reference/{name} is not what the code says: run `python tools/reference.py`")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
