"""How well faults of conversations are found, item by item, and how many conversations a second are scored.

python -m benchmarks.quality_inspection [--first-sight SET]

A set that was just written is looked at once with ``--first-sight``: what the rubric of that day found is kept in
``dialogues/first_sight.json`` and never written again. Later rubrics have seen the set: that figure is the honest one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.measuring import publish
from benchmarks.service_dialogues import Gold, gold_dialogues
from benchmarks.written_dialogues import FOLDER, SETS, written_dialogues
from lamplighter.business.service_desk.quality.known import known_on
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.service_desk.quality.scoring import score_dialogue

KNOWN = known_on(dt.date(2026, 3, 2))
FIRST_SIGHT = FOLDER / "first_sight.json"
Row = dict[str, Any]


def compare(gold: Sequence[Gold]) -> tuple[list[Row], list[str]]:
    """Return precision and recall of each item, and the conversations that were not scored exactly as written."""
    planted, found, hit = Counter[str](), Counter[str](), Counter[str]()
    wrong = []
    for each in gold:
        said = {deduction.item for deduction in score_dialogue(each.dialogue(), known=KNOWN).deductions}
        planted.update(each.items)
        found.update(said)
        hit.update(said & each.items)
        if said != each.items:
            wrong.append(f"{each.id}: missed {sorted(each.items - said)}, too many {sorted(said - each.items)}")
    rows = [
        {
            "item": item,
            "planted": planted[item],
            "found": found[item],
            "precision": hit[item] / found[item] if found[item] else None,
            "recall": hit[item] / planted[item] if planted[item] else None,
        }
        for item in sorted({*planted, *found})
    ]
    return [*rows, _all_of(planted, found, hit)], wrong


def _all_of(planted: Counter[str], found: Counter[str], hit: Counter[str]) -> Row:
    right = hit.total()
    precision, recall = right / found.total(), right / planted.total()
    return {
        "item": "all",
        "planted": planted.total(),
        "found": found.total(),
        "precision": precision,
        "recall": recall,
    }


def keep_first_sight(name: str) -> None:
    """Keep what the rubric finds in a set it has never seen, once."""
    seen = json.loads(FIRST_SIGHT.read_text(encoding="utf-8")) if FIRST_SIGHT.exists() else {}
    if name in seen:
        raise SystemExit(f"{name} was seen before")
    gold = list(written_dialogues(name))
    rows, wrong = compare(gold)
    clean = {each.id for each in gold if not each.items}
    seen[name] = {
        "rubric": packaged_rubric().version,
        "dialogues": len(gold),
        "clean": len(clean),
        "clean_with_a_deduction": sum(line.partition(":")[0] in clean for line in wrong),
        "not_exactly": wrong,
        "rows": rows,
    }
    FIRST_SIGHT.write_text(json.dumps(seen, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def measure_speed(gold: Sequence[Gold], *, rounds: int = 5) -> float:
    """Return conversations a CPU second of one core."""
    dialogues = [each.dialogue() for each in gold]
    began = time.process_time()
    for _ in range(rounds):
        for dialogue in dialogues:
            score_dialogue(dialogue, known=KNOWN)
    return rounds * len(dialogues) / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first-sight", choices=SETS)
    asked = parser.parse_args().first_sight
    if asked:
        keep_first_sight(asked)
    gold = list(gold_dialogues())
    _, wrong = compare(gold)
    seen = json.loads(FIRST_SIGHT.read_text(encoding="utf-8"))
    newest = list(seen)[-1]
    first = seen[newest]
    notes = [
        f"The table: the {newest} set, {first['dialogues']} conversations written after rubric {first['rubric']} was "
        f"done, as it found them at first sight. {first['clean']} of them are clean, hard cases; "
        f"{first['clean_with_a_deduction']} of those lost points. Nothing was changed for it before.",
    ]
    for name in SETS:
        written = list(written_dialogues(name))
        rows, missed = compare(written)
        everything = rows[-1]
        notes.append(
            f"Rubric {packaged_rubric().version} on the {name} set of {len(written)}, which it was mended with: "
            f"precision {everything['precision']:.2f}, recall {everything['recall']:.2f}; "
            f"not exactly as written: {len(missed)}."
        )
    notes += [
        f"{len(gold)} conversations with a fault planted by the same words each, 20 clean ones among them: not exactly "
        f"as planted: {len(wrong)}.",
        f"{measure_speed(gold):.0f} conversations a CPU second of one core; to reach 500.",
        "Who wrote the conversations also mends the lists: what other people say differs still more. Few are of each "
        "item, so a figure of one item says little; that of all says what to expect.",
    ]
    publish("quality_inspection", rows=[*first["rows"]], notes=notes)


if __name__ == "__main__":
    main()
