"""The content policy of our own pages: nothing from elsewhere, no inline script or style."""

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)


def csp_with_forms_to(*sources: str) -> str:
    """The policy for a page whose form's answer leads away, to one of these sources."""
    return CSP.replace("form-action 'self'", " ".join(["form-action 'self'", *sources]))
