"""Django's settings, all drawn from the house's own (`lamplighter.base.settings`) and this package.

Reading them changes nothing: key, database and static files are made by `lamplighter.doors.web.starting`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from lamplighter.base.documents.assets import VENDOR
from lamplighter.base.security.single_sign_on import PROVIDER, read_single_sign_on
from lamplighter.base.settings import read_settings

_house = read_settings()
_folder = _house.home.desk
_site = urlsplit(_house.desk.address or f"http://127.0.0.1:{_house.desk.port}")
_is_tls = _site.scheme == "https"
_sso = read_single_sign_on(_house.home)

DEBUG = False
# Empty as long as the desk was never prepared: Django then refuses to sign anything.
SECRET_KEY = (_folder / "secret.key").read_text(encoding="utf-8") if (_folder / "secret.key").exists() else ""
ALLOWED_HOSTS = [_site.hostname or "127.0.0.1"] if _house.desk.address else ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [_house.desk.address] if _house.desk.address else []

INSTALLED_APPS = [
    # Ours first: its templates stand in the place of allauth's.
    "lamplighter.doors.web",
    "lamplighter.base.security",
    "lamplighter.base.security.audit",
    "lamplighter.base.security.tokens",
    "lamplighter.base.desk",
    "lamplighter.base.jobs",
    "lamplighter.base.saved_views",
    "lamplighter.base.outbox",
    "lamplighter.business.network",
    "lamplighter.business.customers",
    "lamplighter.business.metering",
    "lamplighter.business.line_loss",
    "lamplighter.business.detection",
    "lamplighter.business.workflow.versions",
    "lamplighter.business.inspection",
    "lamplighter.business.inspection.planning",
    "lamplighter.business.service_desk.tickets",
    "lamplighter.business.service_desk.contacts",
    "lamplighter.business.service_desk.chats",
    "lamplighter.business.service_desk.radar",
    "lamplighter.business.service_desk.knowledge",
    "lamplighter.business.inspection.field",
    "lamplighter.business.kpi",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    # For the scripts of the page that shows the API: without it that page would ask another server for them.
    "ninja",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lamplighter.doors.web.middleware.stand_for_reader",
    "lamplighter.doors.web.middleware.speak_to_reader",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lamplighter.doors.web.middleware.ask_second_factor",
    "lamplighter.doors.web.middleware.say_refusals",
]

ROOT_URLCONF = "lamplighter.doors.web.urls"
ASGI_APPLICATION = "lamplighter.doors.web.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lamplighter.doors.web.pages.frame",
            ],
            "builtins": ["lamplighter.doors.web.templatetags.words"],
        },
    }
]

_DATABASE: dict[str, Any] = dict(dj_database_url.parse(_house.desk.database or f"sqlite:///{_folder / 'desk.sqlite3'}"))
if _DATABASE["ENGINE"].endswith("sqlite3"):
    # A writer waits for the other instead of failing, and takes its lock at once: no two of them wait for each other.
    _DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # Each request runs in a thread of its own: connections that stayed with them would run out at a hundred requests.
    _DATABASE["OPTIONS"] = {**_DATABASE.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": 20, "timeout": 30}}
DATABASES = {"default": _DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Lock-out counts failures here, and must count those of every worker.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "desk_cache"}}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

AUTH_USER_MODEL = "security.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "lamplighter.doors.web.accounts.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# TLS is a proxy's work here, and that one names whom it speaks for; without TLS nobody may.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _is_tls else 0
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
# By address and by account: guessing one account from many places is locked out as well.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "20/5m/ip,5/5m/key", "reauthenticate": "10/m/user"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Lamplighter"
# Staff accounts are made by the company and need no e-mail address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _is_tls

# Log-in by the company's own provider, where it wrote one down; accounts come from claims and from nothing else.
SOCIALACCOUNT_ADAPTER = "lamplighter.doors.web.single_sign_on.ProviderAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _is_tls else "http"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": PROVIDER,
                "name": _sso.name,
                "client_id": _sso.client_id,
                "secret": _sso.secret,
                "settings": {"server_url": _sso.server},
            }
        ]
        if _sso
        else [],
    }
}

SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_tls
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "lamplighter_session", "lamplighter_csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _is_tls else None
SECURE_SSL_REDIRECT = _is_tls
# A monitor on this machine asks past the proxy; what it is told is about nobody.
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if _is_tls else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _is_tls
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # The button of the log-in page leads on to the company's provider.
        "form-action": [SELF, *([_sso.origin] if _sso else [])],
        "manifest-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = _folder / "static"
STATICFILES_DIRS = [(name, VENDOR / name) for name in ("echarts", "htmx", "idb", "tabler")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "lamplighter.doors.web.static_files.HashedFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
