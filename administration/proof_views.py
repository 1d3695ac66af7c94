"""Were the trails altered? In plain words for who answers for it, and a check on demand. Nothing of a case is told."""

import json
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from audit import anchors, sealing, state, verifying
from audit.findings import Finding
from audit.models import Action, Trail, Verification
from audit.services import record
from common.clock import now

from .guards import proof_readers_only
from .proof import status_of

LAST_ROOTS = 1_440  # about a day of them


@require_GET
@proof_readers_only
def proof(request: HttpRequest) -> HttpResponse:
    """The state of the seals, the last check and what it found, the checks before."""
    found = state.overview()
    checked = found.proof.checked
    asked_by = {one.asked_by_id for one in [*found.past, found.under_way] if one} - {None}
    people = User.objects.in_bulk(asked_by)
    last = found.proof.seal.number if found.proof.seal else 0
    context = {
        "found": found,
        "proof": found.proof,
        "checked": checked,
        "seconds": _seconds(checked) if checked else 0,
        "status": status_of(checked),
        "late": found.waiting.oldest is not None and found.waiting.oldest < now() - sealing.LATE_AFTER,
        "groups": _groups(checked),
        "not_listed": checked.found - len(checked.findings) if checked else 0,
        "sent": [{"sent": one, "behind": last - (one.upto or 0)} for one in found.sent],
        "months": [{"row": one, "trail": Trail(one.trail).label} for one in found.certificates],
        "past": [
            {"check": one, "status": status_of(one), "seconds": _seconds(one), "by": people.get(one.asked_by_id)}
            for one in found.past
        ],
    }
    return render(request, "administration/proof.html", context)


@require_POST
@proof_readers_only
def check(request: HttpRequest) -> HttpResponse:
    """Ask for a check; one that waits or runs already is the one asked for."""
    verifying.ask(by=request.user.pk)
    messages.success(
        request, _("A check is asked for. It begins within a minute; its result then stands on this page.")
    )
    return redirect("administration:proof")


@require_GET
@proof_readers_only
def roots(request: HttpRequest) -> HttpResponse:
    """The last roots as they have left the database, one a line, to compare with a copy kept elsewhere."""
    record(action=Action.EXPORTED, object_kind="administration.roots")
    text = "".join(json.dumps(anchors.line_of(seal)) + "\n" for seal in state.last_roots(LAST_ROOTS))
    return HttpResponse(
        text,
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Disposition": 'attachment; filename="roots.txt"',
            "Cache-Control": "no-store",
        },
    )


def _seconds(check: Verification) -> int:
    """How long a check took, at least a second."""
    return max(1, round((check.finished_at - check.started_at).total_seconds())) if check.started_at else 0


def _groups(checked: Verification | None) -> list[dict[str, Any]]:
    """What was found, by kind, with what to do about it."""
    findings = [Finding.from_json(one) for one in checked.findings] if checked else []
    order = list({one.kind: None for one in findings})
    findings.sort(key=lambda one: order.index(one.kind))
    return [
        {
            "kind": kind.label,
            "to_do": first.to_do(),
            "findings": [{"one": one, "trail": Trail(one.trail).label if one.trail else ""} for one in (first, *rest)],
        }
        for kind, (first, *rest) in groupby(findings, key=lambda one: one.kind)
    ]
