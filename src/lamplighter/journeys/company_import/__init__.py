"""Taking a company folder into the lake: archives first, then what refers to them.

Archives are read and checked before anything is written. Then file by file and load by load readings, registers,
events, bills and the rest; each load is one transaction whose counts add up. A killed import goes on after its last
load.
"""

from lamplighter.journeys.company_import.company_file import ArchiveRefused, CompanyChanged, CompanyFileFaulty
from lamplighter.journeys.company_import.importing import ImportReport, import_company
from lamplighter.journeys.company_import.releasing import release_rows

__all__ = [
    "ArchiveRefused",
    "CompanyChanged",
    "CompanyFileFaulty",
    "ImportReport",
    "import_company",
    "release_rows",
]
