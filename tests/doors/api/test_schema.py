"""The API holds to its own description: requests made up for every operation, right and wrong, and what they get."""

import inspect
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import BaseModel
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks
from tests.business.service_desk.conftest import reader  # noqa: F401  # the packaged reader, learned once

from lamplighter.base.security.actor import Role
from lamplighter.doors.api import urls
from lamplighter.doors.api.urls import api
from lamplighter.journeys import customer_chat

EXAMPLES = 4
"""Of each operation, once as described and once not."""
OF_SERVICE = ("tickets", "conversations", "customer's chat", "assistant", "contacts", "ratings", "appraisals")
ROLE_OF = {
    "voice": Role.SERVICE_AGENT,
    "audit": Role.AUDIT_ADMIN,
    "plan and visits": Role.INSPECTION_LEADER,
    "outcomes": Role.INSPECTION_LEADER,
    "models": Role.INSPECTION_LEADER,
    "proposals": Role.DATA_STEWARD,
    "key figures": Role.SERVICE_SUPERVISOR,
    **dict.fromkeys(("radar", "processes", "process versions", "knowledge"), Role.SERVICE_SUPERVISOR),
    **dict.fromkeys(OF_SERVICE, Role.SERVICE_SUPERVISOR),
}
"""Whose token each group of operations is tried with; an inspector's where nothing is said."""
REFUSING = ("/tickets", "/contacts", "/key-figures", "/key-figures/{key}", "/complaints", "/radar")
"""Reads that refuse what fits their form: a class, an item or a mark that nobody knows, months in the wrong order, an
instant no desk has seen."""
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
SCHEMA.app = get_wsgi_application()
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


def test_no_two_things_are_described_under_one_name() -> None:
    described = api.get_openapi_schema()["components"]["schemas"]
    found: dict[str, set[type]] = {}
    for module in filter(inspect.ismodule, vars(urls).values()):
        for each in filter(inspect.isclass, vars(module).values()):
            if each.__name__ in described and issubclass(each, (BaseModel, Enum)):
                found.setdefault(each.__name__, set()).add(each)

    assert {name: kinds for name, kinds in found.items() if len(kinds) > 1} == {}
    assert len(found) > 100


@pytest.fixture
def served(company: None, home: Any, monkeypatch: pytest.MonkeyPatch, reader: Any) -> None:  # noqa: F811
    """The application in this process, on a desk with two stations and an empty lake."""
    monkeypatch.setattr(customer_chat, "open_reader", lambda models: reader)
    monkeypatch.setattr("lamplighter.doors.api.gate._count", lambda *given, **more: 0)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_operation_answers_as_it_is_described(operation: Any, served: None, token_of: Callable[..., str]) -> None:
    role = ROLE_OF.get(operation.definition.raw["tags"][0], Role.INSPECTOR)
    # What is refused for a rule between its fields, as a dismissal for another reason without a note, fits its form.
    is_sure = operation.method == "get" and operation.path.removeprefix("/api/v1") not in REFUSING
    excluded = [] if is_sure else [checks.positive_data_acceptance]
    headers = {"Authorization": f"Bearer {token_of(role)}", "Host": "testserver"}

    # Both on one desk: to make a desk and its token takes longer than what is asked of it.
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.explicit, Phase.generate],
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def holds(case: Any) -> None:
            case.call_and_validate(headers=headers, base_url="http://testserver", excluded_checks=excluded)

        holds()
