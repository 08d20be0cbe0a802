import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import pytest

from lamplighter.business.service_desk.answers.conversation import Conversation
from lamplighter.business.service_desk.identity import AttemptsInMemory, Identity
from lamplighter.business.service_desk.knowledge.graph import packaged_edges
from lamplighter.business.service_desk.records import Facts, Figure
from lamplighter.business.service_desk.tools import NoTools, ToolFailed
from lamplighter.business.service_desk.understanding.model import packaged_classifier
from lamplighter.business.service_desk.understanding.reading import Reader

NOW = dt.datetime(2026, 3, 9, 10, 0, tzinfo=dt.UTC)
ON_FILE = {"name": "张建国", "telephone": "13812345678", "address": "幸福路12号", "meter": "M00098765"}


class Directory:
    """One account is on file."""

    def facts_on_file(self, account_id: str) -> Mapping[str, str] | None:
        return ON_FILE if account_id == "1000000248" else None


class OneBill(NoTools):
    """A company whose bill tool answers with what it was given; nothing else is connected."""

    def __init__(self, yuan: str = "235.40") -> None:
        self.yuan, self.asked = Decimal(yuan), 0

    def compare_bills(self, account_id: str, month: str) -> Facts:
        self.asked += 1
        return Facts("compare_bills", (Figure(self.yuan, "元", "bill 2026-02", "amount"),))

    def bill_breakdown(self, account_id: str, month: str) -> Facts:
        self.asked += 1
        raise ToolFailed("bill_breakdown")


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader(packaged_classifier())


@pytest.fixture
def talk(reader):
    def begin(tools: object | None = None, **given: object) -> Conversation:
        identity = Identity(Directory(), AttemptsInMemory())
        return Conversation(
            reader, tools or OneBill(), identity, asker="session-1", **{"knowledge": packaged_edges(), **given}
        )

    return begin
