"""What every form is asked before anything else, but those of the back offices."""

from django.utils.translation import gettext as _

from pycommerce.api import rates
from pycommerce.core.errors import Forbidden, InvalidRequest
from pycommerce.core.http import HttpRequest
from pycommerce.core.same_origin import comes_from_elsewhere
from pycommerce.core.text import problem_in


def check_post(request: HttpRequest) -> None:
    """Counted, from our own pages, and of text that can be stored. Raises Refusal."""
    rates.count_address(request).check()
    if comes_from_elsewhere(request, both_may_be_absent=False):
        raise Forbidden(_("This form works on its own page only. Reload the page and try again."))
    for name, value in request.POST.items():
        if problem_in(name) or problem_in(str(value)):
            raise InvalidRequest(_("A field contains characters that no text can hold."))
