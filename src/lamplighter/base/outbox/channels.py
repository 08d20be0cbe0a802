"""Which adapter takes the messages of which channel, as the company set it."""

from __future__ import annotations

from lamplighter.base.outbox.adapters.email import EmailAdapter
from lamplighter.base.outbox.adapters.files import FileAdapter
from lamplighter.base.outbox.adapters.gateway import GatewayAdapter
from lamplighter.base.outbox.records import Adapter, Channel
from lamplighter.base.outbox.settings import OutboxSettings
from lamplighter.base.settings import Home


def adapter_of(channel: Channel, settings: OutboxSettings, home: Home) -> Adapter:
    """Return the adapter of a channel that a machine sends.

    Raises:
        KeyError: a message is handed over by a person alone.
    """
    given = settings.channels[channel]
    match given["adapter"]:
        case "smtp":
            return EmailAdapter(given)
        case "http":
            return GatewayAdapter(given)
        case _:
            return FileAdapter(home.outbox)
