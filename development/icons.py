"""Cuts the icons of the back office out of the theme's font of 3,800, which is 290 KB.

    .venv/bin/python development/icons.py

Writes `static/unfold/fonts/material-symbols/`, which is found before the theme's own. An icon that
is new in a template is added to `ICONS`; tests/browser/test_back_offices.py sees where one lacks.
"""

from pathlib import Path

import unfold
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

ICONS = """
    add arrow_back arrow_circle_down arrow_circle_up arrow_drop_down arrow_forward arrow_right_alt
    block calendar_today cancel check check_circle check_small chevron_left chevron_right close
    close_small code computer content_copy dark_mode data_object delete dock_to_right download
    drag_indicator edit edit_square error expand_less expand_more filter_alt filter_list
    filter_list_off first_page format_bold format_h1 format_h2 format_h3 format_h4
    format_indent_decrease format_indent_increase format_italic format_list_bulleted
    format_list_numbered format_paragraph format_quote format_strikethrough format_underlined
    group help history home image inbox info key keyboard_arrow_down last_page light_mode link
    link_off lock logout manage_search menu more_horiz more_vert open_in_new palette person redo
    refresh remove save schedule search settings shopping_cart sort star storefront sync tag tune
    undo unfold_less unfold_more upload visibility visibility_off warning
""".split()
_NAME = "Material-Symbols-Outlined.woff2"
_PLACE = "static/unfold/fonts/material-symbols"


def main() -> None:
    font = TTFont(Path(unfold.__path__[0], _PLACE, _NAME))
    known = set(font.getGlyphOrder())
    letters = sorted({letter for name in ICONS for letter in name})
    options = Options(flavor="woff2", layout_closure=False, hinting=False, notdef_outline=True)
    options.drop_tables += ["FFTM", "GPOS", "GDEF"]
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(letters), glyphs=[name for name in ICONS if name in known])
    subsetter.subset(font)
    font.flavor = "woff2"
    target = Path(__file__).parent.parent / _PLACE / _NAME
    target.parent.mkdir(parents=True, exist_ok=True)
    font.save(target)
    unknown = sorted(set(ICONS) - known)
    print(f"{target.stat().st_size:,} bytes; not in the font: {', '.join(unknown) or 'none'}")


if __name__ == "__main__":
    main()
