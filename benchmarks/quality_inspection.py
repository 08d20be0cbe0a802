"""How well planted faults of conversations are found, item by item, and how many conversations a second are scored.

python -m benchmarks.quality_inspection
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter

from benchmarks.measuring import publish
from benchmarks.service_dialogues import gold_dialogues
from lamplighter.business.service_desk.quality.known import known_on
from lamplighter.business.service_desk.quality.scoring import score_dialogue


def main() -> None:
    gold = list(gold_dialogues())
    known = known_on(dt.date(2026, 3, 2))
    dialogues = [each.dialogue() for each in gold]
    planted, found, hit = Counter[str](), Counter[str](), Counter[str]()
    wrong = []
    for each, dialogue in zip(gold, dialogues, strict=True):
        said = {deduction.item for deduction in score_dialogue(dialogue, known=known).deductions}
        planted.update(each.items)
        found.update(said)
        hit.update(said & each.items)
        if said != each.items:
            wrong.append(f"{each.id}: missed {sorted(each.items - said)}, too many {sorted(said - each.items)}")
    for line in wrong:
        print(line)
    began = time.process_time()
    rounds = 5
    for _ in range(rounds):
        for dialogue in dialogues:
            score_dialogue(dialogue, known=known)
    speed = rounds * len(dialogues) / (time.process_time() - began)
    rows = [
        {
            "item": item,
            "planted": planted[item],
            "found": found[item],
            "precision": hit[item] / found[item] if found[item] else float("nan"),
            "recall": hit[item] / planted[item] if planted[item] else float("nan"),
        }
        for item in sorted({*planted, *found})
    ]
    clean = [each for each in gold if not each.items]
    publish(
        "quality_inspection",
        rows=rows,
        notes=[
            f"{len(gold)} conversations, {len(clean)} of them clean with hard cases; one fault in each other.",
            f"{speed:.0f} conversations a CPU second of one core; to reach 500.",
            "The words of the faults are ours: what other people say differs, and is what the lists grow from.",
            f"Conversations not scored exactly as planted: {len(wrong)}.",
        ],
    )


if __name__ == "__main__":
    main()
