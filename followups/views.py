"""What is due: the list of an agency, and the page of a J+2 contact with its script."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from agencies.perms import may_see_cases
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, grants_of
from cases.enums import Category, ContactKind, Safe, Side
from cases.models import Case
from cases.notes import corrections, words
from cases.page import safe_contacts, short_names
from cases.perms import in_doubt, may_change_contact
from common import phones
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.languages import names as language_names
from common.pagination import Key, KeysetPage, page_or_first, paginate

from . import calling, wording
from .forms import AttemptForm, ClaimForm, FilterForm, WithdrawalForm
from .models import SETTLING_OUTCOMES, ContactAttempt, FollowUp, FollowUpKind
from .perms import knows_report, may_act, may_call, may_dial, owes

IDENTITY = f"{Category.IDENTITY}:{Side.VICTIM}"
CONTACT = f"{Category.CONTACT}:{Side.VICTIM}"
OPEN_KEYS = (Key("due_at"), Key("id"))
CALLS = {
    FollowUpKind.J2_CONTACT: "followups/detail.html",
    FollowUpKind.WITHDRAWAL_CHECK: "followups/withdrawal_check.html",
}
"""Follow-ups done on a page of this room: she is called."""
SETTLED_KEYS = (Key("settled_at", descending=True), Key("id", descending=True))


# --- the list -------------------------------------------------------------------------------------------------
@require_GET
def follow_up_list(request: HttpRequest) -> HttpResponse:
    """What the acting agency owes, the latest first; what is settled on demand."""
    if not may_see_cases(request.membership):
        raise Http404
    form = FilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    settled = chosen.get("state") == "settled"
    found = FollowUp.objects.owed_or_asked(request.membership).filter(settled_at__isnull=not settled)
    if kind := chosen.get("kind"):
        found = found.filter(kind=kind)
    if chosen.get("mine"):
        found = found.filter(assigned_to=request.user)
    found = found.select_related("assigned_to")
    keys = SETTLED_KEYS if settled else OPEN_KEYS
    page = page_or_first(lambda cursor: paginate(found, keys=keys, cursor=cursor), request.GET.get("cursor"))
    record(
        action=Action.LISTED,
        object_kind="followups.FollowUp",
        fields=[str(follow_up.pk) for follow_up in page.items],
    )
    filtered = bool(chosen.get("kind") or chosen.get("mine"))
    context = {"page": page, "lines": _lines(request, page), "form": form, "settled": settled, "filtered": filtered}
    return render(request, "followups/list.html", context)


def _lines(request: HttpRequest, page: KeysetPage[FollowUp]) -> list[dict[str, Any]]:
    """The page as lines to act on (components/work_line.html); names and levels only where they are open."""
    case_ids = list({follow_up.case_id for follow_up in page.items})
    accesses = grants_of(case_ids, request.membership)
    names = short_names(accesses.values())
    # the case of a referral that is not answered yet is out of reach: its line says no more than that
    cases = {case.pk: case for case in Case.objects.visible_to(request.membership).filter(pk__in=list(accesses))}
    verbs = {
        FollowUpKind.J2_CONTACT: (_("Call the victim (J+2)"), _("Prepare the call")),
        FollowUpKind.REASSESSMENT: (_("Assess the risk again"), _("Open the assessments")),
        FollowUpKind.REFERRAL_ANSWER: (_("Answer a referral"), _("Read and answer")),
        FollowUpKind.REQUEST_ANSWER: (_("Answer an information request"), _("Read and answer")),
        FollowUpKind.WITHDRAWAL_CHECK: (_("Ask safely about the withdrawn consent"), _("Prepare the call")),
        FollowUpKind.VERIFICATION: (_("Verify an assessment"), _("Read and verify")),
        FollowUpKind.COORDINATED_PLAN: (_("Agree on a coordinated plan"), _("Open")),
        FollowUpKind.PROSECUTOR_DECISION: (_("Decide on what was received"), _("Read and decide")),
        FollowUpKind.APPOINTMENT: (_("Say what became of an appointment"), _("Open")),
        FollowUpKind.DETENTION: (_("Say whether he is still detained"), _("Open")),
        FollowUpKind.RELEASE: (_("Tell her of a release, and confirm it"), _("Prepare the call")),
    }
    lines = []
    for follow_up in page.items:
        by_letter = follow_up.agency_id == follow_up.planned_by_agency_id
        what, act = verbs.get(follow_up.kind, (capfirst(follow_up.get_kind_display()), _("Open")))
        if follow_up.kind == FollowUpKind.REFERRAL_ANSWER and by_letter:
            what, act = _("Get the answer to a referral sent by letter"), _("Open")
        holder = follow_up.assigned_to
        access = accesses.get(follow_up.case_id)
        case = cases.get(follow_up.case_id)
        level = case is not None and access.level
        lines.append(
            {
                "what": what,
                "reference": case.reference if case else "",
                "url": reverse("cases:summary", args=[follow_up.case_id]) if case else "",
                "initials": names.get(follow_up.case_id, ""),
                "level": case.level if level else "",
                "level_date": case.level_at if level else None,
                "detail": _("taken on by %(who)s") % {"who": holder.full_name} if holder else "",
                "due": None if follow_up.settled_at else follow_up.due_at,
                "due_text": wording.outcome_text(follow_up),
                "action_url": wording.path_of(follow_up),
                "action_label": pgettext("action", "Read") if follow_up.settled_at else act,
                "primary": follow_up.settled_at is None and follow_up.kind == FollowUpKind.J2_CONTACT,
            }
        )
    return lines


# --- the J+2 contact ------------------------------------------------------------------------------------------
@require_POST
def answer(request: HttpRequest, follow_up_id: UUID) -> HttpResponse:
    """Write down what she said about a consent she withdrew; a refused form comes back with everything typed."""
    follow_up, access = calling.get_follow_up(follow_up_id, request.membership)
    form = WithdrawalForm(request.POST)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("answer", "note", "next_at")}
        try:
            answered = calling.answer_withdrawal_check(by=request.membership, follow_up_id=follow_up_id, **given)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            if answered.settled_at:
                messages.success(request, _("Recorded. Nobody will be reminded of it."))
            else:
                messages.success(request, _("Recorded. You will be reminded of the next attempt."))
            return redirect("followups:detail", follow_up_id)
    elif not may_act(request.membership, access, follow_up):
        raise Refused(_("Only the agency that has to make this contact can write in it."))
    if follow_up.kind != FollowUpKind.WITHDRAWAL_CHECK:
        raise Http404
    revealed = bool(request.POST.get("revealed")) and may_call(request.membership, access, follow_up)
    return _page(request, follow_up, access, form=form, revealed=revealed)


@require_GET
def detail(request: HttpRequest, follow_up_id: UUID) -> HttpResponse:
    """A call to her: the safe-contact rule, the script, how it went. Other kinds lead to where they are done."""
    follow_up, access = calling.get_follow_up(follow_up_id, request.membership)
    if follow_up.kind not in CALLS:
        return redirect(wording.path_of(follow_up))
    return _page(request, follow_up, access)


@require_POST
def number(request: HttpRequest, follow_up_id: UUID) -> HttpResponse:
    """The same page once the rule has been read: the number in full, and that it was shown on record."""
    follow_up, access = calling.get_follow_up(follow_up_id, request.membership)
    if follow_up.kind not in CALLS:
        raise Http404
    if not may_call(request.membership, access, follow_up):
        raise Refused(_("The number is shown to whoever makes the call, while it is due."))
    return _page(request, follow_up, access, revealed=True)


@require_POST
def claim(request: HttpRequest, follow_up_id: UUID) -> HttpResponse:
    """“I take it on.”"""
    form = ClaimForm(request.POST)
    held_by = form.cleaned_data["held_by"] if form.is_valid() else None
    try:
        calling.claim(by=request.membership, follow_up_id=follow_up_id, held_by=held_by)
    except RuleBroken as broken:
        messages.error(request, str(broken))
    else:
        messages.success(request, _("You have taken this contact on."))
    return redirect("followups:detail", follow_up_id)


@require_POST
def attempt(request: HttpRequest, follow_up_id: UUID) -> HttpResponse:
    """Write down how the call went; a refused form comes back with everything typed."""
    follow_up, access = calling.get_follow_up(follow_up_id, request.membership)
    if follow_up.kind not in CALLS:
        raise Http404
    if follow_up.kind == FollowUpKind.WITHDRAWAL_CHECK:
        return redirect("followups:detail", follow_up_id)
    form = AttemptForm(request.POST)
    valid = form.is_valid()
    given = {name: value for name, value in form.cleaned_data.items() if name != "revealed"}
    if valid:
        try:
            made = calling.record_attempt(by=request.membership, follow_up_id=follow_up_id, **given)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            if made.outcome in SETTLING_OUTCOMES:
                messages.success(request, _("Recorded. This contact is settled; nobody will be reminded of it."))
            else:
                messages.success(request, _("Recorded. You will be reminded of the next attempt."))
            return redirect("followups:detail", follow_up_id)
    elif not may_act(request.membership, access, follow_up):
        raise Refused(_("Only the agency that has to make this contact can write in it."))
    revealed = bool(request.POST.get("revealed")) and may_call(request.membership, access, follow_up)
    return _page(request, follow_up, access, form=form, revealed=revealed)


def _page(
    request: HttpRequest,
    follow_up: FollowUp,
    access: CaseAccess,
    *,
    form: AttemptForm | WithdrawalForm | None = None,
    revealed: bool = False,
) -> HttpResponse:
    """The page for who owes it; its state alone for who planned it. 422 when the form was refused."""
    mine = owes(request.membership, follow_up)
    acts = may_act(request.membership, access, follow_up)
    calls = may_call(request.membership, access, follow_up)
    identified = mine and access.can(Category.IDENTITY, Side.VICTIM)
    fields = [IDENTITY] * identified + [CONTACT] * (revealed or mine)
    record(
        action=Action.READ,
        case_id=follow_up.case_id,
        object_kind="followups.number" if revealed else "followups.FollowUp",
        object_id=follow_up.pk,
        fields=fields,
    )
    attempts = ContactAttempt.objects.filter(follow_up=follow_up).select_related("author").order_by("-at")
    if mine:
        attempts = _with_words(attempts, follow_up.case, access)
    else:
        attempts = attempts.only("outcome", "at", "next_at", "author__given_name", "author__family_name")
    contacts = _contacts(follow_up, access, revealed) if mine and not follow_up.settled_at else []
    person = follow_up.about.person if identified and follow_up.about else None
    context = {
        "follow_up": follow_up,
        "case": follow_up.case,
        "report_reference": follow_up.report_reference if knows_report(access, follow_up) else "",
        "mine": mine,
        "acts": acts,
        "calls": calls,
        "person": person,
        "languages": language_names(person.languages) if person else "",
        "outcome_text": wording.outcome_text(follow_up),
        "contacts": contacts,
        "dialable": any(contact["dialable"] for contact in contacts),
        "revealed": revealed,
        "form": form or _form_of(follow_up, revealed),
        "attempts": attempts,
        "number_in_doubt": any(in_doubt(contact["point"]) for contact in contacts),
        "escalated": follow_up.step > 1 and not follow_up.settled_at,
    }
    refused = form is not None and bool(form.errors)
    return render(request, CALLS[FollowUpKind(follow_up.kind)], context, status=422 if refused else 200)


def _form_of(follow_up: FollowUp, revealed: bool) -> AttemptForm | WithdrawalForm:
    if follow_up.kind == FollowUpKind.WITHDRAWAL_CHECK:
        return WithdrawalForm(initial={"revealed": revealed})
    return AttemptForm(initial={"request_key": uuid4(), "revealed": revealed})


def _with_words(attempts: QuerySet[ContactAttempt], case: Case, access: CaseAccess) -> list[ContactAttempt]:
    """The attempts with `said`, what she said as it stands in the note of each. One query more where one has a note."""
    found = list(attempts.select_related("note"))
    later = corrections(case, access) if any(attempt.note for attempt in found) else {}
    for attempt in found:
        latest = later.get(attempt.note_id, [attempt.note])[-1]
        attempt.said = "\n".join(text for _label, text in words(latest)) if latest else ""
    return found


def _contacts(follow_up: FollowUp, access: CaseAccess, revealed: bool) -> list[dict[str, Any]]:
    """The victim's ways to be reached as the banner says them, the whole number added once the rule has been read."""
    found = []
    for contact in safe_contacts(follow_up.case, access):
        point = contact["point"]
        dialable = may_dial(point) and point.kind == ContactKind.PHONE
        shown = phones.display(point.value) if revealed and dialable else ""
        found.append(
            contact
            | {
                "dialable": dialable,
                "number": shown,
                "call": point.value if shown and point.safe == Safe.YES else "",
                "may_change": may_change_contact(access, point.side),
            }
        )
    return found
