"""The application granian serves."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "lamplighter.doors.web.settings"
# WhiteNoise reads a file the way WSGI does; Django gathers it in a thread, which is well for styles and scripts.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = get_asgi_application()
