"""Numbers as people type them, and tables have them: with a decimal point or a decimal comma."""

import re
from decimal import Decimal, InvalidOperation

_LONGEST = 30
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)\Z", re.ASCII)
# 12,90 and 1.234,90; three digits behind the comma may be thousands, but for 0,250 and 1234,567.
_DECIMAL_COMMA = re.compile(
    r"-?(\d*,(\d{1,2}|\d{4,})|(0|\d{4,}),\d+|\d{1,3}(\.\d{3})+,\d+)\Z", re.ASCII
)
# 1,234.90 and 1,234,567
_COMMAS_BETWEEN_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+|,\d{3})\Z", re.ASCII)
_POINTS_BETWEEN_THOUSANDS = re.compile(r"-?\d{1,3}(\.\d{3}){2,}\Z", re.ASCII)
# 1 234 and 1'234, whatever follows.
_GAPS_BETWEEN_THOUSANDS = re.compile(r"-?\d{1,3}([ '’]\d{3})+(?!\d)", re.ASCII)
_EITHER = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}\Z", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+\Z", re.ASCII)


class Unreadable(ValueError):
    """What was written is no number, or could be two; says so in a sentence."""


def read_number(text: str, name: str, places: int | None = None) -> Decimal:
    """The number that was written; `name` is what it is of, as a sentence begins with it.

    1,299 could be either and is refused. So is 1.299 where there are fewer `places` behind the
    point than three; without `places` a single point is a decimal one, as programs write it.

    Raises Unreadable.
    """
    text = text.replace("\u00a0", "").replace("\u202f", "").replace("−", "-").strip()
    written = text[:40]
    is_fine = places is None or places >= 3
    if _EITHER.match(text) and ("," in text or not is_fine):
        whole, fraction = re.sub("[.,]", "", text), text.replace(",", ".")
        if is_fine:
            raise Unreadable(f"{name} is '{written}': write {whole}, or {fraction}.")
        raise Unreadable(
            f"{name} is '{written}', which could be {whole} or {fraction}: "
            f"write {whole} if that is meant."
        )
    if gaps := _GAPS_BETWEEN_THOUSANDS.match(text):
        text = re.sub("[ '’]", "", gaps[0]) + text[gaps.end() :]
    if _DECIMAL_COMMA.match(text):
        text = text.replace(".", "").replace(",", ".")
    elif _COMMAS_BETWEEN_THOUSANDS.match(text):
        text = text.replace(",", "")
    elif _POINTS_BETWEEN_THOUSANDS.match(text):
        text = text.replace(".", "")
    if not _NUMBER.match(text) or len(text) > _LONGEST:
        raise Unreadable(f"{name} is '{written}', which is no number.")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise Unreadable(f"{name} is '{written}', which is no number.") from error


def read_whole_number(text: str, name: str) -> int:
    """The whole number that was written; 1,000 and 1.000 could be one, and are refused.

    Raises Unreadable.
    """
    text = text.replace("−", "-").strip()
    if not _WHOLE.match(text) or len(text) > _LONGEST:
        raise Unreadable(
            f"{name} is '{text[:40]}': write a whole number with digits alone, such as 1000."
        )
    return int(text)
