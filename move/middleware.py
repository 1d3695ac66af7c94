"""What every request goes through: a line in the log, an acting person, one transaction, and a login."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import DataError, InterfaceError, OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import bad_request, page_not_found

from agencies.acting import acting_for
from agencies.models import Membership
from agencies.perms import may_see_cases
from audit.models import Action
from audit.services import INSERT, keeping, record, write_again
from audit.trouble import AuditUnavailable
from common import acting
from common.client_ip import remote_address
from common.clock import now

from .resume import MEMBERSHIP_KEY, choose_then_resume, login_with_resume, remember_ending

log = structlog.get_logger("move.request")

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# Served without a session, an acting person or a transaction.
WITHOUT_TRANSACTION = (settings.STATIC_URL, "/health/")
UNAVAILABLE = (AuditUnavailable, OperationalError, InterfaceError)
# What a reading request may send: reads, savepoints, the acting context, and its own audit event.
READS = re.compile(r"[\s(]*(SELECT|WITH|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO|DECLARE|FETCH|CLOSE)\b", re.IGNORECASE)
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
LOCKS = re.compile(r"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE)
# A second statement, a verb that writes wherever it stands, or a function that writes.
WRITES = re.compile(
    r";\s*\S|\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|INTO|nextval|setval|lo_\w+|audit_create_\w+|cases_repair_\w+)\b",
    re.IGNORECASE,
)


class WriteDuringRead(RuntimeError):
    """A page that only reads tried to change something."""


def refuse_writes(execute, sql, params, many, context):
    """Execute wrapper: a GET cannot write."""
    if sql != INSERT:
        text = LOCKS.sub(" ", QUOTED.sub(" ", sql if isinstance(sql, str) else str(sql)))
        if not READS.match(text) or WRITES.search(text):
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
            user_id=str(membership.user_id) if membership else None,
            agency_id=str(membership.agency_id) if membership else None,
        )
        response["X-Request-ID"] = request.request_id
        return response


class ActingMiddleware:
    """Own the transaction of a request and say, to Python and to PostgreSQL, for whom it runs.

    Commits before a byte leaves, and only what succeeded: an exception or any answer from 400 up saves nothing, except
    what it must leave in the audit trail (what was shown, what was refused), in a short transaction of its own. Lets a
    reading request write nothing but its audit events. What cannot be audited is answered 503.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership, request.memberships = None, []
        if request.path.startswith(WITHOUT_TRANSACTION):
            return self.get_response(request)
        try:
            response = self._answer(request)
            known = request.user.is_authenticated
        except UNAVAILABLE as error:
            response, known = _unavailable(request, error), True
        view = request.resolver_match and request.resolver_match.func
        kept = response.status_code == 200 and getattr(view, "same_for_everybody", False)
        if (known and not kept) or not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django turns exceptions into answers before this middleware sees them: remember to roll back."""
        request.broke = True
        if isinstance(error, UNAVAILABLE):
            return _unavailable(request, error)
        return _unreadable(request, error) if _holds_a_nul(error) else None

    def _answer(self, request: HttpRequest) -> HttpResponse:
        self._end_old_session(request)
        request.membership, request.memberships = self._membership(request)
        who = acting_for(
            request.membership,
            user=request.user if request.user.is_authenticated else None,
            request_id=request.request_id,
            remote_addr=request.remote_address,
        )
        reading = request.method in SAFE_METHODS
        with keeping() as shown, _acting_for_request(who, reading):
            response = self.get_response(request)
            broke = getattr(request, "broke", False)
            undone = broke or response.status_code >= 400
            if undone:
                transaction.set_rollback(True)
        refused = response.status_code in (403, 404) and request.user.is_authenticated
        if refused or (undone and not broke and shown):
            with acting.bind(who):
                if not broke:
                    write_again(shown)
                if refused:
                    self._record_refusal(request, response.status_code)
        if response.streaming:
            response.streaming_content = _stream(response.streaming_content, who, reading)
        return response

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
        chosen = request.session.get(MEMBERSHIP_KEY)
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
        seen = request.session.setdefault("seen", seconds)
        if seconds - started > settings.SESSION_ABSOLUTE_AGE or seconds - seen > settings.SESSION_COOKIE_AGE:
            remember_ending(request)
            logout(request)
        elif seconds - seen > 60:
            request.session["seen"] = seconds

    @staticmethod
    def _record_refusal(request: HttpRequest, status: int) -> None:
        match = request.resolver_match
        ids = [value for value in (match.kwargs if match else {}).values() if isinstance(value, UUID)]
        # an act refused on a case that this person sees stands in its trail; 404 may be about no case at all
        seen = status == 403 and may_see_cases(request.membership)
        record(
            action=Action.REFUSED,
            case_id=match.kwargs.get("case_id") if seen and match else None,
            object_kind=(match.view_name if match else "") or "",
            object_id=ids[0] if ids else None,
            reason=str(status),
        )


@contextmanager
def _acting_for_request(who: acting.Acting, reading: bool) -> Iterator[None]:
    """The transaction and the acting person of a request; closed to writing when it only reads."""
    with acting.bind(who), connection.execute_wrapper(refuse_writes) if reading else nullcontext():
        yield


def _stream(content: Iterator[bytes], who: acting.Acting, reading: bool) -> Iterator[bytes]:
    """A streamed body leaves after the request's transaction, with its audit events committed: it has its own."""
    with _acting_for_request(who, reading):
        yield from content


def _unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """A clear answer that shows nothing: the database does not answer, or what was asked cannot be audited."""
    recording = isinstance(error, AuditUnavailable)
    trouble = str(error.trouble) if recording else None
    log.error("unavailable", request_id=request.request_id, state=trouble, exc_info=error)
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": _("The service is not available now. Try again in a few minutes.")}, status=503)
    return HttpResponse(render_to_string("503.html", {"not_recorded": recording}), status=503)


def _holds_a_nul(error: Exception) -> bool:
    """Whether a text reached the database that it cannot hold: forms say so by field, a code in an address cannot."""
    return isinstance(error, DataError) and "NUL" in str(error)


def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": _("What was sent holds characters that cannot be read.")}, status=400)
    return bad_request(request, error)


class NotFoundPageMiddleware:
    """Where DEBUG is on: what a view does not find answers as it does elsewhere, not with Django's technical page.

    Stands before ActingMiddleware in the list, so that its `process_exception` comes after that one's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return page_not_found(request, error) if isinstance(error, Http404) else None


class SignedInMiddleware(LoginRequiredMiddleware):
    """Every page asks for a login unless it says otherwise. What was being sent survives an expired session."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        # REST framework takes its views out of LoginRequiredMiddleware, and asks for the login itself
        api = request.path.startswith("/api/")
        if not api and not getattr(view_func, "login_required", True):
            return None
        undecided = request.membership is None and len(request.memberships) > 1
        if undecided and not getattr(view_func, "without_acting", False):
            if _by_script(request):
                detail = _("Choose first for which agency you work now.")
                return JsonResponse({"detail": detail}, status=403)
            return choose_then_resume(request)
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        if _by_script(request):
            return JsonResponse({"detail": _("Log in first.")}, status=401)
        if request.method == "POST":
            return login_with_resume(request)
        return super().handle_no_permission(request, view_func)


def _by_script(request: HttpRequest) -> bool:
    """Requests that want an answer for a program, not a page to look at."""
    return request.headers.get("X-Requested-With") == "fetch" or request.path.startswith("/api/")
