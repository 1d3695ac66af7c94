"""What somebody was sending when their session ended is not lost: the login page carries it, and it is sent again.

Nothing is kept on the device: the page holds an encrypted token, and the session holds it between login and resending.
The token remembers whose it is, as far as the ended session says: a colleague who logs in on the same screen never
sends somebody else's text, and the person goes on acting for the same agency.
"""

import json
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common.clock import now
from common.fields import DecryptionError, decrypt, encrypt

LIFETIME_SECONDS = 15 * 60
MAXIMUM_LENGTH = 200_000
SESSION_KEY = "resume"
MEMBERSHIP_KEY = "membership"
OWN_PAGES = "/account/"  # forms about the session itself (passwords among them) are never carried


def login_with_resume(request: HttpRequest) -> HttpResponse:
    """The login page carrying what was posted; what is too large to carry is said so."""
    from allauth.account.forms import LoginForm

    if request.path.startswith(OWN_PAGES):
        return redirect("account_login")
    token = carry(request, *_ended(request))
    context = {"form": LoginForm(), "resume": token, "session_ended": True, "resume_lost": not token}
    return render(request, "account/login.html", context, status=401)


def choose_then_resume(request: HttpRequest) -> HttpResponse:
    """Ask for which agency first, then lead to the page that was asked, or to sending again what was posted."""
    target = request.get_full_path()
    if request.method == "POST":
        target = "/"
        if token := carry(request, str(request.user.pk), ""):
            request.session[SESSION_KEY] = token
            target = reverse("resend")
    return redirect(reverse("choose_acting", query={"next": target}))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from before the last login has an old token. From our own pages it may be sent again, knowingly."""
    ours = f"{request.scheme}://{request.get_host()}"
    source = urlsplit(request.headers.get("Origin") or request.headers.get("Referer") or "")
    if (
        request.method == "POST"
        and request.user.is_authenticated
        and f"{source.scheme}://{source.netloc}" == ours
        and not request.path.startswith(OWN_PAGES)
    ):
        context = {"action": request.path, "fields": _fields(request), "stale": True}
        return render(request, "account/resend.html", context, status=403)
    return render(request, "403.html", status=403)


def after_login(request: HttpRequest) -> str | None:
    """Where to go after this login: to the page that sends again, when the login form carried something of theirs."""
    token = request.POST.get("resume", "")
    carried = _read(token)
    if carried is None:
        return None
    if carried["user"] not in ("", str(request.user.pk)):
        messages.warning(request, _("What was being sent belongs to another account and was not kept."))
        return None
    request.session[SESSION_KEY] = token
    if carried["membership"]:
        request.session[MEMBERSHIP_KEY] = carried["membership"]
    return reverse("resend")


def carry(request: HttpRequest, user: str, membership: str) -> str:
    """The posted form as an encrypted token, or "" when it is too large."""
    text = json.dumps(
        {
            "path": request.path,
            "fields": _fields(request),
            "at": int(now().timestamp()),
            "user": user,
            "membership": membership,
        }
    )
    return encrypt(text) if len(text) <= MAXIMUM_LENGTH else ""


def remember_ending(request: HttpRequest) -> None:
    """Before an old session is ended: whose it was."""
    request.ended = (str(request.user.pk), request.session.get(MEMBERSHIP_KEY, ""))


def _ended(request: HttpRequest) -> tuple[str, str]:
    """Whose session has ended (user, membership), as identifiers; empty when nothing tells any more."""
    if ended := getattr(request, "ended", None):
        return ended
    row = Session.objects.filter(pk=request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")).first()
    held = row.get_decoded() if row else {}
    return str(held.get(USER_KEY, "")), str(held.get(MEMBERSHIP_KEY, ""))


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"]


def _read(token: str) -> dict | None:
    try:
        carried = json.loads(decrypt(token))
        return carried if 0 <= now().timestamp() - carried["at"] <= LIFETIME_SECONDS else None
    except (DecryptionError, ValueError, TypeError, KeyError):
        return None


@require_GET
def resend(request: HttpRequest) -> HttpResponse:
    """Show what was being sent and ask to send it again, with one button."""
    carried = _read(request.session.get(SESSION_KEY, ""))
    if carried is None:
        return redirect("/")
    try:
        resolve(carried["path"])
    except Resolver404:
        return redirect("/")
    return render(request, "account/resend.html", {"action": carried["path"], "fields": carried["fields"]})
