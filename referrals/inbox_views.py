"""Referrals that arrive and are answered: the inbox and its triage, those of a case, and the page of one.

Acts that reach other rooms (accept, decline, withdraw, hand out) are in `casework.referral_views`.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.models import Membership
from agencies.perms import may_see_cases, may_tell_capacity
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, for_case
from cases.models import Case
from cases.page import open_page
from cases.who_sees import network, who_sees
from common.clock import now
from common.errors import RuleBroken
from common.forms import show_errors
from common.pagination import Key, KeysetPage, bounded_count, page_or_first, paginate
from sharing.perms import may_record_consent

from . import answering, feedback, interpreting, perms, proposals, sending
from .answer_forms import AcceptForm, AssignForm, CompleteForm, DeclineForm, FeedbackForm
from .carried import carried_words
from .models import GOING_ON, WAITING, Referral, ReferralState, Urgency
from .preview import closed, opened, to_be_opened
from .states import Act

BY_DUE = (Key("answer_due_at"), Key("id"))
LATEST = (Key("sent_at", descending=True), Key("id", descending=True))
BEGUN = Q(state__in=GOING_ON)
MOST_COUNTED = 99
FORMS: dict[str, type[forms.Form]] = {
    "accept": AcceptForm,
    "decline": DeclineForm,
    "assign": AssignForm,
    "complete": CompleteForm,
    "feedback": FeedbackForm,
}
"""The forms of the page of a referral; the ids of each begin with its name."""


# --- lists ------------------------------------------------------------------------------------------------------
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """`?box=sent` for what the agency sent, else what it received; `?show=` one of `triage`, the waiting ones unless
    said, or `all`.
    """
    membership = request.membership
    if not may_see_cases(membership):
        raise Http404
    sent = request.GET.get("box") == "sent"
    rows = Referral.objects.between(membership).filter(**{"from_agency" if sent else "to_agency": membership.agency_id})
    choices = triage(membership, sent=sent)
    wanted = request.GET.get("show", "")
    shown = wanted if wanted in choices or wanted == "all" else "waiting"
    found = rows if shown == "all" else rows.filter(choices[shown])
    page = _page(request, found, LATEST if shown in ("all", "taken") else BY_DUE)
    record(
        action=Action.LISTED,
        object_kind="referrals.sent" if sent else "referrals.received",
        fields=[str(referral.pk) for referral in page.items],
    )
    known = _visible_cases(request, page.items)
    lines = [line(referral, known.get(referral.case_id), membership.agency_id) for referral in page.items]
    for each in lines:
        each["may_take"] = (
            not sent
            and each["referral"].waits
            and each["referral"].assigned_to_id is None
            and perms.may_assign(membership, each["referral"])
        )
    context = {
        "page": page,
        "lines": lines,
        "sent": sent,
        "shown": shown,
        "tells_places": not sent
        and membership.agency.accepts_referrals
        and may_tell_capacity(membership, membership.agency_id),
        "choices": [(name, _triage_label(name, sent), _count(rows.filter(choices[name]))) for name in choices],
    }
    return render(request, "referrals/list.html", context)


def triage(membership: Membership, *, sent: bool) -> dict[str, Q]:
    """The ways to look through what was received or sent, by name, as filters."""
    late = WAITING & Q(answer_due_at__lt=now())
    if sent:
        return {"waiting": WAITING, "late": late, "queued": Q(state=ReferralState.QUEUED), "taken": BEGUN}
    mine = (WAITING & Q(assigned_to=membership.user_id)) | (BEGUN & Q(taken_by=membership.user_id))
    return {
        "waiting": WAITING,
        "unassigned": WAITING & Q(assigned_to=None),
        "mine": mine,
        "urgent": WAITING & Q(urgency=Urgency.TODAY),
        "late": late,
        "taken": BEGUN,
    }


def _triage_label(name: str, sent: bool) -> str:
    if name == "waiting":
        return pgettext("referrals", "Waiting for them") if sent else pgettext("referrals", "To answer")
    return {
        "unassigned": pgettext("referrals", "Nobody looks at it"),
        "mine": pgettext("referrals", "Mine"),
        "urgent": pgettext("referrals", "Answer today"),
        "late": pgettext("referrals", "Late"),
        "taken": pgettext("referrals", "Under way"),
        "queued": pgettext("referrals", "Next in line"),
    }[name]


def _count(rows: QuerySet[Referral]) -> str:
    found = bounded_count(rows, limit=MOST_COUNTED)
    return f"{found.value}+" if found.more else str(found.value)


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
    rows = rows.select_related("from_agency", "to_agency", "assigned_to", "taken_by")
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
    rows = Referral.objects.select_related(
        "from_agency", "to_agency", "sent_by", "answered_by", "assigned_to", "taken_by"
    )
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
    request: HttpRequest,
    referral: Referral,
    *,
    refused: tuple[str, forms.Form] | None = None,
    error: RuleBroken | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a referral; `refused` is (name in FORMS, the form with its errors), `error` an act without a form."""
    membership = request.membership
    if status != 200:
        referral.refresh_from_db(fields=["state", "round", "assigned_to", "taken_by"])
    case = Case.objects.visible_to(membership).filter(pk=referral.case_id).first()
    to_be = to_be_opened(referral)
    sender = referral.from_agency_id == membership.agency_id
    receiver = referral.to_agency_id == membership.agency_id
    out_of_time = perms.out_of_time(referral, at=now())
    acts = [act for act in perms.acts_of(membership, referral) if act == Act.WITHDRAW or not out_of_time]
    access = for_case(case, membership) if case is not None else None
    subject = None
    if access is not None:
        subject = next((one for one in sending.subjects_of(access) if one.pk == referral.subject_id), None)
    known = perms.knows_sender(membership.agency_id, referral, access)
    referral = perms.as_known(membership.agency_id, referral, access)
    # who reads it is told to who sees the case; the rest of it knows the two services
    seen = {"who_sees": who_sees(case, access), "seen": network(referral.side)} if access else {}
    context = seen | {
        "parties": [referral.to_agency, *([referral.from_agency] if known else [])],
        "referral": referral,
        "case": case,
        "subject": subject,
        "sender": sender,
        "from_name": referral.from_agency.name if known else _("another service"),
        "receiver": receiver,
        "out_of_time": out_of_time,
        "acts": [act.value for act in acts],
        "side_warning": Act.ACCEPT in acts and perms.changes_side(membership.agency, referral.side),
        "refused": error.messages if error else [],
        "form": refused[1] if refused else None,
        "consent_ended": answering.consent_has_ended(referral),
        "opened": opened(to_be),
        "closed": closed(to_be),
        "carried": carried_words(referral),
        "never_sent": referral.never_sent,
        "together": _together(membership, referral) if sender else [],
        "instead": _instead(membership, referral) if sender and case is not None else [],
        "told": feedback.told(by=membership, referral=referral),
    }
    context |= _forms(membership, referral, refused)
    if access is not None and referral.interpreter_language and interpreting.may_ask(access):
        context["interpreter_url"] = f"{reverse('referrals:interpreter_new', args=[case.pk])}?referral={referral.pk}"
    if "feedback_form" in context:
        fields = context["feedback_form"].fields
        context["no_consent"] = not fields["consent"].widget.choices[1:]
        # a form that nothing could let through is not offered
        context["nothing_to_rest_on"] = (
            context["no_consent"] and len(fields["basis"].widget.choices) == 1 and not context["feedback_form"].is_bound
        )
        context["may_record_consent"] = (
            subject is not None and access is not None and may_record_consent(access, subject)
        )
    return render(request, "referrals/detail.html", context, status=status)


def form_of(name: str, membership: Membership, referral: Referral, data: Any = None) -> forms.Form:
    """The form `name` of the page of a referral, as this member is offered it."""
    options: dict[str, Any] = {"auto_id": f"id_{name}_%s"}
    match name:
        case "accept":
            options |= {"team": answering.team(referral), "me": membership.user_id}
        case "assign":
            options |= {"team": answering.team(referral), "taken": referral.taken}
            if data is None:
                holder = referral.taken_by_id if referral.taken else referral.assigned_to_id
                options["initial"] = {"assigned_to": str(holder or "")}
        case "feedback":
            options["bases"] = perms.feedback_bases(referral)
            options["consents"] = feedback.consents_for(by=membership, referral=referral)
    return FORMS[name](data, **options)


def _forms(membership: Membership, referral: Referral, refused: tuple[str, forms.Form] | None) -> dict[str, forms.Form]:
    """The forms of the acts this member may do now, by "name_form"; the refused one as it was typed."""
    acts = perms.acts_of(membership, referral)
    offered = [act.value for act in acts if act.value in FORMS]
    if perms.may_assign(membership, referral):
        offered.append("assign")
    if perms.may_tell_content(membership, referral):
        offered.append("feedback")
    found = {f"{name}_form": form_of(name, membership, referral) for name in offered}
    if refused:
        found[f"{refused[0]}_form"] = refused[1]
    return found


def _together(membership: Membership, referral: Referral) -> list[Referral]:
    """The others asked with it, in their order, for the sender."""
    if referral.round is None:
        return []
    rows = Referral.objects.between(membership).filter(round=referral.round, from_agency=membership.agency_id)
    return list(rows.exclude(pk=referral.pk).select_related("to_agency").order_by("rank"))


def _instead(membership: Membership, referral: Referral) -> list[proposals.Suggestion]:
    """Whom else the sender may ask, in one click, once a service has said no or has not answered."""
    if referral.state not in (ReferralState.DECLINED, ReferralState.EXPIRED) or not may_see_cases(membership):
        return []
    asked = Referral.objects.between(membership).filter(
        case=referral.case_id, subject=referral.subject_id, need=referral.need, from_agency=membership.agency_id
    )
    return proposals.alternatives(
        by=membership,
        need=referral.need,
        postal_code=referral.postal_code,
        role=referral.subject_role,
        excluding=set(asked.values_list("to_agency", flat=True)),
    )


# --- acts of this room ------------------------------------------------------------------------------------------
@require_POST
def receive(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Tell the sender that somebody has it in hand."""
    referral = find(request, referral_id)
    try:
        answering.receive(by=request.membership, referral_id=referral_id)
    except RuleBroken as broken:
        return show(request, referral, error=broken, status=422)
    messages.success(request, _("The sender knows that you have received it."))
    return redirect("referrals:detail", referral_id)


@require_POST
def begin(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Tell the sender that the work has begun."""
    referral = find(request, referral_id)
    try:
        answering.begin(by=request.membership, referral_id=referral_id)
    except RuleBroken as broken:
        return show(request, referral, error=broken, status=422)
    messages.success(request, _("The sender knows that the work has begun."))
    return redirect("referrals:detail", referral_id)


@require_http_methods(["GET", "POST"])
def complete(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Say what became of it."""
    if request.method == "GET":
        return redirect("referrals:detail", referral_id)
    referral = find(request, referral_id)
    form = form_of("complete", request.membership, referral, request.POST)
    form.is_valid()
    try:
        answering.complete(by=request.membership, referral_id=referral_id, result=form.cleaned_data.get("result", ""))
    except RuleBroken as broken:
        return refuse(request, referral, "complete", form, broken)
    messages.success(request, _("Completed. The sender is told what became of it."))
    return redirect("referrals:detail", referral_id)


@require_http_methods(["GET", "POST"])
def give_feedback(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Tell the sender of the work, with consent or by right."""
    if request.method == "GET":
        return redirect("referrals:detail", referral_id)
    referral = find(request, referral_id)
    form = form_of("feedback", request.membership, referral, request.POST)
    form.is_valid()
    typed = form.cleaned_data
    try:
        feedback.give(
            by=request.membership,
            referral_id=referral_id,
            text=typed.get("text", ""),
            basis=typed.get("basis", ""),
            consent_id=typed.get("consent"),
            request_key=typed.get("key"),
        )
    except RuleBroken as broken:
        return refuse(request, referral, "feedback", form, broken)
    messages.success(request, _("Sent. The sender is told that something waits to be read."))
    return redirect("referrals:detail", referral_id)


def refuse(request: HttpRequest, referral: Referral, name: str, form: forms.Form, broken: RuleBroken) -> HttpResponse:
    """The page with why the act was refused: by the fields of its form, else on top."""
    referral.refresh_from_db(fields=["state"])
    if set(broken.errors) & set(form.fields) or form.errors:
        show_errors(form, {field: words for field, words in broken.errors.items() if field not in form.errors})
        return show(request, referral, refused=(name, form), status=422)
    return show(request, referral, error=broken, status=422)
