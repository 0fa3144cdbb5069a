"""How many mails with links go to an address: enough for its owner, too few to flood anybody.

Anybody can name anybody's address. A limit by the address alone would let a stranger use up what
its owner may ask for, so the owner's own requests are counted apart from a stranger's, as failed
sign-ins are: whoever asks causes so many mails an hour to one address, and all together cause so
many. Where even those were used up, the address is not locked out: every link lives for as long as
requests are counted, so the mails that came hold one that works. OWASP's Forgot Password Cheat
Sheet asks for both: limits for each account, and no lock-out by them.
"""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pycommerce.core.errors import RateLimited
from pycommerce.db import connection

COUNTED_FOR = timedelta(hours=1)
MAILS_OF_AN_ASKER = 20
MAILS_OF_AN_ASKER_TO_AN_ADDRESS = 5
MAILS_TO_AN_ADDRESS = 10


def may_have_mail(
    requests: QuerySet[Any], *, email: str, asker: dict[str, Any], is_known: bool = False
) -> bool:
    """Whether the address gets another mail; inside a transaction that then adds a row.

    `requests` have `email` and `created_at`, a row for each mail that was asked for and not
    refused here, whether somebody has that address or not. `asker` is the field, and its value,
    of who asks. With `is_known` the address's owner was seen there before, and what others caused
    does not count.

    Raises RateLimited where the asker asked too often.
    """
    name, who = next(iter(asker.items()))
    with connection.cursor() as cursor:
        # Many at once are counted one after the other.
        table = requests.model._meta.db_table
        for key in sorted((f"{table} {name} {who}", f"{table} {email}")):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [key])
    recent = requests.filter(created_at__gt=timezone.now() - COUNTED_FOR)
    of_asker = recent.filter(**asker)
    if of_asker.count() >= MAILS_OF_AN_ASKER:
        problem = _("Too many e-mails were requested. Please try again in an hour.")
        raise RateLimited(problem, retry_after=3600)
    if of_asker.filter(email=email).count() >= MAILS_OF_AN_ASKER_TO_AN_ADDRESS:
        return False
    return is_known or recent.filter(email=email).count() < MAILS_TO_AN_ADDRESS
