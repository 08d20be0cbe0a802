"""The API at its addresses: operations below ``/api/v1/``, its description and the page that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema

from lamplighter.doors.api import (
    appraisals,
    assistant,
    bills,
    cases,
    contacts,
    conversations,
    customer_chat,
    customers,
    definitions,
    figures,
    jobs,
    key_figures,
    knowledge,
    maps,
    models,
    outbox,
    outcomes,
    papers,
    processes,
    proposals,
    radar,
    ratings,
    suspicions,
    tickets,
    trail,
    visits,
    voice,
)
from lamplighter.doors.api.problems import answer_problems
from lamplighter.doors.web.problems import MEDIA_TYPE

DESCRIPTION = """What the pages of the desk do, for programs: the same queries, the same operations, the same rights.

Show a token as `Authorization: Bearer lmp_…`. A system administrator makes it under *Access of other systems*, a
security administrator releases it; its role and unit decide what it opens. Energy and money carry their unit in their
name, money in calculations is text, an instant is UTC. What goes wrong is `application/problem+json`, its words in the
language of `Accept-Language` (`zh`, `en`) and in both."""


class LamplighterAPI(NinjaAPI):
    """The API; its description names problems by their own media type."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """Return the description."""
        schema = super().get_openapi_schema(**kwargs)
        for path in schema["paths"].values():
            for operation in path.values():
                for status, answer in operation["responses"].items():
                    content = answer.get("content", {})
                    if int(status) >= 400 and "application/json" in content:
                        content[MEDIA_TYPE] = content.pop("application/json")
        return schema


api = LamplighterAPI(
    title="Lamplighter 掌灯",
    version=version("lamplighter"),
    description=DESCRIPTION,
    urls_namespace="api",
    # The description names nobody, yet what a company runs is nobody's business: it takes a log-in, as every page does.
    docs=Swagger({"docExpansion": "none", "persistAuthorization": False, "validatorUrl": None}),
)
MODULES = (
    figures,
    maps,
    proposals,
    suspicions,
    customers,
    bills,
    cases,
    papers,
    visits,
    tickets,
    conversations,
    customer_chat,
    voice,
    assistant,
    contacts,
    ratings,
    key_figures,
    appraisals,
    knowledge,
    radar,
    processes,
    definitions,
    outbox,
    outcomes,
    models,
    jobs,
    trail,
)
for module in MODULES:
    api.add_router("", module.router)
answer_problems(api)


def _let_gates_decide(patterns: list[URLResolver | URLPattern]) -> Iterator[URLResolver | URLPattern]:
    """Return operations without the pages' redirect to the log-in: their gates say 401 instead."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.name not in ("openapi-json", "openapi-view", "api-root"):
            login_not_required(pattern.callback)
        yield pattern


app_name = "api"
urlpatterns = list(_let_gates_decide(api.urls[0]))
