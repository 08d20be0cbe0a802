"""A customer's chat, in a real browser: from the question over the ticket and the repair to how satisfied he was."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.doors.web.chat_desk import ACCOUNT, ChatDesk, serve_chat_desk

pytestmark = pytest.mark.requires("browser")

SOON = 120_000
"""Milliseconds, for a machine that does much else; nothing waits so long for an answer that comes."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatDesk]:
    home = tmp_path_factory.mktemp("chat") / "home"
    home.mkdir()
    with serve_chat_desk(home) as served:
        yield served


@pytest.fixture
def faults() -> list[str]:
    """What the browsers complained of: a script that failed, something the page's policy stopped."""
    return []


@pytest.fixture
def open_as(desk: ChatDesk, browser_page_factory: Callable[..., Any], faults: list[str]) -> Callable[..., Any]:
    """Open a browser of somebody: ``open_as("sun")``, of a customer without a name."""

    def open_it(name: str = "", *, language: str = "zh", width: int = 1280) -> Any:
        page = browser_page_factory(width=width, height=900)
        page.set_default_timeout(SOON)
        cookies = {"lamplighter_language": language} | ({"lamplighter_session": desk.sessions[name]} if name else {})
        page.context.add_cookies(
            [{"name": each, "value": value, "url": desk.address} for each, value in cookies.items()]
        )
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    return open_it


class Customer:
    """Somebody at the chat's page, with a telephone."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        page.goto(f"{address}/chat/")

    def ask(self, words: str) -> str:
        self.page.fill("#words", words)
        self.page.press("#words", "Enter")
        self.page.wait_for_selector(f".turn.customer >> text={words}")
        self.page.wait_for_selector(".turn.waiting", state="detached")
        return str(self.page.locator(".turn").last.inner_text())

    def prove(self) -> None:
        self.page.fill("[name=account]", ACCOUNT)
        self.page.fill("[name=name]", "王建国")
        self.page.fill("[name=telephone]", "5678")
        self.page.click("button[value=check]")
        self.page.wait_for_selector(".proven")


def complete(page: Any, task: str, **filled: str) -> None:
    """Fill a task of a ticket in and complete it."""
    form = page.locator(f"#task-{task} form")
    for name, value in filled.items():
        field = form.locator(f"[name={name}]")
        kind = field.first.evaluate("each => each.type")
        if kind == "radio":
            form.locator(f"[name={name}][value={value}]").check()
        elif kind.startswith("select"):
            field.select_option(value)
        else:
            field.fill(value)
    form.locator("button").last.click()
    page.wait_for_selector(".alert-info")


class TestACustomerOfTheWebChat:
    def test_comes_from_the_question_to_the_repair_and_says_how_it_was(
        self, desk: ChatDesk, open_as: Callable[..., Any], faults: list[str]
    ) -> None:
        customer = Customer(open_as(width=390), desk.address)

        # A stranger is asked who he is; then the same question has figures: 229.63 − 161.40 = 68.23.
        assert "核实身份" in customer.ask("我家电费怎么突然这么高")
        customer.prove()
        said = customer.ask("我家电费怎么突然这么高")
        assert all(figure in said for figure in ("229.63", "161.40", "68.23"))
        ticket = re.search(r"GD-\d{8}-\d{6}", customer.ask("我家停电了"))
        assert ticket
        customer.page.wait_for_selector("text=已转人工")
        assert customer.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

        # The agent finds him, takes over, and says what the panel offers; both see the other's words come.
        agent = open_as("sun", language="en")
        agent.goto(f"{desk.address}/chats/")
        agent.click("tbody a.strong")
        talk = agent.url
        agent.wait_for_selector(f"#panel dl a >> text={ticket[0]}")
        agent.click("form[action$='/take/'] button")
        customer.page.fill("#words", "等了一个小时了，急死了")
        customer.page.press("#words", "Enter")
        agent.wait_for_selector("#turns >> text=急死了")
        for item in ("Greeting", "Who speaks", "Soothing"):
            agent.click(f".must:has(b:text-is('{item}')) [data-use]")
        agent.click("#say button")
        customer.page.wait_for_selector(".turn.agent >> text=很抱歉给您带来不便")
        agent.wait_for_selector("#turns >> text=很抱歉给您带来不便")
        assert agent.locator(".must b").all_inner_texts() == ["Farewell"]

        # The repair, by the people of the ticket.
        engineer = open_as("zhou", language="en")
        agent.click(f"#panel dl a >> text={ticket[0]}")
        complete(agent, "dispatch", team="抢修一班")
        engineer.goto(agent.url)
        complete(engineer, "call_customer", called="REACHED")
        complete(engineer, "arrive_city")
        complete(engineer, "restore", fault_kind="LOW_VOLTAGE", is_restored="true", repair_note="换了一段接户线")
        agent.reload()
        complete(agent, "revisit", satisfaction="SATISFIED", is_solved="true")
        agent.wait_for_selector("h1 >> text=Closed")

        # It ends with his own word on it, and nothing of his matter is left at the browser.
        agent.goto(talk)
        agent.click("form[action$='/end/'] button")
        customer.page.wait_for_selector("text=您对本次服务满意吗")
        assert not customer.page.is_visible("text=229.63")
        customer.page.check("[value=VERY_SATISFIED]")
        customer.page.click("text=提交评价")
        customer.page.wait_for_selector("text=感谢您的评价")
        agent.reload()
        agent.wait_for_selector("dd >> text=very satisfied")
        assert faults == []
