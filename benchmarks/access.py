"""What keeps anybody out of a page, by day and by night, on a phone, and magnified."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Width, height and colour scheme; the last is a desk at 400 %.
MODES = [(1280, 800, "light"), (1280, 800, "dark"), (360, 740, "light"), (320, 200, "dark")]
_IS_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate(_IS_TOO_WIDE))


def flaws(page: Page) -> list[str]:
    """What axe finds in each of the modes, of any level, and where the page is too wide."""
    found = []
    before = page.viewport_size
    for width, height, scheme in MODES:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        mode = f"{width} x {height}, {scheme}"
        if is_too_wide(page):
            found.append(f"{mode}: wider than the screen")
        found += [
            f"{mode}: {each['id']}: {each['nodes'][0]['html'][:200]}"
            for each in Axe().run(page).response["violations"]
        ]
    page.set_viewport_size(before)
    return found
