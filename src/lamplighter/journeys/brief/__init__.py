"""The brief: one night in one page, for the people who decide where to look next.

A *brief* is read from one state of the lake (`collect_brief`) and written as one self-contained HTML page and as PDF
in Chinese and English (`write_brief`). A *check* says whether the figures can be trusted; a *card* shows a suspicion with
the evidence for and against it.
"""
