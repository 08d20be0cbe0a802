"""What the environment decides, read once at the start; and the home, the one folder that holds all a company owns."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from platformdirs import user_data_path

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, language, text

PREFIX: Final = "LAMPLIGHTER_"

# Every variable and the message that says what it means. Those of the tests are known, so a test may start the CLI.
VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "LAMPLIGHTER_HOME": "house.variable.home",
        "LAMPLIGHTER_LANG": "house.variable.lang",
        "LAMPLIGHTER_ENGINE": "house.variable.engine",
        "LAMPLIGHTER_PORT": "house.variable.port",
        "LAMPLIGHTER_ADDRESS": "house.variable.address",
        "LAMPLIGHTER_DATABASE": "house.variable.database",
        "LAMPLIGHTER_AUDIT_FOLDER": "house.variable.audit_folder",
        "LAMPLIGHTER_REAL_DATA": "house.variable.real_data",
        "LAMPLIGHTER_TEST_DATABASE": "house.variable.test_database",
        "LAMPLIGHTER_TEST_REQUIRE": "house.variable.test_require",
    }
)


class SettingUnknown(LamplighterError):
    """The environment holds LAMPLIGHTER_ variables that mean nothing: most likely mistyped, so nothing is started."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        # Compared without the prefix they share, which alone would make any two alike.
        suffixes = {name.removeprefix(PREFIX): name for name in VARIABLES}
        self.closest = tuple(
            suffixes[close] for close in get_close_matches(names[0].removeprefix(PREFIX), suffixes, n=1, cutoff=0.6)
        )
        known = ", ".join(VARIABLES)
        if self.closest:
            sentence = text("house.setting_unknown_close", names=", ".join(names), closest=self.closest[0], known=known)
        else:
            sentence = text("house.setting_unknown", names=", ".join(names), known=known)
        super().__init__(sentence)


class PortUnusable(LamplighterError):
    """LAMPLIGHTER_PORT is no port."""

    def __init__(self, given: str) -> None:
        self.given = given
        super().__init__(text("house.port_unusable", given=given))


class AddressUnusable(LamplighterError):
    """LAMPLIGHTER_ADDRESS is not the address of a site, such as https://desk.example.cn."""

    def __init__(self, given: str) -> None:
        self.given = given
        super().__init__(text("house.address_unusable", given=given))


class HomeUnusable(LamplighterError):
    """LAMPLIGHTER_HOME names something that is there and is not a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(text("house.home_unusable", path=path))


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds everything of one company: several live side by side, and a backup is one folder.

    Example:
        >>> Home(Path("/srv/east")).lake.as_posix()
        '/srv/east/lake'
    """

    path: Path

    @property
    def lake(self) -> Path:
        """What meters and other systems said, and what was computed from it."""
        return self.path / "lake"

    @property
    def models(self) -> Path:
        """Trained models, one folder per version."""
        return self.path / "models"

    @property
    def reports(self) -> Path:
        """Briefs and lists that were written for people."""
        return self.path / "reports"

    @property
    def settings(self) -> Path:
        """The company's own thresholds, mappings and rules."""
        return self.path / "settings"

    @property
    def desk(self) -> Path:
        """What people do: the desk's database where it is a file, its key, its files."""
        return self.path / "desk"

    @property
    def audit(self) -> Path:
        """The key that signs the audit trail, and its signed heads."""
        return self.desk / "audit"

    @property
    def exports(self) -> Path:
        """Lists that somebody asked for as a file, until they expire."""
        return self.desk / "exports"

    @property
    def outbox(self) -> Path:
        """Messages for a system of the company to take, where a channel has no adapter of its own."""
        return self.path / "outbox"

    @property
    def outlines(self) -> Path:
        """Outlines of the units for maps, GeoJSON; absent where the company gave none."""
        return self.settings / "units.geojson"

    @property
    def tariffs(self) -> Path:
        """The company's own price list; it may have none."""
        return self.settings / "tariffs.toml"

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.lake, self.models, self.reports, self.settings)

    def is_empty(self) -> bool:
        """Tell whether nothing was ever kept here.

        Example:
            >>> Home(Path("/nowhere/at/all")).is_empty()
            True
        """
        return not self.path.exists() or not any(self.path.iterdir())


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What the environment decides of the desk.

    Args:
        port: port of this machine it is served at (``LAMPLIGHTER_PORT``).
        address: address people open, scheme and host (``LAMPLIGHTER_ADDRESS``; absent: this machine alone, without
            TLS). With ``https`` cookies travel over TLS only.
        database: address of the database, such as ``postgres://desk@/desk`` (``LAMPLIGHTER_DATABASE``; absent: an
            SQLite file in the home).
        audit_folder: second folder for the signed heads of the audit trail, out of reach of whoever rules the database
            (``LAMPLIGHTER_AUDIT_FOLDER``; absent: the home alone).
    """

    port: int = 8000
    address: str = ""
    database: str = ""
    audit_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides for one run.

    Args:
        home: the folder of the company (``LAMPLIGHTER_HOME``; absent: the platform's data folder of this user).
        language: the language of all that people read (``LAMPLIGHTER_LANG``; absent: that of the locale).
        engine: what runs the night, see `lamplighter.base.engine.open_engine` (``LAMPLIGHTER_ENGINE``; absent: this
            machine).
        desk: where the desk is served and where it keeps its rows.
    """

    home: Home
    language: Language
    engine: str = "local"
    desk: DeskSettings = DeskSettings()


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this run.

    Args:
        environ: the environment; the process's own when absent.

    Raises:
        SettingUnknown: a ``LAMPLIGHTER_`` variable is not one of :data:`VARIABLES`.
        LanguageUnknown: ``LAMPLIGHTER_LANG`` is no language of ours.
        HomeUnusable: the home is there and is not a folder.
        PortUnusable: ``LAMPLIGHTER_PORT`` is no port.
        AddressUnusable: ``LAMPLIGHTER_ADDRESS`` has no scheme and host.

    Example:
        >>> settings = read_settings({"LAMPLIGHTER_HOME": "/srv/east", "LANG": "zh_CN.UTF-8"})
        >>> settings.home.path.as_posix(), settings.language, settings.engine, settings.desk.port
        ('/srv/east', 'zh', 'local', 8000)
    """
    environ = os.environ if environ is None else environ
    unknown = tuple(sorted(name for name in environ if name.startswith(PREFIX) and name not in VARIABLES))
    if unknown:
        raise SettingUnknown(unknown)
    given = environ.get("LAMPLIGHTER_HOME", "")
    home = Home(Path(given).expanduser().absolute() if given else user_data_path("lamplighter", appauthor=False))
    if home.path.exists() and not home.path.is_dir():
        raise HomeUnusable(home.path)
    outside = environ.get("LAMPLIGHTER_AUDIT_FOLDER", "")
    return Settings(
        home=home,
        language=language(environ),
        engine=environ.get("LAMPLIGHTER_ENGINE") or "local",
        desk=DeskSettings(
            port=_port(environ.get("LAMPLIGHTER_PORT") or "8000"),
            address=_address(environ.get("LAMPLIGHTER_ADDRESS", "")),
            database=environ.get("LAMPLIGHTER_DATABASE", ""),
            audit_folder=Path(outside).expanduser().absolute() if outside else None,
        ),
    )


def _port(given: str) -> int:
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise PortUnusable(given)
    return int(given)


def _address(given: str) -> str:
    parts = urlsplit(given)
    if given and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")):
        raise AddressUnusable(given)
    return given.rstrip("/")
