"""The application granian serves: pages and operations by Django, a call that is streamed beside them."""

import os
import warnings
from collections.abc import Mapping
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "lamplighter.doors.web.settings"
# WhiteNoise reads a file the way WSGI does; Django gathers it in a thread, which is well for styles and scripts.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
_pages = get_asgi_application()


async def application(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Serve a request, or a call."""
    if scope["type"] != "websocket":
        await _pages(scope, receive, send)
        return
    # Django must be set up before what reads its tables is imported.
    from lamplighter.doors.api.voice_stream import PATH, stream_call

    if scope["path"] != PATH:
        await receive()
        await send({"type": "websocket.close", "code": 1000})
        return
    # A thread a call: one that is hearing does not hold up the others.
    async with ThreadSensitiveContext():
        await stream_call(scope, receive, send)
