"""What a machine needs before it can speak to Spark, and the sentence where it lacks it. Nothing here imports Spark."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

PYSPARK: Final = "4.x"
JAVA_VERSIONS: Final = range(17, 25)
"""Java 25 does not boot pyspark 4.3; below 17 it says so itself, in a stack of its own."""


class PysparkMissing(LamplighterError):
    """The package pyspark is absent, or of a version whose interface differs."""

    def __init__(self, found: str | None) -> None:
        self.found = found
        said = text("engine.pyspark_found", version=found) if found else text("engine.pyspark_absent")
        super().__init__(text("engine.pyspark_missing", needed=PYSPARK, found=said))


class JavaMissing(LamplighterError):
    """There is no Java that Spark runs on."""

    def __init__(self, path: Path | None, version: str) -> None:
        self.path, self.version = path, version
        said = text("engine.java_found", path=path, version=version) if path else text("engine.java_absent")
        super().__init__(text("engine.java_missing", found=said))


def require_spark() -> None:
    """Return when this machine can start a Spark driver.

    Raises:
        PysparkMissing: no pyspark 4.
        JavaMissing: no Java of a version that Spark 4 runs on.
    """
    try:
        version = metadata.version("pyspark")
    except metadata.PackageNotFoundError:
        raise PysparkMissing(None) from None
    if not version.startswith("4."):
        raise PysparkMissing(version)
    find_java()


def find_java() -> Path:
    """Return the Java that Spark will start: that of ``JAVA_HOME``, otherwise the first on the path.

    Raises:
        JavaMissing: there is none, or its version is not one Spark 4 runs on.
    """
    home = os.environ.get("JAVA_HOME", "")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if found is None:
        raise JavaMissing(None, "")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = read_java_version(said)
    if version is None or version not in JAVA_VERSIONS:
        raise JavaMissing(Path(found), "?" if version is None else str(version))
    return Path(found)


def read_java_version(said: str) -> int | None:
    """Return the release that ``java -version`` names; None where it names none.

    Example:
        >>> read_java_version('openjdk version "17.0.15" 2025-04-15')
        17
        >>> read_java_version('java version "1.8.0_402"')
        8
    """
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None
