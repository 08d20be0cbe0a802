"""Bring what pages and documents need from npm into the package, pinned, so that users need neither Node nor a network.

``python tools/vendor.py`` writes ``src/lamplighter/base/documents/vendor/`` and its ``VENDOR.md`` with version, licence
and sha256. To move to a newer version change its pin below and run again; a file that changed under the same version
is refused.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "src" / "lamplighter" / "base" / "documents" / "vendor"
SOURCE_MAP = re.compile(rb"^\s*(?://[#@]|/\*[#@])\s*sourceMappingURL=.*\n?", re.MULTILINE)
ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \| (?P<package>\S+) (?P<version>\S+) "
    r"\| (?P<licence>[^|]+) \| `(?P<sha256>[0-9a-f]{64})` \|$"
)


@dataclass(frozen=True)
class Package:
    """One npm package: its pin, its licence, and each file taken with the name it gets here."""

    name: str
    version: str
    licence: str
    files: tuple[tuple[str, str], ...]


ICONS = (
    "affiliate",
    "alert-triangle",
    "bolt",
    "book-2",
    "briefcase",
    "bulb",
    "calendar-event",
    "chart-bar",
    "chart-line",
    "chevron-right",
    "clipboard-check",
    "clock-play",
    "headset",
    "history",
    "home",
    "info-circle",
    "key",
    "language",
    "layout-dashboard",
    "list-check",
    "logout",
    "map-2",
    "menu-2",
    "message-2-check",
    "message-circle",
    "messages",
    "moon",
    "receipt-2",
    "radar-2",
    "route",
    "search",
    "shield-lock",
    "sun",
    "user",
)
"""Those the desk's navigation and notes use."""

PACKAGES = (
    Package(
        "echarts",
        "6.1.0",
        "Apache-2.0",
        (
            ("dist/echarts.min.js", "echarts/echarts.min.js"),
            ("LICENSE", "echarts/LICENSE"),
            ("NOTICE", "echarts/NOTICE"),
            ("licenses/LICENSE-d3", "echarts/LICENSE-d3"),
        ),
    ),
    Package(
        "@expo-google-fonts/noto-sans-sc",
        "0.4.3",
        "OFL-1.1",
        (
            ("400Regular/NotoSansSC_400Regular.ttf", "noto-sans-sc/NotoSansSC-Regular.ttf"),
            ("700Bold/NotoSansSC_700Bold.ttf", "noto-sans-sc/NotoSansSC-Bold.ttf"),
            ("LICENSE_FONT", "noto-sans-sc/OFL.txt"),
        ),
    ),
    Package(
        "htmx.org",
        "4.0.1",
        "0BSD",
        (("dist/htmx.min.js", "htmx/htmx.min.js"), ("LICENSE", "htmx/LICENSE")),
    ),
    Package("idb", "8.0.4", "ISC", (("build/index.js", "idb/idb.js"), ("LICENSE", "idb/LICENSE"))),
    # Its stylesheet says licence and authors at its head; the text of the licence comes with the icons.
    Package("@tabler/core", "1.6.1", "MIT", (("dist/css/tabler.min.css", "tabler/tabler.min.css"),)),
    Package(
        "@tabler/icons",
        "3.52.0",
        "MIT",
        (
            ("LICENSE", "tabler-icons/LICENSE"),
            ("LICENSE", "tabler/LICENSE"),
            *((f"icons/outline/{name}.svg", f"tabler-icons/{name}.svg") for name in ICONS),
        ),
    ),
)


@dataclass(frozen=True)
class Vendored:
    """One line of VENDOR.md."""

    file: str
    package: str
    version: str
    licence: str
    sha256: str


class FileChanged(Exception):
    """A file is another than the one recorded for the same version."""

    def __init__(self, recorded: Vendored, *, sha256: str) -> None:
        self.recorded, self.sha256 = recorded, sha256
        super().__init__(
            f"{recorded.file} of {recorded.package} {recorded.version} has sha256 {sha256}, "
            f"recorded was {recorded.sha256}. Nothing was written. Find out why before you accept it; "
            "then delete its line in VENDOR.md and run this again."
        )


def recorded(folder: Path = VENDOR) -> tuple[Vendored, ...]:
    """Return the lines of VENDOR.md; none where there is no such file."""
    page = folder / "VENDOR.md"
    if not page.exists():
        return ()
    found = (ROW.match(line) for line in page.read_text(encoding="utf-8").splitlines())
    return tuple(Vendored(**match.groupdict()) for match in found if match)


def without_source_map(content: bytes) -> bytes:
    r"""Return a script without the line that points at its source map, which is not here.

    Example:
        >>> without_source_map(b"let a=1;\n//# sourceMappingURL=a.js.map\n")
        b'let a=1;\n'
    """
    return SOURCE_MAP.sub(b"", content)


def fetch(package: Package, *, into: Path) -> dict[str, bytes]:
    """Return the content of each file taken from a package, by the name it gets here."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=into,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    contents = {}
    with tarfile.open(into / packed.stdout.strip().splitlines()[-1]) as archive:
        for inside, name in package.files:
            member = archive.extractfile(f"package/{inside}")
            if member is None:
                raise FileNotFoundError(f"{package.name} {package.version} has no file {inside}; correct its pin.")
            content = member.read()
            contents[name] = without_source_map(content) if name.endswith((".js", ".css")) else content
    return contents


def page(lines: list[Vendored]) -> str:
    """Return the text of VENDOR.md."""
    rows = "\n".join(
        f"| `{line.file}` | {line.package} {line.version} | {line.licence} | `{line.sha256}` |" for line in lines
    )
    return (
        "# Vendored files\n\nWritten by `tools/vendor.py`; a test compares the hashes. Do not edit the files.\n\n"
        f"| file | npm package | licence | sha256 |\n|---|---|---|---|\n{rows}\n"
    )


def main() -> int:
    before = {(line.file, line.package, line.version): line for line in recorded()}
    lines, contents = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            for file, content in fetch(package, into=Path(folder)).items():
                line = Vendored(
                    file, package.name, package.version, package.licence, hashlib.sha256(content).hexdigest()
                )
                known = before.get((file, package.name, package.version), line)
                if known.sha256 != line.sha256:
                    raise FileChanged(known, sha256=line.sha256)
                lines.append(line)
                contents[file] = content
    for file, content in contents.items():
        (VENDOR / file).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / file).write_bytes(content)
    (VENDOR / "VENDOR.md").write_text(page(lines), encoding="utf-8")
    print(f"{len(lines)} files, {sum(map(len, contents.values())) / 1e6:.1f} MB, in {VENDOR}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
