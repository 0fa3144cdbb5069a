"""One settings file: everything a deployment decides comes from the environment.

`PYCOMMERCE_MODE` is `development` (default), `demo` or `production`. Production refuses to start
without its secrets and names the one that is missing.
"""

import os
import warnings
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse

from pycommerce.core.env import (
    addresses,
    api_base,
    database,
    env,
    name_server,
    proxies,
    required_in_production,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("PYCOMMERCE_VAR", default=str(BASE_DIR / "var")))

MODE = env.str("PYCOMMERCE_MODE", default="development")
if MODE not in {"development", "demo", "production"}:
    raise ImproperlyConfigured("PYCOMMERCE_MODE is development, demo or production.")
PRODUCTION = MODE == "production"
TESTING = env.bool("PYCOMMERCE_TESTING", default=False)
DEBUG = env.bool("DEBUG", default=False) and not PRODUCTION

SECRET_KEY = required_in_production(
    "SECRET_KEY",
    production=PRODUCTION,
    default="development-only-" + "not-a-secret-" * 4,
    least_length=32,
)
JWT_SECRET = required_in_production(
    "JWT_SECRET",
    production=PRODUCTION,
    default="development-only-token-" + "not-a-secret-" * 4,
    least_length=32,
)

# --- Hosts -----------------------------------------------------------------------------------
# The tenant middleware stands first and answers 404 to every host it does not know.
ALLOWED_HOSTS = ["*"]
BASE_HOST = required_in_production("BASE_HOST", production=PRODUCTION, default="localhost").lower()
PLATFORM_HOSTS = frozenset(
    {BASE_HOST, f"www.{BASE_HOST}", f"api.{BASE_HOST}"}
    | set(env.list("PLATFORM_HOSTS", default=[]))
    | (set() if PRODUCTION else {"127.0.0.1", "[::1]", "testserver"})
)
# Addresses or networks whose X-Forwarded-* headers count; the deployment's own proxies.
TRUSTED_PROXIES = proxies("TRUSTED_PROXIES")
HTTPS_REQUIRED = env.bool("HTTPS_REQUIRED", default=PRODUCTION)
# In addresses that leave the site (mails, the payment page); where it is not the scheme's own.
PUBLIC_PORT = env.int("PUBLIC_PORT", default=0)
# Who is asked for the proofs of custom domains; None: whom the system asks.
DNS_RESOLVER = name_server("DNS_RESOLVER")
# Where a domain that cannot have a CNAME leads.
PUBLIC_ADDRESSES = addresses("PUBLIC_ADDRESSES")

# --- Applications ----------------------------------------------------------------------------
SHARED_APPS = [
    "tenants",  # before django_tenants: its `migrate` is ours
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django_tenants",
    "pycommerce.api",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "checkout.stripe_inbox",
    "checkout.simulator",
]
TENANT_APPS = [
    "tenants.shop",
    "catalog",
    "orders",
    "checkout",
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
AUTH_USER_MODEL = "tenants.User"
FORM_RENDERER = "pycommerce.core.form_renderer.FormRenderer"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "pycommerce.middleware.RequestMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.TenantMiddleware",
    "tenants.middleware.StaffSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tenants.middleware.StaffCsrfMiddleware",
    "tenants.middleware.StaffAuthenticationMiddleware",
    "tenants.middleware.StaffMessageMiddleware",
]
APPEND_SLASH = True
ROOT_URLCONF = "pycommerce.urls_tenant"
PUBLIC_SCHEMA_URLCONF = "pycommerce.urls_public"
INTERNAL_URLCONF = "tenants.internal"
WSGI_APPLICATION = "pycommerce.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "pycommerce.template_loader.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database --------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="")
if DATABASE_URL:
    EMBEDDED_POSTGRES = None
    DATABASES = {"default": database(DATABASE_URL)}
elif PRODUCTION:
    raise ImproperlyConfigured("Set DATABASE_URL: production does not start without it.")
else:
    from pycommerce.localdb import TEST_OPTIONS, Server

    EMBEDDED_POSTGRES = (
        Server(VAR_DIR / "pgtest18", TEST_OPTIONS) if TESTING else Server(VAR_DIR / "pg18")
    )
    DATABASES = {"default": {"NAME": "pycommerce", "OPTIONS": {}, **EMBEDDED_POSTGRES.params}}
DATABASES["default"] |= {
    "ENGINE": "pycommerce.db",
    # The first request of each shop costs the server several others: it reads and plans for its
    # tables.
    "CONN_MAX_AGE": max(0, env.int("CONNECTION_SECONDS", default=3600)),
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": env.bool("DATABASE_POOLER", default=False),
}
# That a connection keeps, of all the shops it meets.
PREPARED_STATEMENTS = max(1, env.int("PREPARED_STATEMENTS", default=3000))
# Web processes give up on a lock or a statement; commands and jobs may take their time.
if env.bool("DATABASE_WEB_TIMEOUTS", default=False):
    DATABASES["default"]["OPTIONS"]["options"] = "-c lock_timeout=2s -c statement_timeout=5s"

CACHES = {
    "default": env.cache_url("CACHE_URL", default="locmemcache://")
    | {"KEY_FUNCTION": "django_tenants.cache.make_key"}
}

# --- Who signs in ----------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["tenants.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_RESET_TIMEOUT = 3600
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Whether platform staff can do nothing before they have set up a second factor.
PLATFORM_SECOND_FACTOR_REQUIRED = env.bool("PLATFORM_SECOND_FACTOR_REQUIRED", default=False)
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
ACCESS_TOKEN_LIFETIME = timedelta(
    seconds=env.int("ACCESS_TOKEN_SECONDS", default=3600 if MODE == "demo" else 300)
)
REFRESH_TOKEN_LIFETIME = timedelta(days=14)
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SECRET,
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "sub",
    "ISSUER": "pycommerce",
}

# Whether anybody may open a shop. In production an operator says so: it needs mails that are sent,
# and hosts below the base host.
SIGN_UP = env.bool("SIGN_UP", default=not PRODUCTION)
SHOPS_PER_HOUR = env.int("SHOPS_PER_HOUR", default=100)

# --- Cookies and headers ---------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_REQUIRED
SESSION_COOKIE_NAME = "__Host-session" if HTTPS_REQUIRED else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS_REQUIRED else "csrf"
CART_COOKIE_NAME = "__Host-cart" if HTTPS_REQUIRED else "cart"
SIGN_UP_COOKIE_NAME = "__Host-sign-up" if HTTPS_REQUIRED else "sign_up"
CUSTOMER_COOKIE_NAME = "__Host-customer" if HTTPS_REQUIRED else "customer"
# The language that somebody chose on the platform's own pages.
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS_REQUIRED else "language"
# Read by the page's own script for the badge; it says a number and nothing else.
CART_COUNT_COOKIE_NAME = "cart_count"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
# With the session, which is bound to its shop and host; a cookie would be every mount's.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if HTTPS_REQUIRED else 0)
# RequestMiddleware redirects pages and rejects API calls, and sets the security headers itself;
# preloading is the operator's own decision for the base domain.
SILENCED_SYSTEM_CHECKS = [
    "security.W001",
    "security.W002",
    "security.W003",
    "security.W005",
    "security.W008",
    "security.W021",
]

# --- API -------------------------------------------------------------------------------------
API_RATE_PER_MINUTE = env.int("API_RATE_PER_MINUTE", default=1200)
API_WRITES_PER_MINUTE = env.int("API_WRITES_PER_MINUTE", default=300)
LOGIN_FAILURES_PER_MINUTE = env.int("LOGIN_FAILURES_PER_MINUTE", default=10)
API_BODY_LIMIT = 256 * 1024
# What each process keeps of its answers; 0 keeps nothing.
RESPONSE_CACHE_BYTES = env.int("RESPONSE_CACHE_BYTES", default=16 * 1024 * 1024)
CARD_CACHE_SIZE = env.int("CARD_CACHE_SIZE", default=20_000)
# Counts, search plans and category ids, each as many as this; small and always kept.
QUERY_CACHE_SIZE = 5_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api_access.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["pycommerce.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["pycommerce.api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "pycommerce.api.negotiation.JSONOnly",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "pycommerce.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PyCommerce API",
    "VERSION": "1.0.0",
    "DESCRIPTION": """\
**Who calls.** Send `Authorization: Bearer …` with an access token of `POST /api/auth/login`, or
with an API key, which an owner makes in the shop's back office under "API keys".

**What they may.** Any good token reads the list of shops and the catalogue of each; orders, and all
that is written, need a role in the shop, or a key of it. What is not described here is ignored,
whether parameter or member of a body.

**Which shop.** On a shop's own host it is known; elsewhere `tenant=` names its slug.

**What went wrong** stands in `error`: a `code` for programs, a `message` and `details` for people,
`fields` where one of them is wrong, and the `request_id` under which the log has it. Beyond the
rates of the `RateLimit-*` headers a call is a 429 with `Retry-After`.

**Again, safely.** With an `Idempotency-Key` a repeated POST answers as the first one did and does
nothing. Lists and details have an `ETag`; `If-None-Match` answers 304 while nothing has changed.
""",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "OrderStatus": "orders.models.Order.Status",
        "PaymentStatus": "orders.models.Order.PaymentStatus",
        "ProductStatus": "catalog.models.Product.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "pycommerce.api.description.close_lists",
    ],
}

# --- Language, time, files -------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "pycommerce.formats"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
# Files that wait to be imported: below the shop's id, and never served.
IMPORT_ROOT = VAR_DIR / "imports"
# Whole shops in a file each, for platform staff to take away: never served as files.
EXPORT_ROOT = VAR_DIR / "exports"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
if not PRODUCTION:
    # Nothing is collected there: files are found where they are written.
    warnings.filterwarnings("ignore", message="No directory at")

# --- Jobs ------------------------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = "tenants.services.jobs.watch_jobs"
# How long a shop that is to be deleted is closed and can be taken back.
DELETION_WAIT_DAYS = env.int("DELETION_WAIT_DAYS", default=14)

# --- Payment ---------------------------------------------------------------------------------
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
# One secret for each webhook endpoint: the platform's own, and Connect's.
STRIPE_WEBHOOK_SECRET = env.list("STRIPE_WEBHOOK_SECRET", default=[])
STRIPE_API_BASE = api_base("STRIPE_API_BASE")
# How many threads of a process may wait for Stripe at once; the others serve pages.
STRIPE_CALLS_AT_ONCE = env.int(
    "STRIPE_CALLS_AT_ONCE", default=max(1, env.int("WEB_THREADS", default=4) // 2)
)
# Webhooks go to public addresses over https; a receiver on this machine is for development alone.
WEBHOOK_LOOPBACK = env.bool("WEBHOOK_LOOPBACK", default=True) and not PRODUCTION

# Without a key the simulator takes the place of Stripe: no money moves.
STRIPE_SIMULATOR = env.bool("STRIPE_SIMULATOR", default=not STRIPE_SECRET_KEY and not PRODUCTION)
if STRIPE_SIMULATOR and STRIPE_SECRET_KEY:
    raise ImproperlyConfigured("STRIPE_SIMULATOR and STRIPE_SECRET_KEY exclude each other.")
if STRIPE_SECRET_KEY and not STRIPE_WEBHOOK_SECRET:
    raise ImproperlyConfigured("Set STRIPE_WEBHOOK_SECRET: events of Stripe are signed with it.")

# --- Mail ------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default=f"filemail:///{VAR_DIR / 'mail'}")
MAIL_IS_KEPT = EMAIL_CONFIG["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
if MAIL_IS_KEPT:
    EMAIL_CONFIG["EMAIL_BACKEND"] = "tenants.kept_mail.EmailBackend"
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"no-reply@{BASE_HOST}")

# --- Admin -----------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "PyCommerce",
    "SITE_HEADER": "PyCommerce",
    "SITE_SYMBOL": "storefront",
    "SHOW_HISTORY": True,
    "STYLES": [lambda request: static("css/admin.css")],
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": lambda request: reverse("admin:password_change")},
            {"title": "Second factor", "link": lambda request: reverse("admin:second_factor")},
        ]
    },
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
}

# --- Logs ------------------------------------------------------------------------------------
ACCESS_LOG = env.bool("ACCESS_LOG", default=PRODUCTION)
LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "pycommerce.core.logs.json_formatter"},
        "text": {"()": "pycommerce.core.logs.text_formatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        # A line for each refusal stands in the access log already.
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        # Its own messages of a failed call, which we log in our words.
        "stripe": {"level": "WARNING"},
    },
}
if dsn := env.str("SENTRY_DSN", default=""):
    import sentry_sdk

    sentry_sdk.init(dsn=dsn, send_default_pii=False, max_request_body_size="never")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")
