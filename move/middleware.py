"""What every request goes through: a line in the log, an acting person, one transaction, and a login."""

import re
import time
from collections.abc import Callable
from contextlib import nullcontext
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string

from agencies.acting import acting_for
from agencies.models import Membership
from audit.models import Action
from audit.services import AuditUnavailable, record
from common import acting
from common.client_ip import remote_address
from common.clock import now

from .resume import login_with_resume

log = structlog.get_logger("move.request")

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# What a reading request may send: reads, savepoints, the acting context, and its own audit event.
READS = re.compile(
    r"\s*(SELECT\b|WITH\b|SAVEPOINT\b|RELEASE\b|ROLLBACK\b|DECLARE\b|FETCH\b|CLOSE\b|INSERT INTO audit_auditevent\b)",
    re.IGNORECASE,
)
WRITES_INSIDE = re.compile(r"\b(INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b", re.IGNORECASE)
SESSION_KEY = "membership"


class WriteDuringRead(RuntimeError):
    """A page that only reads tried to change something."""


def refuse_writes(execute, sql, params, many, context):
    """Execute wrapper: a GET cannot write."""
    text = sql if isinstance(sql, str) else str(sql)
    if not READS.match(text) or (text.lstrip()[:4].upper() == "WITH" and WRITES_INSIDE.search(text)):
        raise WriteDuringRead("a reading request may not write")
    return execute(sql, params, many, context)


class RequestLogMiddleware:
    """One line per answer: the route's pattern, never the path, and identifiers only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid4().hex
        request.remote_address = remote_address(request.META, settings.TRUSTED_PROXIES)
        started = time.monotonic()
        response = self.get_response(request)
        match = getattr(request, "resolver_match", None)
        membership = getattr(request, "membership", None)
        log.info(
            "request",
            request_id=request.request_id,
            method=request.method,
            route=match.route if match else "",
            status=response.status_code,
            duration_ms=round((time.monotonic() - started) * 1000, 1),
            user_id=str(membership.user_id) if membership else "",
            agency_id=str(membership.agency_id) if membership else "",
        )
        response["X-Request-ID"] = request.request_id
        return response


class ActingMiddleware:
    """Own the transaction of a request and say, to Python and to PostgreSQL, for whom it runs.

    Commits before a byte leaves; rolls back on an exception or a 5xx; writes refusals (403, 404) afterwards in a short
    transaction of their own; lets a reading request write nothing but its audit event.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith((settings.STATIC_URL, "/health/live")):
            return self.get_response(request)
        self._end_old_session(request)
        request.membership, request.memberships = self._membership(request)
        who = acting_for(
            request.membership,
            user=request.user if request.user.is_authenticated else None,
            request_id=request.request_id,
            remote_addr=request.remote_address,
        )
        reading = request.method in SAFE_METHODS
        with acting.bind(who):
            with connection.execute_wrapper(refuse_writes) if reading else nullcontext():
                response = self.get_response(request)
            if response.status_code >= 500 or getattr(request, "broke", False):
                transaction.set_rollback(True)
        if response.status_code in (403, 404) and request.user.is_authenticated:
            self._record_refusal(request, who, response.status_code)
        if request.user.is_authenticated:
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django turns exceptions into answers before this middleware sees them: remember to roll back."""
        request.broke = True
        if isinstance(error, AuditUnavailable):
            return HttpResponse(render_to_string("503.html"), status=503)
        return None

    @staticmethod
    def _membership(request: HttpRequest) -> tuple[Membership | None, list[Membership]]:
        """The hat this person wears now (chosen once, kept in the session), and all the hats they have."""
        if not request.user.is_authenticated:
            return None, []
        held = list(
            Membership.objects.live()
            .filter(user=request.user)
            .select_related("agency", "user")
            .order_by("agency__name")
        )
        chosen = request.session.get(SESSION_KEY)
        if len(held) == 1:
            return held[0], held
        return next((m for m in held if str(m.pk) == chosen), None), held

    @staticmethod
    def _end_old_session(request: HttpRequest) -> None:
        """Half an hour without activity or ten hours in all; activity is written at most once a minute."""
        if not request.user.is_authenticated:
            return
        seconds = int(now().timestamp())
        started = request.session.setdefault("started", seconds)
        if seconds - started > settings.SESSION_ABSOLUTE_AGE:
            logout(request)
        elif seconds - request.session.get("seen", 0) > 60:
            request.session["seen"] = seconds

    @staticmethod
    def _record_refusal(request: HttpRequest, who: acting.Acting, status: int) -> None:
        match = request.resolver_match
        ids = [value for value in (match.kwargs if match else {}).values() if isinstance(value, UUID)]
        with acting.bind(who):
            record(
                action=Action.REFUSED,
                object_kind=(match.view_name if match else "") or "",
                object_id=ids[0] if ids else None,
                reason=str(status),
            )


class SignedInMiddleware(LoginRequiredMiddleware):
    """Every page asks for a login unless it says otherwise. What was being sent survives an expired session."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.user.is_authenticated and request.membership is None and len(request.memberships) > 1:
            if getattr(view_func, "login_required", True) and not getattr(view_func, "without_acting", False):
                return redirect("choose_acting")
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        if request.headers.get("X-Requested-With") == "fetch" or request.path.startswith("/api/"):
            return JsonResponse({"detail": "login required"}, status=401)
        if request.method == "POST":
            return login_with_resume(request)
        return super().handle_no_permission(request, view_func)
