"""The loop: two years of visits chosen in different ways, each learning from what it found.

    python -m benchmarks.loop [--keep FOLDER] [--areas 40] [--seeds 711 712] [--replays 40] [--budget 0.1]
                              [--months-between 1] [--base FILE]

Each company is simulated for 731 days of half-hourly kWh (no voltage), written as a company folder and read in through
the ordinary door. At each of 24 month ends the product's evidence of the ninety days before it is worked out once; the
policies are then replayed on it many times, since no score depends on who was visited. A policy is given a budget of
visits, a list made only from what was known by the day, and what its own earlier visits found. Nothing was set on the
seeds measured here: the loop was written on seed 701, the package's model comes from companies of other seeds.
"""
