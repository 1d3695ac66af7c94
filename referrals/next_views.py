"""“What next?”: from one person and one expressed need to the services that may be asked, each with its reasons."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.access import CaseAccess
from cases.models import Case, CasePerson
from cases.page import open_page
from common.errors import Refused
from common.texts import in_language

from . import perms, proposals, sending
from .models import OPEN, AskedBy, Referral
from .next_forms import NextForm
from .pathways import Act, Facts
from .proposals import Suggestion

FIRST_PAGES = {Act.ASSESS: "riskassessment:case_list", Act.JUSTICE: "sharing:new_decision"}


@require_http_methods(["GET", "POST"])
def next_services(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Whom to ask next; POST counts what is missing there. Nothing of the question is kept."""
    case, access, context = open_page(request, case_id, tab="referrals", page="next_services")
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    subjects = sending.subjects_of(access)
    asked = request.POST if request.method == "POST" else request.GET if "need" in request.GET else None
    form = NextForm(asked, subjects=subjects, initial=_offered(request))
    context |= {"form": form, "no_subject": not subjects}
    if asked is None:
        return render(request, "referrals/next.html", context)
    if not form.is_valid():
        return render(request, "referrals/next.html", context, status=422)
    given = form.cleaned_data
    subject = next(person for person in subjects if str(person.pk) == given["subject"])
    facts = _facts(request, case, access, subject, given)
    found = proposals.outlook(by=request.membership, facts=facts)
    if request.method == "POST":
        _count(request, case, access, facts, found)
        return redirect(f"{reverse('referrals:next', args=[case.pk])}?{urlencode(given)}")
    context |= {
        "found": found,
        "facts": facts,
        "given": given,
        "lines": _lines(request, case, subject, facts, found.suggestions),
        "firsts": [
            {"text": first.text, "act": first.act, "url": reverse(FIRST_PAGES[first.act], args=[case.pk])}
            if first.act
            else {"text": first.text}
            for first in found.firsts
        ],
        "without_place": _without_place(case, given),
        "by_hand": f"{reverse('referrals:new', args=[case.pk])}?"
        + urlencode({"subject": subject.pk, "need": facts.need, "postal_code": facts.postal_code}),
        "provenance": in_language(found.version.provenance, get_language() or "fr") if found.version else "",
    }
    return render(request, "referrals/next.html", context)


def _offered(request: HttpRequest) -> dict[str, str]:
    """What a link to the page may already say: of whom."""
    return {"subject": request.GET["subject"]} if "subject" in request.GET else {}


def _without_place(case: Case, given: dict[str, Any]) -> str:
    """The same question of everywhere; "" where no place was asked for."""
    if not given["postal_code"]:
        return ""
    return f"{reverse('referrals:next', args=[case.pk])}?{urlencode(given | {'postal_code': ''})}#found"


def _facts(request: HttpRequest, case: Case, access: CaseAccess, subject: CasePerson, given: dict[str, Any]) -> Facts:
    """What is known here; the level counts for whom it is given to."""
    return proposals.facts_for(
        request.membership,
        need=given["need"],
        role=subject.role,
        level=case.level if access.level else "",
        asked_by=given["asked_by"] or AskedBy.SERVICE,
        mandated=given["asked_by"] == AskedBy.AUTHORITY,
        postal_code=given["postal_code"],
        language=given["language"],
    )


def _count(request: HttpRequest, case: Case, access: CaseAccess, facts: Facts, found: proposals.Proposals) -> None:
    for gap in found.missing:
        proposals.note_gap(
            by=request.membership,
            case=case,
            access=access,
            kind=gap.kind,
            need=facts.need,
            role=facts.role,
            rule=gap.rule,
            postal_code=facts.postal_code,
        )
    # the same whether it is new or not: another service of the case may have counted it, which this one may not know
    if found.missing:
        messages.success(request, _("What is missing here is counted, once for each case."))
    else:
        messages.info(request, _("No service is missing here: nothing is counted."))


def _lines(
    request: HttpRequest, case: Case, subject: CasePerson, facts: Facts, suggestions: list[Suggestion]
) -> list[dict[str, Any]]:
    """Each service with its address, already filled in; those asked for the same need say so."""
    mine = Referral.objects.between(request.membership).filter(
        OPEN, case=case, subject=subject, need=facts.need, from_agency=request.membership.agency_id
    )
    asked = dict(mine.values_list("to_agency", "pk"))
    return [
        {
            "of": each,
            "asked": asked.get(each.agency.pk),
            "url": f"{reverse('referrals:new', args=[case.pk])}?{_filled_in(subject, facts, each)}",
        }
        for each in suggestions
    ]


def _filled_in(subject: CasePerson, facts: Facts, each: Suggestion) -> str:
    """The form of a referral to this service, as it was reached: bare identifiers and codes, no name."""
    values = {
        "subject": subject.pk,
        "need": facts.need,
        "to_agency": each.agency.pk,
        "postal_code": facts.postal_code,
        "asked_by": facts.asked_by,
        "interpreter_language": "" if facts.language in each.agency.languages else facts.language,
        "rule": each.rule,
        "missing_kind": each.instead_of,
    }
    return urlencode({name: value for name, value in values.items() if value})
