"""Log-in by the company's identity provider (OpenID Connect), and what its claims mean here: explicit data, no guess.

A company writes ``settings/single-sign-on.toml`` in its home. Who has a role and a unit there has an account here, with
exactly these, at every log-in anew; whoever has not is turned away.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Role
from lamplighter.base.settings import Home

FILE: Final = "single-sign-on.toml"
PROVIDER: Final = "company"
"""Name of the one provider in addresses."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_WANTED: Final = ("name", "server", "client_id", "username_claim", "role_claim", "unit_claim", "role", "unit")


class SingleSignOnInvalid(LamplighterError):
    """The company's file of its identity provider cannot be used."""

    def __init__(self, file: Path, fault: str) -> None:
        self.file, self.fault = file, fault
        super().__init__(text("security.sso.invalid", file=file, fault=fault))


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """The company's identity provider.

    Attributes:
        name: what the button of the log-in page says.
        server: its issuer, https.
        client_id: under which it knows the desk.
        secret: the client's secret.
        username_claim: claim that names the account here.
        role_claim, unit_claim: claims with words or lists of words.
        roles: word of the role claim -> role here.
        units: word of the unit claim -> number of the unit here.
    """

    name: str
    server: str
    client_id: str
    secret: str
    username_claim: str
    role_claim: str
    unit_claim: str
    roles: Mapping[str, Role]
    units: Mapping[str, str]

    @property
    def origin(self) -> str:
        """Scheme and host of the provider."""
        parts = urlsplit(self.server)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What somebody's claims mean here."""

    username: str
    full_name: str
    roles: frozenset[Role]
    unit_id: str


def read_single_sign_on(home: Home) -> SingleSignOn | None:
    """Return the company's identity provider; None where it wrote none down.

    The secret stands in a file of its own, ``desk/single-sign-on.secret`` of the home unless ``secret_file`` names
    another, so that settings can be shown and kept without it.

    Raises:
        SingleSignOnInvalid: a field is missing or unknown, a role is none, the server is not reached by TLS.
    """
    file = home.settings / FILE
    if not file.exists():
        return None
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
        secret_file = Path(given.pop("secret_file", home.desk / "single-sign-on.secret"))
        if strange := sorted(set(given) ^ set(_WANTED)):
            raise ValueError(", ".join(strange))
        server = urlsplit(given["server"])
        if server.scheme != "https" and not (server.scheme == "http" and server.hostname in _LOOPBACK):
            raise ValueError("server: https://…")
        return SingleSignOn(
            **{name: str(given[name]) for name in _WANTED if name not in ("role", "unit")},
            secret=secret_file.read_text(encoding="utf-8").strip(),
            roles=MappingProxyType({str(row["claim"]): Role(row["role"]) for row in given["role"]}),
            units=MappingProxyType({str(row["claim"]): str(row["unit_id"]) for row in given["unit"]}),
        )
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise SingleSignOnInvalid(file, str(failure)) from failure


def map_claims(provider: SingleSignOn, claims: Mapping[str, Any]) -> Mapped | None:
    """Return what claims mean here; None where they name no account, no role that is mapped, or not exactly one unit.

    Example:
        >>> provider = SingleSignOn(
        ...     "ID", "https://id.example.cn", "desk", "", "preferred_username", "groups", "dept",
        ...     {"YJ": Role.INSPECTOR}, {"0101": "S1"},
        ... )
        >>> map_claims(provider, {"preferred_username": "wang", "groups": ["YJ", "all"], "dept": "0101"})
        Mapped(username='wang', full_name='', roles=frozenset({<Role.INSPECTOR: 'inspector'>}), unit_id='S1')
        >>> map_claims(provider, {"preferred_username": "wang", "groups": ["all"], "dept": "0101"}) is None
        True
    """
    username = claims.get(provider.username_claim)
    roles = {provider.roles[word] for word in _words(claims, provider.role_claim) if word in provider.roles}
    units = {provider.units[word] for word in _words(claims, provider.unit_claim) if word in provider.units}
    if not isinstance(username, str) or not username or not roles or len(units) != 1:
        return None
    return Mapped(username, str(claims.get("name") or ""), frozenset(roles), units.pop())


def _words(claims: Mapping[str, Any], name: str) -> list[str]:
    held = claims.get(name)
    return [str(word) for word in held] if isinstance(held, list) else [] if held is None else [str(held)]
