"""Sources: opening and reading, in bounded memory, the files others send us. Nothing here knows what the columns mean.

A *source file* lies under one folder and never leaves it. A *mapping* says how a file that is not laid out as we
document it is to be read. A *batch* is a run of rows with their row numbers, columns already called by our names.
"""

from lamplighter.base.sources.folder import PathLeavesFolder, SourceFile, list_files
from lamplighter.base.sources.limits import SourceLimits
from lamplighter.base.sources.mapping import FileMapping, MappingFaulty, mapping_for, parse_mapping, read_mapping
from lamplighter.base.sources.opening import (
    EmptyFile,
    LineTooLong,
    SourceUnreadable,
    TruncatedFile,
    WrongEncoding,
    ZipBomb,
)
from lamplighter.base.sources.reading import (
    ColumnsRepeated,
    FormatUnknown,
    Misfit,
    SourceBatch,
    TableBroken,
    TooManyColumns,
    column_names,
    fingerprint,
    read_batches,
)

__all__ = [
    "ColumnsRepeated",
    "EmptyFile",
    "FileMapping",
    "FormatUnknown",
    "LineTooLong",
    "MappingFaulty",
    "Misfit",
    "PathLeavesFolder",
    "SourceBatch",
    "SourceFile",
    "SourceLimits",
    "SourceUnreadable",
    "TableBroken",
    "TooManyColumns",
    "TruncatedFile",
    "WrongEncoding",
    "ZipBomb",
    "column_names",
    "fingerprint",
    "list_files",
    "mapping_for",
    "parse_mapping",
    "read_batches",
    "read_mapping",
]
