"""Line loss (线损): how much of the energy that entered an area, a line or a region did not leave through a meter.

Words: *supplied* is what entered (supply meter forward, solar export, other injections); *sold* is what left
(customers, reverse of the supply meter); *loss* is the difference and may be negative; *technical* is the part
physics explains; *unexplained* is the rest, always with an interval. A figure is first *computable* or not (coverage,
clock, freeze), and only then has a *class*.
"""
