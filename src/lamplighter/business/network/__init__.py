"""The network: the organisation that runs it, its feeders and areas, and what hangs on what.

A *unit* is a province, city, county or station; a *feeder* a 10 kV line; an *area* what hangs behind one transformer
(台区). A *bucket* is a handful of neighbouring areas whose measurements lie together, given once and kept.
"""
