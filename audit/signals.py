"""Comings and goings, from Django's own signals: who signed in, who signed out, which sign-in failed.

Identifiers only. A failed sign-in keeps no address: at most the identifier of the account that was tried.
"""

from collections.abc import Mapping
from dataclasses import replace

import structlog
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from common import acting

from .models import Action, LogEntry
from .services import record
from .trouble import AuditUnavailable

log = structlog.get_logger(__name__)


@receiver(user_logged_in, dispatch_uid="audit.signed_in")
def signed_in(sender: type, request: HttpRequest, user, **kwargs: object) -> None:
    _record(Action.SIGNED_IN, request, user.pk, user.pk)


@receiver(user_logged_out, dispatch_uid="audit.signed_out")
def signed_out(sender: type, request: HttpRequest, user, **kwargs: object) -> None:
    if user is not None:
        _record(Action.SIGNED_OUT, request, user.pk, user.pk)


@receiver(user_login_failed, dispatch_uid="audit.sign_in_failed")
def sign_in_failed(sender: str, credentials: Mapping, request: HttpRequest | None = None, **kwargs: object) -> None:
    address = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    tried = get_user_model().objects.filter(email=address).values_list("pk", flat=True).first()
    _record(Action.SIGN_IN_FAILED, request, None, tried)


def _record(action: Action, request: HttpRequest | None, user_id, object_id) -> None:
    """Under the person's own name: at that moment the request itself acts for nobody, yet or any more."""
    who = acting.current() or acting.Acting(
        request_id=getattr(request, "request_id", ""), remote_addr=getattr(request, "remote_address", None)
    )
    try:
        with acting.bind(replace(who, user_id=user_id or who.user_id)):
            record(action=action, object_kind="accounts.User", object_id=object_id)
    except AuditUnavailable:
        # Nothing of a case is shown by signing in or out: the door stays open while the trail is repaired.
        log.error("sign_in_not_recorded", action=str(action), object_id=object_id)


def not_at_birth(sender: type, action: int, **kwargs: object) -> bool:
    """Accounts are born of an invitation, which is on record; nobody acts yet. Their changes are logged."""
    return action != LogEntry.Action.CREATE
