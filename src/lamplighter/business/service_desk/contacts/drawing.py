"""Which contacts are rated by hand: drawn at random, so many of each agent, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence


def draw(pool: Mapping[int, Sequence[str]], *, per_stratum: int, seed: int) -> list[str]:
    """Return what is drawn, stratum by stratum.

    Args:
        pool: stratum -> names; their order does not matter.
        per_stratum: how many of each; all where there are fewer.
        seed: of the draw; a stratum is drawn alone, so that another one more or less changes nothing in it.

    Example:
        >>> pool = {1: ["a", "b", "c", "d"], 2: ["x"]}
        >>> drawn = draw(pool, per_stratum=2, seed=7)
        >>> len(drawn), drawn[-1], drawn == draw({2: ["x"], 1: ["d", "c", "b", "a"]}, per_stratum=2, seed=7)
        (3, 'x', True)
    """
    drawn: list[str] = []
    for stratum in sorted(pool):
        names = sorted(pool[stratum])
        # No secret hangs on it: who draws says the seed, and whoever doubts draws again.
        chance = random.Random(f"{seed}:{stratum}")
        drawn += sorted(chance.sample(names, min(per_stratum, len(names))))
    return drawn
