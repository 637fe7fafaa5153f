"""Every setting of an installation, in three modes.

PANOH_MODE = demo (fictional data, http://localhost) | test | serve (a real installation).
The rest comes from the environment or, where that says nothing, from the folder PANOH_VAR.
Each variable is named once, here.
"""

import os
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from config.cluster import Cluster
from config.keys import secret

BASE_DIR = Path(__file__).resolve().parent.parent
PANOH_MODE = os.environ.get("PANOH_MODE") or ("test" if "PYTEST_VERSION" in os.environ else "demo")
if PANOH_MODE not in {"demo", "test", "serve"}:
    raise SystemExit(f"PANOH_MODE is demo, test or serve, not {PANOH_MODE!r}")
SERVING = PANOH_MODE == "serve"

PANOH_VAR = Path(os.environ.get("PANOH_VAR") or BASE_DIR / "var" / PANOH_MODE).absolute()
PANOH_KEYS = Path(os.environ.get("PANOH_KEYS") or PANOH_VAR / "keys").absolute()
PANOH_PACK = Path(os.environ.get("PANOH_PACK") or BASE_DIR / "packs" / "tj").absolute()
# The address people type; https in every real installation.
PANOH_ORIGIN = os.environ.get("PANOH_ORIGIN") or "http://localhost:8000"
HTTPS = PANOH_ORIGIN.startswith("https://")
# The neutral name on every page, chosen at set-up; empty = "Service desk" in the reader's language.
PANOH_NAME = os.environ.get("PANOH_NAME") or ""
# Where "leave this page" leads: an everyday site that explains nothing.
PANOH_LEAVE_URL = os.environ.get("PANOH_LEAVE_URL") or "https://www.wikipedia.org/"

# -- secrets: made at first run, 0400 ------------------------------------------------------------

SECRET_KEY = secret(PANOH_KEYS, "django")
PANOH_CONTEXT_KEY = bytes.fromhex(secret(PANOH_KEYS, "context"))
PANOH_OUTER_KEY = bytes.fromhex(secret(PANOH_KEYS, "outer"))
PANOH_SEAL_KEY = bytes.fromhex(secret(PANOH_KEYS, "seal"))
PANOH_NATIONAL_KEY = bytes.fromhex(secret(PANOH_KEYS, "national"))

# -- rooms, from the ground up -------------------------------------------------------------------

ROOMS = [
    "panoh.kernel",
    "panoh.audit",
    "panoh.vault",
    "panoh.policy",
    "panoh.ui",
    "panoh.access",
    "panoh.duties",
    "panoh.files",
    "panoh.people",
    "panoh.directory",
    "panoh.bodies",
    "panoh.consent",
    "panoh.cases",
    "panoh.referrals",
    "panoh.decisions",
    "panoh.shelters",
    "panoh.fund",
    "panoh.intake",
    "panoh.care",
    "panoh.justice",
    "panoh.statistics",
    "panoh.desk",
    "panoh.exchange",
]

INSTALLED_APPS = [
    *reversed(ROOMS),  # faces first: their templates and translations win over libraries'
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "procrastinate.contrib.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "panoh.access.middleware.NeverKept",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "panoh.access.middleware.Wall",  # innermost: one transaction round view and rendering
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", ["config.templates.Loader"])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "panoh.ui.queries.site",
            ],
            "builtins": ["panoh.ui.templatetags.addresses"],
            "libraries": {"i18n": "panoh.ui.templatetags.words"},
        },
    }
]
FORM_RENDERER = "panoh.ui.forms.Renderer"
INSTALLED_APPS.append("django.forms")
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- database ------------------------------------------------------------------------------------


def database(url: str, engine: str) -> dict[str, Any]:
    """Turn postgresql://user:password@host:port/name?option=… into Django's form."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": engine,
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


# The worker of background jobs runs as role `jobs`, everything else as `app`. At a PostgreSQL of
# your own its password is the one that `./run manage roles` printed.
PANOH_ROLE = os.environ.get("PANOH_ROLE") or "app"
_CLUSTER = Cluster(PANOH_VAR, keys=PANOH_KEYS)
_URL = os.environ.get("PANOH_DATABASE_URL") or _CLUSTER.url(PANOH_ROLE)
_OWNER_URL = os.environ.get("PANOH_OWNER_DATABASE_URL")

DATABASES = {
    # Cases: every transaction carries the signed context, row security decides.
    "default": database(_URL, "config.database"),
    # Sessions and cache: no case data, autocommit.
    "plain": database(_URL, "django.db.backends.postgresql"),
}
if PANOH_ROLE != "app" and "PANOH_DATABASE_URL" in os.environ:
    for _settings in DATABASES.values():
        _settings |= {"USER": PANOH_ROLE, "PASSWORD": _CLUSTER.password(PANOH_ROLE)}
if _OWNER_URL:
    # Migrations and set-up only; no server process knows this address.
    DATABASES["owner"] = database(_OWNER_URL, "django.db.backends.postgresql")
DATABASE_ROUTERS = ["config.routers.Router"]

CACHES = {
    "default": {
        # Limits must count over all processes, so not in memory.
        "BACKEND": "config.cache.Cache",
        "LOCATION": "plain_cache",
    }
}

# -- sign-in -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["config.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "panoh.access.adapters.NotCommon"},
    {"NAME": "panoh.access.adapters.NotOurWords"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_ADAPTER = "panoh.access.adapters.AccountAdapter"
MFA_ADAPTER = "panoh.access.adapters.MFAAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
MFA_FORMS = {
    "authenticate": "panoh.access.adapters.SecondStepForm",
    "reauthenticate": "panoh.access.adapters.StepUpForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = PANOH_NAME or "Service desk"  # neutral: it shows on the phone
# WebAuthn needs https except on localhost, where the demo runs.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SERVING

# Limits on guessing count per address; behind the one proxy the address is the one it adds.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HTTPS else 0

SESSION_ENGINE = "django.contrib.sessions.backends.db"
# The middleware ends a session that was idle or open too long and keeps what was being typed: the
# session must still say whose it was then.
SESSION_COOKIE_AGE = 24 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# A cookie so named is taken from this very host over https only (RFC 6265bis).
PANOH_COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{PANOH_COOKIE_PREFIX}session"
CSRF_COOKIE_NAME = f"{PANOH_COOKIE_PREFIX}csrf"
LANGUAGE_COOKIE_NAME = f"{PANOH_COOKIE_PREFIX}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SERVING
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # it ends with the browser, as the session does

# -- the browser's walls -------------------------------------------------------------------------

DEBUG = False
ALLOWED_HOSTS = [urlsplit(PANOH_ORIGIN).hostname or "localhost"]
if PANOH_MODE == "test":
    ALLOWED_HOSTS += ["testserver", "localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [PANOH_ORIGIN]
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Not "no-referrer": browsers would then send "Origin: null" and every form would be refused.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# A file that arrives never touches the disk in clear; a larger request brings no file at all.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 24 * 1024 * 1024

# -- languages and time --------------------------------------------------------------------------

_NAMES = {"tg": "Тоҷикӣ", "ru": "Русский", "en": "English"}


def pack_languages(pack: Path) -> list[str]:
    """Return the pack's languages of pages, its own first."""
    try:
        with (pack / "pack.toml").open("rb") as file:
            found = tomllib.load(file).get("pack", {}).get("languages")
    except FileNotFoundError:
        found = None
    return [code for code in found or _NAMES if code in _NAMES]


LANGUAGES = [(code, _NAMES[code]) for code in pack_languages(PANOH_PACK)]
LANGUAGE_CODE = LANGUAGES[0][0]
# The libraries' own sentences that they do not have in a pack's language, or that we word better.
FORMAT_MODULE_PATH = "config.formats"
LOCALE_PATHS = [p for p in (PANOH_PACK / "locale", BASE_DIR / "config" / "locale") if p.is_dir()]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"  # stored; pages show the pack's zone

# -- static files --------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = PANOH_VAR / "static"
WHITENOISE_USE_FINDERS = PANOH_MODE == "test"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PANOH_MODE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# -- background jobs and mail --------------------------------------------------------------------

PROCRASTINATE_DATABASE_ALIAS = "default"  # a job is written in the transaction of its cause
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if os.environ.get("PANOH_MAIL_HOST")
    else "django.core.mail.backends.dummy.EmailBackend"
)
EMAIL_HOST = os.environ.get("PANOH_MAIL_HOST") or "localhost"
DEFAULT_FROM_EMAIL = os.environ.get("PANOH_MAIL_FROM") or "panoh@localhost"

# -- logs: what happened and where, never about whom ---------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "config.logs.Formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Django's own handlers would mail tracebacks and print request details.
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        # Says for every 403/404 which path was asked: the reverse proxy counts those.
        "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
        "procrastinate": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
SILENCED_SYSTEM_CHECKS = ["templates.W003"]  # the tags of languages stand in for Django's own
