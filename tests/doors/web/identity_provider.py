"""The company's identity provider of the tests: allauth's own OpenID Connect server, reached without a network."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.test import Client
from django.urls import include, path
from requests.adapters import BaseAdapter

from lamplighter.doors.web.urls import urlpatterns as desk

CLAIMS: dict[str, dict[str, Any]] = {}
"""What the provider says of an account beside its number, by the account's name there."""

urlpatterns = [*desk, path("", include("allauth.idp.urls"))]


class Claims(DefaultOIDCAdapter):  # type: ignore[misc]  # allauth ships no types
    """Says what :data:`CLAIMS` holds."""

    def get_claims(self, purpose: str, user: Any, client: Any, scopes: Any, **more: Any) -> dict[str, Any]:
        claims: dict[str, Any] = super().get_claims(purpose, user, client, scopes, **more)
        return claims | CLAIMS.get(user.username, {})


class InProcess(BaseAdapter):
    """Carries the desk's requests to the provider in this process."""

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(request.url or "")
        headers: Mapping[str, str] = {name: str(value) for name, value in request.headers.items()}
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        said = Client(headers=headers).generic(
            request.method or "GET",
            f"{parts.path}?{parts.query}",
            data=body,
            content_type=headers.get("Content-Type", "application/octet-stream"),
        )
        answer = requests.Response()
        answer.status_code, answer.raw, answer.url = said.status_code, BytesIO(said.content), str(request.url)
        answer.headers.update(dict(said.headers))
        answer.request = request
        return answer

    def close(self) -> None:
        """Nothing is held open."""


def session() -> requests.Session:
    """Return a session that reaches the provider alone."""
    found = requests.Session()
    found.mount("http://", InProcess())
    return found
