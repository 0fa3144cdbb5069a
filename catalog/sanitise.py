"""Descriptions are HTML from merchants and from files: only what cannot harm a page is kept."""

import nh3

_TAGS = set(
    """a abbr b blockquote br caption cite code col colgroup dd del details div dl dt em
    figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp small span strong
    sub summary sup table tbody td tfoot th thead time tr u ul""".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
)


def sanitise_html(html: str) -> str:
    """The HTML without scripts, styles, forms, frames, pictures and unknown addresses.

    Pictures go because pages load nothing from other hosts. Sanitising twice changes nothing.
    """
    return _cleaner.clean(html)
