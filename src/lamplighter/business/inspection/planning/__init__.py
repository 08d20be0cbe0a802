"""Planning of visits (检查计划): who goes where tomorrow, in which order, and why the others have to wait.

A *crew* is two persons with a day's work; a *draft* is the day as a routing problem; a *plan* gives each crew its stops
with times, and every suspicion without a stop its reason. A plan is a proposal: the leader moves, adds, removes and
locks stops by hand and is told what breaks.
"""
