"""Detention and release of a case: written down, asked again, and she is told."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.models import Agency
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.enums import Category, ContactKind, Safe, Side
from cases.models import Case
from cases.page import open_page, safe_contacts
from cases.perms import in_doubt, may_change_contact
from common import phones
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from followups.perms import may_dial
from plans import custody, custody_writing, release_telling
from plans import custody_perms as perms
from plans.custody import Standing
from plans.models import Release, ReleaseAlert, ReleaseAsk, ReleaseKind, ReleaseTelling, Told
from plans.needs_perms import known_services

from .custody_forms import AnswerForm, DetainForm, ReleaseForm, TellForm, WishForm
from .detaining import answer, detain
from .releasing import enter_release, tell

FEW = 20
JUDICIAL = f"{Category.JUDICIAL}:{Side.CASE}"
CONTACT = f"{Category.CONTACT}:{Side.VICTIM}"


def _open(request: HttpRequest, case_id: UUID, *, page: str) -> tuple[Case, CaseAccess, dict]:
    """The page, the reading recorded; Http404 for who has nothing to read or to write here."""
    case, access = get_case(case_id, request.membership)
    if not perms.opens_page(request.membership, access, case) and not (
        custody.detentions_of(case, access).exists() or custody.alerts_of(case, access).exists()
    ):
        raise Http404
    fields = (JUDICIAL,) * perms.reads_custody(access) + (CONTACT,) * perms.reads_wishes(access)
    return open_page(request, case.pk, tab="plan", page=page, fields=fields or ("summary:case",))


# --- reading ----------------------------------------------------------------------------------------------------
@require_GET
def custody_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Who is detained, what is planned, whether she is to be told."""
    case, access, context = _open(request, case_id, page="custody")
    names = custody.named(custody.who_may_be(case, access))
    rows = custody.standings(case, access, custody.detentions_of(case, access).order_by("-since", "-pk")[:FEW])
    alone = custody.releases_of(case, access).filter(detention=None).order_by("-at", "-pk")[:FEW]
    alerts = list(custody.alerts_of(case, access).order_by("-opened_at", "-pk")[:FEW])
    enters, known = perms.may_enter(request.membership, access), known_services(case, access)
    context |= {
        "rows": [_row(each, known, names) for each in rows],
        "releases": [_release(each, known, names) for each in alone],
        "alerts": _alert_lines(alerts, case, access, known),
        "reads_alerts": perms.reads_alerts(access, case),
        "wishes": _wishes(case, access),
        "may_enter": enters,
        "may_wish": perms.may_write_wish(access),
    }
    return render(request, "casework/custody.html", context)


def _row(standing: Standing, known: frozenset[UUID], names: dict[UUID, str]) -> dict[str, Any]:
    detention = standing.detention
    if standing.owner is not None and standing.owner.pk not in known:
        standing = replace(standing, owner=None)
    return {
        "standing": standing,
        "detention": detention,
        "who": names.get(detention.case_person_id, ""),
        "agency": _agency(detention.agency, known),
        "planned": standing.planned,
        "released": standing.released,
        "open": standing.state != "released",
    }


def _release(release: Release, known: frozenset[UUID], names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "release": release,
        "who": names.get(release.case_person_id, ""),
        "agency": _agency(release.agency, known),
    }


def _agency(agency: Agency, known: frozenset[UUID]) -> str:
    """Which service it is, where it is one of those that may be known."""
    return agency.short_name if agency.pk in known else _("another service")


def _who(telling: ReleaseTelling, known: frozenset[UUID]) -> str:
    """Who said it, with their service; neither where the service may not be known."""
    name = _agency(telling.agency, known)
    return f"{telling.author.full_name}, {name}" if telling.agency_id in known else name


def _wishes(case: Case, access: CaseAccess) -> list[dict[str, Any]]:
    wishes = custody.wishes_of(case, access)
    return [
        {"who": each.person.full_name or each.get_role_display(), "wish": wishes.get(each.pk), "person": each}
        for each in custody.victims_of(case, access)
    ]


def _alert_lines(
    alerts: Iterable[ReleaseAlert], case: Case, access: CaseAccess, known: frozenset[UUID]
) -> list[dict[str, Any]]:
    """Each alert with what settled it, and after how long. One query."""
    alerts = list(alerts)
    settled = ReleaseTelling.objects.filter(custody.tellings_readable(case, access), alert__in=alerts).exclude(
        outcome=Told.NOT_REACHED
    )
    found = {each.alert_id: each for each in settled.select_related("agency", "author")}
    return [{"alert": each, **_settled(each, found.get(each.pk), known)} for each in alerts]


def _settled(alert: ReleaseAlert, telling: ReleaseTelling | None, known: frozenset[UUID]) -> dict[str, Any]:
    if telling is None:
        return {"settled": None}
    return {
        "settled": telling,
        "agency": _agency(telling.agency, known) if telling.agency else "",
        "after": in_words(telling.took(alert)),
    }


def in_words(span: timedelta) -> str:
    """How long it took: “3 h 05 min”, “12 min”."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return _("%(count)d min") % {"count": minutes}
    return _("%(hours)d h %(minutes)02d min") % {"hours": minutes // 60, "minutes": minutes % 60}


# --- he is detained ---------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def detain_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write down that he is detained."""
    case, access, context = _open(request, case_id, page="detain")
    if not perms.may_enter(request.membership, access):
        raise Refused(_("Police, justice and programmes that take part write down a detention."))
    persons = custody.who_may_be(case, access)
    owners = custody.owners_for(request.membership, case, access)
    initial = {"owner": str(request.membership.agency_id)} | _only(persons)
    form = DetainForm(request.POST or None, persons=persons, owners=owners, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = dict(form.cleaned_data)
            given["case_person_id"], given["owner_id"] = given.pop("case_person"), given.pop("owner")
            try:
                detain(by=request.membership, case_id=case.pk, **given)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(
                    request, _("Written down. The service you chose is asked whether he is still detained.")
                )
                return redirect("casework:custody", case.pk)
        status = 422
    return render(request, "casework/detain.html", context | {"form": form, "nobody": not persons}, status=status)


@require_http_methods(["GET", "POST"])
def detention(request: HttpRequest, case_id: UUID, detention_id: UUID) -> HttpResponse:
    """One detention, and “still detained?”; the id may be that of the question."""
    case, access, context = _open(request, case_id, page="detention")
    found = custody.get_detention(case, access, detention_id)
    (standing,) = custody.standings(case, access, [found])
    enters = perms.may_enter(request.membership, access)
    may_answer = perms.may_answer(access, enters=enters, asked=standing.asked)
    if request.method == "POST" and not may_answer:
        raise Refused(_("The service that is asked answers, and police, justice and programmes that take part."))
    last = standing.answers[0] if standing.answers else None
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"seen": last.pk if last else None, "next_judicial_on": _still_to_come(standing)},
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                answer(by=request.membership, case_id=case.pk, detention_id=found.pk, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Recorded. The question comes again by the next date."))
                return redirect("casework:detention", case.pk, found.pk)
        status = 422
    names, known = custody.named(custody.who_may_be(case, access)), known_services(case, access)
    context |= _row(standing, known, names) | {
        "form": form,
        "answers": [{"answer": each, "agency": _agency(each.agency, known)} for each in standing.answers],
        "releases": [_release(each, known, names) for each in standing.releases],
        "may_answer": standing.state != "released" and may_answer,
        "may_enter": enters,
    }
    return render(request, "casework/detention.html", context, status=status)


def _still_to_come(standing: Standing) -> date | None:
    day = standing.next_judicial_on
    return day if day is not None and day >= local(now()).date() else None


def _only(persons: list[Any]) -> dict[str, str]:
    return {"case_person": str(persons[0].pk)} if len(persons) == 1 else {}


# --- he is released ---------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def enter_release_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write down that he is out, or when he will be. What follows from it is told to others, not here."""
    case, access, context = _open(request, case_id, page="enter_release")
    if not perms.may_enter(request.membership, access):
        raise Refused(_("Police, justice and programmes that take part write down a release."))
    persons = custody.who_may_be(case, access)
    planned = custody.releases_of(case, access).filter(kind=ReleaseKind.PLANNED, superseded_by=None).exists()
    form = ReleaseForm(request.POST or None, persons=persons, planned=planned, initial=_only(persons))
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = dict(form.cleaned_data)
            given["case_person_id"] = given.pop("case_person")
            try:
                enter_release(by=request.membership, case_id=case.pk, **given)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Written down: whoever has to know is told now."))
                return redirect("casework:custody", case.pk)
        status = 422
    return render(
        request, "casework/enter_release.html", context | {"form": form, "nobody": not persons}, status=status
    )


@require_http_methods(["GET", "POST"])
def release_wish(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write down whether she wishes to be told of a release. 404 for who does not reach her."""
    case, access = get_case(case_id, request.membership)
    if not perms.reads_wishes(access):
        raise Http404
    case, access, context = open_page(request, case.pk, tab="plan", page="release_wish", fields=(CONTACT,))
    if not perms.may_write_wish(access):
        raise Refused(_("Who reaches her writes down what she wishes."))
    persons = custody.victims_of(case, access)
    form = WishForm(request.POST or None, persons=persons, initial=_only(persons))
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = dict(form.cleaned_data)
            given["case_person_id"] = given.pop("case_person")
            try:
                custody_writing.write_wish(by=request.membership, case=case, access=access, **given)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Written down. She may change her mind whenever she wants."))
                return redirect("casework:custody", case.pk)
        status = 422
    context |= {"form": form, "nobody": not persons, "wishes": _wishes(case, access)}
    return render(request, "casework/release_wish.html", context, status=status)


# --- she is told ------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def release_alert(request: HttpRequest, case_id: UUID, release_alert_id: UUID) -> HttpResponse:
    """Tell her, and say who was told; the id may be that of what this service was asked. 404 on his side."""
    case, access, context = _open(request, case_id, page="release_alert")
    alert = custody.get_alert(case, access, release_alert_id)
    if request.method == "GET":
        return _alert_page(request, case, access, context, alert)
    if not perms.may_tell(access):
        raise Refused(_("You can read this alert but not answer it."))
    form = _tell_form(case, access, request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        given["contact_point_id"] = given.pop("contact_point", None)
        try:
            made = tell(by=request.membership, case_id=case.pk, alert_id=alert.pk, **given)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            if made.settles:
                messages.success(request, _("Recorded: everybody who was asked is told that it is done."))
            else:
                messages.warning(request, _("Recorded. The alert goes on until somebody names who was told."))
            return redirect("casework:release_alert", case.pk, alert.pk)
    return _alert_page(request, case, access, context, alert, form=form)


@require_POST
def release_number(request: HttpRequest, case_id: UUID, release_alert_id: UUID) -> HttpResponse:
    """The same page once the rule has been read: her number in full, and that it was shown on record."""
    case, access, context = _open(request, case_id, page="release_alert")
    alert = custody.get_alert(case, access, release_alert_id)
    if not perms.may_tell(access) or not access.can(Category.CONTACT, Side.VICTIM) or alert.settled:
        raise Refused(_("The number is shown to whoever makes the call, while it is due."))
    record(
        action=Action.READ,
        case_id=case.pk,
        object_kind="casework.release_number",
        object_id=alert.pk,
        fields=(CONTACT,),
    )
    return _alert_page(request, case, access, context, alert, revealed=True)


def _tell_form(case: Case, access: CaseAccess, data: Any = None) -> TellForm:
    points = release_telling.numbers_for(case, access)
    numbers = [(str(each.pk), phones.masked(each.value)) for each in points]
    return TellForm(data, numbers=numbers, not_wished=release_telling.none_wishes_it(case, access))


def _alert_page(
    request: HttpRequest,
    case: Case,
    access: CaseAccess,
    context: dict,
    alert: ReleaseAlert,
    *,
    form: TellForm | None = None,
    revealed: bool = False,
) -> HttpResponse:
    tellings = list(release_telling.tellings_of(case, access, alert)[:FEW])
    settled = next((each for each in tellings if each.settles), None)
    asks = ReleaseAsk.objects.filter(alert=alert).select_related("agency").order_by("at", "pk")
    acts, known = settled is None and perms.may_tell(access), known_services(case, access)
    context |= {
        "alert": alert,
        **_settled(alert, settled, known),
        "acts": acts,
        "contacts": _contacts(case, access, revealed) if acts else [],
        "revealed": revealed,
        "wishes": _wishes(case, access),
        "may_wish": perms.may_write_wish(access),
        "form": form or (_tell_form(case, access) if acts else None),
        "tellings": [
            {"telling": each, "who": _who(each, known) if each.agency else ""} for each in tellings
        ],
        "asks": [
            {"name": _agency(each.agency, known), "why": each.get_asked_as_display(),
             "phone": each.agency.duty_phone if each.agency_id in known else "",
             "own": each.agency_id == access.agency_id}
            for each in asks
        ],
        "we_lead": case.lead_agency_id == access.agency_id and access.contribute,
    }  # fmt: skip
    context["dialable"] = any(each["dialable"] for each in context["contacts"])
    status = 422 if form is not None and form.errors else 200
    return render(request, "casework/release_alert.html", context, status=status)


def _contacts(case: Case, access: CaseAccess, revealed: bool) -> list[dict[str, Any]]:
    """Her ways to be reached as the banner says them, the whole number added once the rule has been read."""
    found = []
    for contact in safe_contacts(case, access):
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
                "doubt": in_doubt(point),
            }
        )
    return found
