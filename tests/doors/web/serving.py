"""Service of a notice as people prove it in the browser."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lamplighter.base.outbox.models import Message

RECEIPT = b"\xff\xd8\xff\xe0 a receipt with a signature"


def receipt(content: bytes = RECEIPT) -> SimpleUploadedFile:
    return SimpleUploadedFile("receipt.jpg", content, content_type="image/jpeg")


def prove(client: Client, *, served_on: str = "2025-03-06", **said: Any) -> Any:
    """Keep proof of the newest notice: a receipt signed by the customer, unless it is said otherwise."""
    message = Message.objects.filter(template="notice_served").latest("pk")
    form = {"kind": "signature", "served_on": served_on, "receiver": "王某", "file": receipt()} | said
    return client.post(f"/outbox/{message.pk}/proof/", {name: value for name, value in form.items() if value})
