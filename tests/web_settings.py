"""Django's settings for tests: the desk's own, in a home no test uses, and what would only slow tests down."""

import os
import tempfile
from pathlib import Path

import dj_database_url
from tools.postgres import address_of, new_folder

os.environ["LAMPLIGHTER_HOME"] = str(Path(tempfile.gettempdir()) / "lamplighter-home-that-no-test-may-use")

from lamplighter.doors.web.settings import *  # noqa: F403  # a settings module is what it says

SECRET_KEY = "for tests only; never a desk's own"
ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
# Argon2 is meant to take long; one test holds the desk itself to it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The company's identity provider of the tests stands in the same process.
INSTALLED_APPS = [*INSTALLED_APPS, "allauth.idp.oidc"]  # noqa: F405
# No static files are gathered for a test; the browser's test starts the desk itself.
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405

# The session's own fixture starts the server in this folder (`tests/conftest.py`).
POSTGRES_FOLDER = new_folder() if os.environ.get("LAMPLIGHTER_TEST_DATABASE") == "postgres" else None
if POSTGRES_FOLDER:
    DATABASES = {"default": dict(dj_database_url.parse(address_of(POSTGRES_FOLDER), conn_max_age=60))}
