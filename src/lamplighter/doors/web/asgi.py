"""The application granian serves: pages and operations by Django, a call that is streamed beside them."""

import os
import warnings
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

os.environ["DJANGO_SETTINGS_MODULE"] = "lamplighter.doors.web.settings"
# WhiteNoise reads a file the way WSGI does; Django gathers it in a thread, which is well for styles and scripts.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
_pages = get_asgi_application()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve a request, or a call."""
    if scope["type"] != "websocket":
        await _pages(scope, receive, send)
        return
    # By its name, as the addresses of the API are included: pages do not know the API, and Django is set up by now.
    stream_call = import_string("lamplighter.doors.api.voice_stream.stream_call")
    # A thread a call: one that is hearing does not hold up the others.
    async with ThreadSensitiveContext():
        await stream_call(scope, receive, send)
