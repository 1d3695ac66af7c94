"""Pages that anybody may open: no account, no session, no cookie.

Django proves where a form comes from by a cookie. Here a token does, signed for that very page and good for a while.
How often a page takes an answer is for the room of the page to say, and to count in its own rows.
"""

from collections.abc import Callable, Collection
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

View = Callable[..., HttpResponse]


def public_form(*hidden: str) -> Callable[[View], View]:
    """Decorate the view of such a page. `hidden` are the fields no error report shows; all of them where none is named.

    The view must ask `sent_from` before it takes anything.
    """

    def decorate(view: View) -> View:
        return login_not_required(csrf_exempt(never_cache(sensitive_post_parameters(*hidden)(view))))

    return decorate


def token(page: Any, *, salt: str) -> str:
    """What the page carries in its field `token`; `page` is plain data that says which page it is."""
    return signing.dumps(page, salt=salt)


def sent_from(request: HttpRequest, *, salt: str, life: int) -> Any:
    """The `page` of the token that came back; None for one that is not ours or older than `life` seconds."""
    try:
        return signing.loads(request.POST.get("token", ""), salt=salt, max_age=life)
    except signing.BadSignature:
        return None


def language_of(request: HttpRequest, spoken: Collection[str]) -> str | None:
    """The language chosen by link (`?l=`), else the first one the browser asks for; of those `spoken`, or None."""
    wanted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    asked = (request.GET.get("l", ""), *(code.partition("-")[0] for code, weight in wanted if weight))
    return next((code for code in asked if code in spoken), None)
