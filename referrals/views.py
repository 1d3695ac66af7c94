"""Referrals sent and received, those of a case, and writing one. Acts that reach other rooms are in casework."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.perms import may_see_cases
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, for_case
from cases.models import Case
from cases.page import open_page
from cases.who_sees import network, who_sees
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7
from common.pagination import Key, KeysetPage, page_or_first, paginate

from . import perms, services
from .forms import AcceptForm, DeclineForm, ReferralForm
from .models import Need, Referral
from .preview import closed, opened, preview, to_be_opened
from .states import Act

BY_DUE = (Key("answer_due_at"), Key("id"))
LATEST = (Key("sent_at", descending=True), Key("id", descending=True))
SALT = "referrals.preview"
DAY = 24 * 60 * 60


# --- lists ------------------------------------------------------------------------------------------------------
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """`?box=sent` for what the agency sent, else what it received; `?show=all` for the answered ones too."""
    membership = request.membership
    if not may_see_cases(membership):
        raise Http404
    sent, everything = request.GET.get("box") == "sent", request.GET.get("show") == "all"
    rows = Referral.objects.between(membership).filter(**{"from_agency" if sent else "to_agency": membership.agency_id})
    page = _page(request, rows if everything else rows.waiting(), LATEST if everything else BY_DUE)
    record(
        action=Action.LISTED,
        object_kind="referrals.sent" if sent else "referrals.received",
        fields=[str(referral.pk) for referral in page.items],
    )
    known = _visible_cases(request, page.items)
    lines = [line(referral, known.get(referral.case_id), membership.agency_id) for referral in page.items]
    return render(
        request, "referrals/list.html", {"page": page, "lines": lines, "sent": sent, "everything": everything}
    )


@require_GET
def case_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The referrals of a case this agency may know of."""
    case, access, context = open_page(request, case_id, tab="referrals")
    page = _page(request, Referral.objects.of_case(access), LATEST)
    context |= {
        "page": page,
        "lines": [line(referral, case, access.agency_id, access) for referral in page.items],
        "may_refer": perms.may_refer(access),
    }
    return render(request, "referrals/case_list.html", context)


def _page(request: HttpRequest, rows: QuerySet[Referral], keys: tuple[Key, ...]) -> KeysetPage[Referral]:
    rows = rows.select_related("from_agency", "to_agency")
    return page_or_first(lambda cursor: paginate(rows, keys=keys, cursor=cursor), request.GET.get("cursor"))


def _visible_cases(request: HttpRequest, referrals: list[Referral]) -> dict[UUID, Case]:
    """The cases of these referrals that the acting person may know: the others stay without a reference."""
    ids = {referral.case_id for referral in referrals}
    return {case.pk: case for case in Case.objects.visible_to(request.membership).filter(pk__in=ids)}


def line(referral: Referral, case: Case | None, agency_id: UUID, access: CaseAccess | None = None) -> dict[str, Any]:
    """A referral as a line of a list; the reference only where the case is visible, the sender where it may be known.

    `access` is needed for referrals that the agency neither sent nor received.
    """
    known = perms.knows_sender(agency_id, referral, access)
    return {
        "referral": referral,
        "sender": referral.from_agency.short_name if known else _("another service"),
        "case": case,
        "ours": agency_id in (referral.from_agency_id, referral.to_agency_id),
        "to_us": referral.to_agency_id == agency_id,
    }


# --- one referral -----------------------------------------------------------------------------------------------
@require_GET
def detail(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """What the acting agency may read of a referral, and what it may do with it."""
    return show(request, find(request, referral_id))


def find(request: HttpRequest, referral_id: UUID) -> Referral:
    """A referral the acting agency sent, received, or may know of through its case; Http404 otherwise."""
    rows = Referral.objects.select_related("from_agency", "to_agency", "sent_by", "answered_by")
    referral = rows.filter(pk=referral_id).first()
    if referral is None:
        raise Http404
    if not Referral.objects.between(request.membership).filter(pk=referral_id).exists():
        case = Case.objects.visible_to(request.membership).filter(pk=referral.case_id).first()
        if (
            case is None
            or not Referral.objects.of_case(for_case(case, request.membership)).filter(pk=referral_id).exists()
        ):
            raise Http404
    record(action=Action.READ, case_id=referral.case_id, object_kind="referrals.detail", object_id=referral.pk)
    return referral


def show(
    request: HttpRequest, referral: Referral, *, form: Any = None, error: RuleBroken | None = None, status: int = 200
) -> HttpResponse:
    """The page of a referral; `form` is a refused answer with its errors."""
    membership = request.membership
    if error is not None:
        referral.refresh_from_db(fields=["state"])
    case = Case.objects.visible_to(membership).filter(pk=referral.case_id).first()
    to_be = to_be_opened(referral)
    sender = referral.from_agency_id == membership.agency_id
    acts = perms.acts_of(membership, referral)
    access = for_case(case, membership) if case is not None else None
    subject = None
    if access is not None:
        subject = next((one for one in services.subjects_of(access) if one.pk == referral.subject_id), None)
    known = perms.knows_sender(membership.agency_id, referral, access)
    # who reads it is told to who sees the case; the rest of it knows the two services
    seen = {"who_sees": who_sees(case, access), "seen": network(referral.side)} if access else {}
    context = seen | {
        "parties": [referral.to_agency, *([referral.from_agency] if known else [])],
        "referral": referral,
        "case": case,
        "subject": subject,
        "sender": sender,
        "from_name": referral.from_agency.name if known else _("another service"),
        "receiver": referral.to_agency_id == membership.agency_id,
        "acts": [act.value for act in acts],
        "side_warning": Act.ACCEPT in acts and perms.changes_side(membership.agency, referral.side),
        "accept_form": AcceptForm(auto_id="id_accept_%s"),
        "decline_form": form if isinstance(form, DeclineForm) else DeclineForm(auto_id="id_decline_%s"),
        "form": form,
        "refused": error.messages if error else [],
        "consent_ended": services.consent_has_ended(referral),
        "opened": opened(to_be),
        "closed": closed(to_be),
    }
    return render(request, "referrals/detail.html", context, status=status)


@require_POST
def receive(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Tell the sender that somebody has it in hand."""
    referral = find(request, referral_id)
    try:
        services.receive(by=request.membership, referral_id=referral_id)
    except RuleBroken as broken:
        return show(request, referral, error=broken, status=422)
    messages.success(request, _("The sender knows that you have received it."))
    return redirect("referrals:detail", referral_id)


# --- writing one ------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The form; POST shows what the service would see, or, with `edit`, the form again. Nothing is stored here."""
    case, access, context = open_page(request, case_id, tab="referrals")
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    if request.method == "GET":
        return write(request, context, form_for(request, access))
    if "token" in request.POST:
        typed, _key, _grants = carried(request, case)
        return write(request, context, form_for(request, access, data=typed or {}))
    form = form_for(request, access, data=request.POST)
    return look(request, context, form)


def look(request: HttpRequest, context: dict[str, Any], form: ReferralForm) -> HttpResponse:
    """What the service would see, from a form; the form again, with what is wrong."""
    case, access = context["case"], context["access"]
    valid = form.is_valid()
    try:
        proposal = services.propose(by=request.membership, case=case, access=access, asked=form.asked())
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return write(request, context, form, status=422)
    if not valid:
        return write(request, context, form, status=422)
    token = signing.dumps(
        {
            "case": str(case.pk),
            "agency": str(request.membership.agency_id),
            "key": str(uuid7()),
            "typed": form.typed(),
            "grants": list(proposal.grants),
        },
        salt=SALT,
        compress=True,
    )
    context |= {
        "proposal": proposal,
        "need": Need(proposal.asked.need).label,
        "preview": preview(case=case, proposal=proposal),
        "token": token,
    }
    return render(request, "referrals/preview.html", context)


def form_for(request: HttpRequest, access: Any, *, data: Any = None) -> ReferralForm:
    """The form of a referral for the acting agency, with what was typed."""
    return ReferralForm(
        data,
        by=request.membership,
        subjects=services.subjects_of(access),
        agencies=services.services_to_refer_to(request.membership),
    )


def write(request: HttpRequest, context: dict[str, Any], form: ReferralForm, *, status: int = 200) -> HttpResponse:
    """The page of the form."""
    context |= {"form": form}
    return render(request, "referrals/new.html", context, status=status)


def carried(request: HttpRequest, case: Case) -> tuple[dict[str, str] | None, UUID | None, list[str]]:
    """(what was typed, request key, what was previewed) from the preview's own token; None where it is not ours."""
    try:
        found = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=DAY)
    except signing.BadSignature:
        return None, None, []
    if found["case"] != str(case.pk) or found["agency"] != str(request.membership.agency_id):
        return None, None, []
    return found["typed"], UUID(found["key"]), found["grants"]
