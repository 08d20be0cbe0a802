"""The brief: one night in one page, for the people who decide where to look next.

A *brief* is read from one state of the lake (`collect_brief`) and written as one self-contained HTML page and as PDF
in Chinese and English (`write_brief`). A *check* says whether the figures can be trusted; a *card* shows a suspicion
with the evidence for and against it.
"""

from lamplighter.journeys.brief.collect import CompanyMissing, NightNotWorked, NothingWorked, collect_brief
from lamplighter.journeys.brief.html import render_html
from lamplighter.journeys.brief.pdf import render_pdf
from lamplighter.journeys.brief.records import Brief
from lamplighter.journeys.brief.write import OutlinesUnreadable, Written, newest_page, write_brief

__all__ = [
    "Brief",
    "CompanyMissing",
    "NightNotWorked",
    "NothingWorked",
    "OutlinesUnreadable",
    "Written",
    "collect_brief",
    "newest_page",
    "render_html",
    "render_pdf",
    "write_brief",
]
