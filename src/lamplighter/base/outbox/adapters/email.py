"""E-mail by SMTP, through Django's own mail."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any, Final

from django.core.mail import EmailMessage, get_connection

from lamplighter.base.outbox.records import Handed, Outgoing, SendingFailed

SMTP: Final = "django.core.mail.backends.smtp.EmailBackend"
_TIMEOUT_SECONDS: Final = 30


class EmailAdapter:
    """Hands messages to a mail server.

    Args:
        given: host, port, user, password_file, sender and security (``tls``, ``starttls`` or ``none``) of the settings.
        backend: Django's backend.

    A key always gives the same ``Message-ID``: where a message was handed over twice, mail servers and programs that
    look at it show one.
    """

    def __init__(self, given: Mapping[str, Any], *, backend: str = SMTP) -> None:
        self._given, self._backend = given, backend

    def send(self, outgoing: Outgoing) -> Handed:
        """Send the message.

        Raises:
            SendingFailed: refused for good by the server, or not reached.
        """
        given = self._given
        sender = str(given["sender"])
        reference = f"<{hashlib.sha256(outgoing.key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"
        mail = EmailMessage(
            subject=outgoing.title,
            body=outgoing.body,
            from_email=sender,
            to=[outgoing.address],
            headers={"Message-ID": reference, "Auto-Submitted": "auto-generated"},
            connection=self._connection(),
        )
        if outgoing.attachment is not None:
            kind = mimetypes.guess_type(outgoing.attachment.name)[0] or "application/octet-stream"
            mail.attach(outgoing.attachment.name, outgoing.attachment.read_bytes(), kind)
        try:
            mail.send()
        except SMTPRecipientsRefused as refused:
            # The answer names the address: its code alone is kept.
            codes = sorted({code for code, _ in refused.recipients.values()})
            raise SendingFailed(f"SMTP {codes}", is_final=all(code >= 500 for code in codes)) from None
        except SMTPResponseException as answer:
            raise SendingFailed(f"SMTP {answer.smtp_code}", is_final=answer.smtp_code >= 550) from None
        except (SMTPException, OSError, ValueError) as failure:
            raise SendingFailed(type(failure).__name__, is_final=isinstance(failure, ValueError)) from None
        return Handed(reference=reference)

    def _connection(self) -> Any:
        if self._backend != SMTP:
            return get_connection(self._backend)
        given = self._given
        security = str(given.get("security", "starttls"))
        password = given.get("password_file")
        return get_connection(
            self._backend,
            host=str(given["host"]),
            port=int(given.get("port", 465 if security == "tls" else 587)),
            username=str(given.get("user", "")),
            password=Path(str(password)).read_text(encoding="utf-8").strip() if password else "",
            use_ssl=security == "tls",
            use_tls=security == "starttls",
            timeout=_TIMEOUT_SECONDS,
        )
