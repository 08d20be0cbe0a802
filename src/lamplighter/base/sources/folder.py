"""The files of a folder that came from outside, none of which may lead out of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

FORMATS: Final = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".txt": "csv",
    ".txt.gz": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".xml": "xml",
}


class PathLeavesFolder(LamplighterError):
    """A link inside a folder leads to something outside it."""

    def __init__(self, path: Path, *, folder: Path) -> None:
        self.path, self.folder = path, folder
        super().__init__(text("sources.path_leaves_folder", path=path, folder=folder))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a folder.

    Args:
        path: where it lies.
        name: path inside the folder, with ``/``.
        format: csv, parquet, xlsx, xml, or empty when its name says none of these.
    """

    path: Path
    name: str
    format: str

    @property
    def stem(self) -> str:
        """First word of its place: ``interval`` of ``interval/2025-01.csv.gz``, ``meters`` of ``meters.csv``."""
        return self.name.split("/")[0].split(".")[0]


def format_of(name: str) -> str:
    """Return the format the end of a name says, empty when none we read.

    Example:
        >>> format_of("interval/2025-01.CSV.gz"), format_of("map.geojson")
        ('csv', '')
    """
    lowered = name.lower()
    return next((kind for ending, kind in FORMATS.items() if lowered.endswith(ending)), "")


def list_files(folder: Path) -> list[SourceFile]:
    """Return every file under ``folder`` in the order of their names; hidden ones are not looked at.

    Raises:
        FileNotFoundError: there is no such folder.
        PathLeavesFolder: a link leads out of it.
    """
    root = folder.resolve(strict=True)
    found: list[SourceFile] = []
    for place, folders, files in os.walk(root, followlinks=False):
        for name in [*folders, *files]:
            path = Path(place, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                raise PathLeavesFolder(path, folder=folder)
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(place, name)
            if not name.startswith(".") and path.is_file():
                inside = path.relative_to(root).as_posix()
                found.append(SourceFile(path=path, name=inside, format=format_of(inside)))
    return sorted(found, key=lambda file: file.name)
