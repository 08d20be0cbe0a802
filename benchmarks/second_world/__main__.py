"""Write a second world.

python -m benchmarks.second_world --folder DIR --truth DIR --seed 901 [--areas 140] [--days 90]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.second_world import DAYS, write_second_world


def main() -> None:
    """Write one world and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--areas", type=int, default=140)
    parser.add_argument("--days", type=int, default=DAYS)
    chosen = parser.parse_args()
    begun = time.process_time()
    write_second_world(chosen.folder, chosen.truth, chosen.seed, chosen.areas, chosen.days)
    print(f"{chosen.areas} areas, {chosen.days} days, seed {chosen.seed}: {time.process_time() - begun:.0f} CPU s")


if __name__ == "__main__":
    main()
