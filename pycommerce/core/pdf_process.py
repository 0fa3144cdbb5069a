"""A page of HTML as PDF: a program of its own, that `pycommerce.core.pdf` starts.

It has a limit of memory and one of time, and what its libraries do wrong ends it alone. It reads
JSON from its input: `html`, `css`, `pictures` (name to base64), `seconds`, `megabytes`.
"""

import base64
import json
import sys

from weasyprint import CSS, HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


class GivenAlone(URLFetcher):
    """Knows the pictures it was given, and fetches nothing: no address, no file."""

    def __init__(self, pictures: dict[str, str]) -> None:
        super().__init__()
        self._pictures = pictures

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if url not in self._pictures:
            raise ValueError(f"{url} is not fetched.")
        return URLFetcherResponse(url, base64.b64decode(self._pictures[url]))


def _limit(seconds: int, megabytes: int) -> None:
    if resource:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))


def main() -> None:
    job = json.load(sys.stdin.buffer)
    _limit(job["seconds"], job["megabytes"])
    fetcher = GivenAlone(job["pictures"])
    page = HTML(string=job["html"], url_fetcher=fetcher)
    page.write_pdf(sys.stdout.buffer, stylesheets=[CSS(string=job["css"], url_fetcher=fetcher)])


if __name__ == "__main__":
    main()
