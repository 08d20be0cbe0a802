"""Write the reference pages that are made from the code: docs/reference/tables.md from the data contracts.

Run ``python tools/reference.py`` after a contract changed; with ``--check`` it only says whether the page is current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lamplighter.base.governance import Contract, Partition, Versions
from lamplighter.business.customers import tables as customers
from lamplighter.business.detection import tables as detection
from lamplighter.business.line_loss import tables as line_loss
from lamplighter.business.metering import tables as metering
from lamplighter.business.network import tables as network
from lamplighter.business.trusted_energy import tables as trusted_energy

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "tables.md"
ROOMS = {
    "network 网络": network.TABLES,
    "customers 用户": customers.TABLES,
    "metering 计量": metering.TABLES,
    "trusted_energy 可信电量": trusted_energy.TABLES,
    "line_loss 线损": line_loss.TABLES,
    "detection 疑点": detection.TABLES,
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


def main() -> int:
    """Write the page, or with ``--check`` compare it; 1 when it is not current."""
    page = write_page()
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
            print("docs/reference/tables.md is not what the contracts say: run `python tools/reference.py`")
            return 1
        return 0
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
