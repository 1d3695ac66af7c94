"""The page that asks once more before a consent ends: what closes, what holds, what had been seen."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import Case
from cases.page import open_page
from common.clock import last_day
from common.errors import Refused
from sharing.ending import already_seen, endings
from sharing.models import Consent
from sharing.perms import may_withdraw
from sharing.services import REFUSED_WITHDRAWAL

from . import withdrawing


@require_http_methods(["GET", "POST"])
def withdraw_consent(request: HttpRequest, case_id: UUID, consent_id: UUID) -> HttpResponse:
    """What ends, for whom, what holds, what was already seen; then the end itself, at once."""
    case, access, context = open_page(request, case_id, tab="access", page="withdraw_consent")
    found = Consent.objects.of_case(access).filter(pk=consent_id)
    consent = found.select_related("case", "subject__person", "withdrawal").first()
    if consent is None:
        raise Http404
    if not may_withdraw(access, consent):
        raise Refused(REFUSED_WITHDRAWAL)
    if request.method == "GET":
        ended = endings(case, consent, access)
        context |= {
            "consent": consent,
            "holds": found.live().exists(),
            "withdrawn_at": consent.withdrawal.withdrawn_at if hasattr(consent, "withdrawal") else None,
            "until": last_day(consent.valid_until) if consent.valid_until else None,
            "endings": ended,
            "seen": list(already_seen(case, consent, access).values()),
            "own": access.agency_id,
        }
        return render(request, "casework/withdraw_consent.html", context)
    withdrawing.withdraw_consent(by=request.membership, case=case, access=access, consent=consent)
    messages.success(request, _("The consent is withdrawn. What rested on it alone is closed from now on."))
    # the acting agency may have just closed the case to itself
    if Case.objects.visible_to(request.membership).filter(pk=case_id).exists():
        return redirect("sharing:case_access", case_id)
    return redirect("cases:list")
