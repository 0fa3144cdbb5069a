"""The one place that knows Unfold, so that another theme is a change of one file."""

# Unfold's Alpine evaluates strings and writes styles; on the storefront and the API neither is
# allowed.
ADMIN_CSP = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
