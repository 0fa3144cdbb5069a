"""What the pages of a shop weigh, and what they may."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import brotli
from playwright.sync_api import Page, Response

ROOT = Path(__file__).resolve().parent.parent
STYLES, SCRIPTS = 12 * 1024, 8 * 1024
LIST_OF_24 = 10 * 1024
FIRST_VISIT, REQUESTS = 40 * 1024, 8
PICTURES_IN_SIGHT = 120 * 1024
# A phone of the middle class, as Lighthouse has it.
PHONE = {
    "viewport": {"width": 412, "height": 823},
    "device_scale_factor": 1.75,
    "is_mobile": True,
    "has_touch": True,
}
# Of the back office, of the platform's own pages, and of papers: no shopper loads them.
_NOT_OF_A_SHOP = {
    "admin.css",
    "api-docs.css",
    "papers.css",
    "platform.css",
    "pictures.js",
    "theme-gaps.js",
    "style-guide.css",
    "admin.js",
    "api-docs.js",
    "look.js",
    "rich-text.js",
    "first-entry.js",
    "sign-up.js",
}
_PICTURES_IN_SIGHT = """
    () => [...document.images].filter((image) => {
        const box = image.getBoundingClientRect();
        return box.width && box.top < innerHeight && box.left < innerWidth && box.right > 0;
    }).map((image) => image.currentSrc)
"""
# The observer is told of what was before it, but not when there was nothing.
_SHIFT = """
    () => new Promise((done) => {
        let shift = 0;
        new PerformanceObserver((list) => {
            for (const each of list.getEntries()) shift += each.value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done(shift), 200);
    })
"""


@dataclass(frozen=True)
class Weight:
    """A first visit to a page: bytes of bodies, where text is compressed with brotli.

    `asked` counts what is no picture; `hosts` are all that were asked. `page_sent` and `sent` are
    what `page` and `without_pictures` were as the server sent them. `shift` is the cumulative
    layout shift until nothing more was loaded.
    """

    page: int
    page_sent: int
    without_pictures: int
    sent: int
    pictures_in_sight: int
    asked: int
    hosts: frozenset[str]
    shift: float


def compressed(body: bytes) -> int:
    """Bytes under brotli of quality 5, which servers use for what they make anew each time."""
    return len(brotli.compress(body, quality=5))


def store_files(kind: str) -> dict[str, int]:
    """Every style sheet (`css`) or script (`js`) that some page of a shop loads, and its bytes.

    They are compressed once, when they are gathered, with the best that brotli can do.
    """
    paths: Iterable[Path] = sorted((ROOT / "static" / kind).glob(f"*.{kind}"))
    return {
        path.name: len(brotli.compress(path.read_bytes()))
        for path in paths
        if path.name not in _NOT_OF_A_SHOP
    }


def weigh(page: Page, address: str) -> Weight:
    """Visit an address with a page that has been nowhere yet."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address, wait_until="networkidle")
    in_sight = set(page.evaluate(_PICTURES_IN_SIGHT))
    sizes: dict[str, int] = {}
    sent: dict[str, int] = {}
    pictures: dict[str, int] = {}
    for answer in answers:
        if not answer.headers.get("content-type", "").startswith("image/"):
            sizes[answer.url] = compressed(answer.body())
            sent[answer.url] = answer.request.sizes()["responseBodySize"]
        elif answer.url in in_sight:
            pictures[answer.url] = len(answer.body())
    return Weight(
        page=sizes[page.url],
        page_sent=sent[page.url],
        without_pictures=sum(sizes.values()),
        sent=sum(sent.values()),
        pictures_in_sight=sum(pictures.values()),
        asked=len(sizes),
        hosts=frozenset(urlsplit(answer.url).netloc for answer in answers),
        shift=page.evaluate(_SHIFT),
    )
