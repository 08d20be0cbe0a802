"""How good detection is: paired comparisons over whole simulated companies, held out and hard.

    python -m benchmarks.worlds --data DIR [--keep FOLDER] [--areas 140] [--seeds 1 2 3 4 5]
                                [--loads simulated real half stranger tenth kwh daily monthly]

Each world is a company of 140 areas with 3 to 4 % thieves, every harmless look-alike and registers of 1 V, written as a
company folder and read in through the ordinary door. Beside the product, in the same run and on the same folds, stand a
plain recipe (:mod:`benchmarks.plain_recipe`), detectors people use today, and the drop rule. ``stranger`` companies
come from another simulator (:mod:`benchmarks.second_world`) that shares no line with the one the model learned from.
``tenth`` are the simulated companies with voltages of 0.1 V; ``kwh``, ``daily`` and ``monthly`` the same companies with
curves of kWh alone, dials of the day alone, and bills alone.

Held out: whole areas and the households in them; two kinds of theft and one look-alike that no fold may train on. With
real homes (``--data``: the public Low Carbon London trial) the 60 homes are dealt into five sets, each feeder is built
from one of them, and folds are sets: no home stands on both sides; each seed is another part of the year. Nothing was
set on these seeds: thresholds, weights and the package's model come from companies of other seeds.
"""
