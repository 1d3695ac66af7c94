"""What somebody was sending when their session ended is not lost: the login page carries it, and it is sent again.

Nothing is kept on the device: the page holds an encrypted token, and the session holds it between login and resending.
"""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse

from common.clock import now
from common.fields import DecryptionError, decrypt, encrypt

LIFETIME_SECONDS = 15 * 60
MAXIMUM_LENGTH = 200_000
SESSION_KEY = "resume"


def login_with_resume(request: HttpRequest) -> HttpResponse:
    """The login page carrying what was posted; what is too large to carry is said so."""
    from allauth.account.forms import LoginForm

    fields = [
        (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
    ]
    text = json.dumps({"path": request.path, "fields": fields, "at": int(now().timestamp())})
    token = encrypt(text) if len(text) <= MAXIMUM_LENGTH else ""
    context = {"form": LoginForm(), "resume": token, "session_ended": True, "resume_lost": not token}
    return render(request, "account/login.html", context, status=401)


def after_login(request: HttpRequest) -> str | None:
    """Where to go after this login: to the page that sends again, when the login form carried something."""
    token = request.POST.get("resume", "")
    if not token or _read(token) is None:
        return None
    request.session[SESSION_KEY] = token
    return reverse("resend")


def _read(token: str) -> dict | None:
    try:
        carried = json.loads(decrypt(token))
    except (DecryptionError, ValueError):
        return None
    return carried if now().timestamp() - carried["at"] <= LIFETIME_SECONDS else None


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
