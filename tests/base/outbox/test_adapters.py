"""Adapters: files in the home, mail, a gateway that is really spoken to."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from lamplighter.base.outbox.adapters.email import EmailAdapter
from lamplighter.base.outbox.adapters.files import FileAdapter
from lamplighter.base.outbox.adapters.gateway import GatewayAdapter
from lamplighter.base.outbox.records import Channel, Outgoing, SendingFailed
from lamplighter.base.outbox.rules import sign


def outgoing(channel: Channel = Channel.SMS, **changed: Any) -> Outgoing:
    said = {"key": "notice:WQ-1#0", "address": "13812345678", "title": "通知", "body": "请查收"} | changed
    return Outgoing(channel=channel, language="zh", **said)


class TestFiles:
    def test_hold_a_message_for_another_system_readable_by_the_owner_alone(self, tmp_path: Path) -> None:
        handed = FileAdapter(tmp_path).send(outgoing())

        path = tmp_path / handed.reference
        assert json.loads(path.read_text())["to"] == "13812345678"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_hold_it_once_however_often_it_is_handed_over(self, tmp_path: Path) -> None:
        first, second = (FileAdapter(tmp_path).send(outgoing()) for _ in range(2))

        assert first == second
        assert len(list((tmp_path / "sms").iterdir())) == 1

    def test_lie_in_their_folder_whatever_the_key(self, tmp_path: Path) -> None:
        FileAdapter(tmp_path / "outbox").send(outgoing(key="../../etc/passwd"))

        assert [path.name for path in (tmp_path / "outbox" / "sms").iterdir()] == [".._.._etc_passwd.json"]
        assert [path.name for path in tmp_path.iterdir()] == ["outbox"]

    def test_carry_what_is_attached(self, tmp_path: Path) -> None:
        paper = tmp_path / "WQ-1.pdf"
        paper.write_bytes(b"%PDF-")
        FileAdapter(tmp_path / "outbox").send(outgoing(Channel.LETTER, attachment=paper))

        names = sorted(path.name for path in (tmp_path / "outbox" / "letter").iterdir())
        assert names == ["notice_WQ-1_0.json", "notice_WQ-1_0.pdf"]


class TestMail:
    def test_has_an_id_that_a_second_sending_shares(self, tmp_path: Path) -> None:
        adapter = EmailAdapter({"sender": "desk@example.cn"}, backend="django.core.mail.backends.locmem.EmailBackend")
        mail.outbox = []

        handed = [adapter.send(outgoing(Channel.EMAIL, address="li@example.cn")) for _ in range(2)]

        assert handed[0] == handed[1]
        assert {sent.extra_headers["Message-ID"] for sent in mail.outbox} == {handed[0].reference}
        assert mail.outbox[0].to == ["li@example.cn"]

    def test_with_a_line_break_in_an_address_is_refused_for_good(self) -> None:
        adapter = EmailAdapter({"sender": "desk@example.cn"}, backend="django.core.mail.backends.locmem.EmailBackend")

        with pytest.raises(SendingFailed) as failed:
            adapter.send(outgoing(Channel.EMAIL, address="li@example.cn\nBcc: x@example.cn"))
        assert failed.value.is_final

    def test_that_reaches_no_server_is_tried_again_and_says_no_address(self) -> None:
        given = {"host": "127.0.0.1", "port": 9, "sender": "desk@example.cn", "security": "none"}

        with pytest.raises(SendingFailed) as failed:
            EmailAdapter(given).send(outgoing(Channel.EMAIL, address="li@example.cn"))
        assert not failed.value.is_final
        assert "li@" not in failed.value.why


class Gateway(HTTPServer):
    """A gateway that answers as it is told and keeps what it was asked."""

    status, answer = 200, b'{"reference": "G-1"}'

    def __init__(self) -> None:
        self.asked: list[tuple[Any, bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.headers, body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def adapter(gateway: Gateway, tmp_path: Path) -> GatewayAdapter:
    (tmp_path / "secret").write_bytes(b"shared\n")
    given = {"url": f"http://127.0.0.1:{gateway.server_port}/sms", "secret_file": str(tmp_path / "secret")}
    return GatewayAdapter(given, clock=lambda: 1_790_000_000.0)


class TestAGateway:
    def test_gets_a_signed_request_with_its_key(self, gateway: Gateway, adapter: GatewayAdapter) -> None:
        handed = adapter.send(outgoing())

        headers, body = gateway.asked[0]
        assert handed.reference == "G-1"
        assert headers["Idempotency-Key"] == "notice:WQ-1#0"
        assert headers["X-Lamplighter-Signature"] == sign(secret=b"shared", stamp="1790000000", body=body)
        assert json.loads(body)["to"] == "13812345678"

    @pytest.mark.parametrize(
        ("status", "is_final"), [(400, True), (404, True), (408, False), (429, False), (503, False)]
    )
    def test_that_refuses_is_asked_again_only_where_it_may_help(
        self, gateway: Gateway, adapter: GatewayAdapter, status: int, is_final: bool
    ) -> None:
        gateway.status = status

        with pytest.raises(SendingFailed) as failed:
            adapter.send(outgoing())
        assert (failed.value.why, failed.value.is_final) == (f"HTTP {status}", is_final)

    def test_that_took_it_and_says_nothing_readable_is_not_asked_again(
        self, gateway: Gateway, adapter: GatewayAdapter
    ) -> None:
        gateway.answer = b"OK"

        assert adapter.send(outgoing()).reference == ""

    def test_is_never_spoken_to_in_clear_or_unsigned(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(b"s")
        abroad = GatewayAdapter({"url": "http://sms.example/send", "secret_file": str(tmp_path / "secret")})
        unsigned = GatewayAdapter({"url": "https://sms.example/send", "secret_file": str(tmp_path / "none")})

        for each in (abroad, unsigned):
            with pytest.raises(SendingFailed):
                each.send(outgoing())
