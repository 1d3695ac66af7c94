import functools
from uuid import uuid4

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import probe
from audit.trouble import Trouble

from .celery import app
from .resume import MEMBERSHIP_KEY


@login_not_required
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """Database, migrations, Redis, a round trip to the broker, and both trails of the audit; 503 names what fails.

    `why` says of the audit what is wrong, a word of `audit.trouble.Trouble`. Sealing that is late is told and fails
    nothing: pages are still recorded, and taking the servers away would help nobody.
    """
    checks = {"database": _database, "migrations": _migrations, "redis": _redis, "broker": _broker}
    failed, why = [], {}
    for name, check in checks.items():
        try:
            if not check():
                failed.append(name)
        except Exception:  # whatever fails, the answer is that this part is not ready
            failed.append(name)
    if "database" not in failed and (trouble := probe.trouble()) is not None:
        why["audit"] = trouble
        if trouble != Trouble.LATE:
            failed.append("audit")
    answer = {"status": "failed" if failed else "ok", "failed": failed}
    return JsonResponse(answer | ({"why": why} if why else {}), status=503 if failed else 200)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations() -> bool:
    applied = set(MigrationRecorder(connection).applied_migrations())
    return all(name in applied or (replaced and replaced <= applied) for name, replaced in _on_disk().items())


@functools.cache
def _on_disk() -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Every migration of this program, with those it replaces; they do not change while it runs."""
    found = MigrationLoader(None).graph.nodes
    return {name: frozenset(map(tuple, found[name].replaces)) for name in found}


def _redis() -> bool:
    cache.set("ready", "1", 10)
    return cache.get("ready") == "1"


def _broker() -> bool:
    with app.connection_for_read() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
        # a queue of its own: two probes at once would take each other's message
        queue = broker.SimpleQueue(f"ready-{uuid4().hex}")
        try:
            queue.put({"ping": 1})
            queue.get(timeout=5).ack()
        finally:
            queue.queue.delete()
            queue.close()
    return True


@require_http_methods(["GET", "POST"])
def choose_acting(request: HttpRequest) -> HttpResponse:
    """Say for which agency one works now; asked once, shown on every page."""
    target = _back(request)
    if request.method == "POST":
        chosen = next((m for m in request.memberships if str(m.pk) == request.POST.get("membership")), None)
        if chosen is not None:
            if request.session.get(MEMBERSHIP_KEY, str(chosen.pk)) != str(chosen.pk):
                # what other windows hold was written for the other agency: sent now, it is shown and asked about first
                rotate_token(request)
            request.session[MEMBERSHIP_KEY] = str(chosen.pk)
            return redirect(target)
    return render(request, "account/choose_acting.html", {"next": target})


choose_acting.without_acting = True


def _back(request: HttpRequest) -> str:
    """The page of ours that `next` names; the first page for anything else."""
    target = request.POST.get("next") or request.GET.get("next") or "/"
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if ours else "/"


@require_POST
def drafting_help(request: HttpRequest) -> HttpResponse:
    """Wordings are proposed to this person while writing (`on` is 1), or no longer; then back to where they were."""
    request.user.drafting_help = request.POST.get("on") == "1"
    request.user.save(update_fields=["drafting_help"])
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return redirect(_back(request))


drafting_help.without_acting = True
