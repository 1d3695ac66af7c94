"""The page an invitation leads to: public, neutral, the same for every link that opens nothing."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import User
from common.errors import RuleBroken
from common.forms import show_errors

from . import services
from .forms import AcceptForm
from .models import Invitation


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Open the account an invitation promises, or join with the account one already has."""
    found = services.open_invitation(token)
    if found is None:
        return _closed(request)
    if request.user.is_authenticated:
        return _with_account(request, found, token)
    if User.objects.filter(email=found.email).exists():
        return render(request, "agencies/invitation_log_in.html", {"invitation": found, "next": request.path})
    form = AcceptForm(request.POST or None, initial={"given_name": found.given_name, "family_name": found.family_name})
    if request.method == "POST" and form.is_valid():
        try:
            user = services.accept_as_newcomer(
                secret=token,
                given_name=form.cleaned_data["given_name"],
                family_name=form.cleaned_data["family_name"],
                password=form.cleaned_data["password1"],
                language=(get_language() or "fr")[:5],
            )
        except RuleBroken as error:
            show_errors(form, {"password1" if name == "password" else name: why for name, why in error.errors.items()})
        else:
            if user is None:
                return _closed(request)
            messages.success(request, _("Welcome. Your account is open."))
            return perform_login(request, user, email_verification="none", redirect_url="/")
    status = 422 if request.method == "POST" else 200
    return render(request, "agencies/invitation.html", {"invitation": found, "form": form}, status=status)


def _with_account(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    if found.email != request.user.email:
        return render(request, "agencies/invitation_other_account.html", {"invitation": found}, status=403)
    if request.method == "POST":
        member = services.accept_as(secret=token, user=request.user)
        if member is None:
            return _closed(request)
        messages.success(request, _("You now also work for %(agency)s.") % {"agency": member.agency.name})
        return redirect("/")
    return render(request, "agencies/invitation_join.html", {"invitation": found})


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "agencies/invitation_closed.html", status=404)
