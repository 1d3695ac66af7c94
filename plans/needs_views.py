"""Pages of what each person of a case needs, and of what of their way here is useful to know."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.enums import Need as AskedNeed
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide
from cases.models import Case, CasePerson
from cases.page import open_page
from cases.who_sees import Shown
from common.errors import Refused, RuleBroken, StaleVersion
from common.forms import show_errors

from . import needs, needs_perms
from .models import Domain, MigrationBackground, NeedLine, NeedsAssessment, NeedState, category_of
from .needs_forms import BackgroundForm, NeedsForm
from .steps import persons_of

REFERRED_AS = {
    Domain.LEGAL: AskedNeed.LEGAL,
    Domain.HEALTH: AskedNeed.HEALTH,
    Domain.PSYCHOSOCIAL: AskedNeed.PSYCHOSOCIAL,
    Domain.EMPLOYMENT: AskedNeed.EMPLOYMENT,
    Domain.EDUCATION: AskedNeed.EDUCATION,
    Domain.HOUSING: AskedNeed.HOUSING,
    Domain.RESIDENCE: AskedNeed.RESIDENCE,
    Domain.LANGUAGE: AskedNeed.LANGUAGE,
    Domain.INCOME: AskedNeed.SOCIAL,
    Domain.CHILDCARE: AskedNeed.CHILDREN,
}
"""What a referral asks for, for each domain."""


@dataclass(frozen=True)
class Row:
    """One domain of one person: what the services found, as far as it is read."""

    domain: str
    label: str
    open: bool
    found: Sequence[tuple[NeedLine, str]]
    """Each need with the service that says so, "" where that one may not be known."""
    refer_url: str

    @property
    def state(self) -> str:
        """The one that asks most of somebody: "" where nobody who may be read has asked."""
        states = {line.state for line, _by in self.found}
        return next((state for state in ORDER if state in states), "")

    @property
    def state_label(self) -> str:
        """In words."""
        return str(NeedState(self.state or NeedState.NOT_ASKED).label)


ORDER = (NeedState.NEEDED, NeedState.BEING_MET, NeedState.MET, NeedState.NONE)


@dataclass(frozen=True)
class OfPerson:
    """What is known of the needs of one person."""

    person: CasePerson
    name: str
    rows: Sequence[Row]
    assessments: Sequence[dict[str, Any]]
    past: Sequence[dict[str, Any]]
    backgrounds: Sequence[dict[str, Any]]
    may_write: bool
    mine: NeedsAssessment | None
    sees_background: bool


def fields_of(access: CaseAccess) -> tuple[str, ...]:
    """The categories the page of needs shows, for the audit."""
    kept = {category_of(domain) for domain in Domain}
    return tuple(f"{category}:{side}" for category, side in access.categories if category in kept)


@require_GET
def needs_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What each person needs, person by person, and what was found before."""
    case, access, context = open_page(request, case_id, tab="plan", page="needs", fields=())
    context["persons"] = _persons(case, access)
    context["his_side"] = access.side == ParticipationSide.PERPETRATOR
    return render(request, "plans/needs.html", context)


def _persons(case: Case, access: CaseAccess) -> list[OfPerson]:
    known = needs_perms.known_services(case, access)
    rows = list(needs.assessments_of(access)[: needs.MOST_PAST * 2])
    backgrounds = list(needs.backgrounds_of(access)[: needs.MOST_PAST])
    superseded = {row.supersedes_id for row in rows}
    former = {row.supersedes_id for row in backgrounds}
    found = []
    for person in persons_of(case, access):
        if not needs_perms.reads_side(access, person.side):
            continue
        mine = [row for row in rows if row.case_person_id == person.pk]
        held = [row for row in mine if row.pk not in superseded]
        past = [row for row in mine if row.pk in superseded]
        ways = [row for row in backgrounds if row.case_person_id == person.pk and row.pk not in former]
        may_write = needs_perms.may_write_needs(access, person)
        found.append(
            OfPerson(
                person=person,
                name=person.person.full_name or _("name not known"),
                rows=[_row(case, access, known, person, domain, held, may_write) for domain in Domain],
                assessments=[_told(access, known, row) for row in held],
                past=[_told(access, known, row) for row in past],
                backgrounds=[_background(known, row) for row in ways if not row.withdrawn],
                may_write=may_write,
                mine=next((row for row in held if row.agency_id == access.agency_id), None),
                sees_background=may_write or needs_perms.reads_background(access, person.side),
            )
        )
    return found


def _row(
    case: Case,
    access: CaseAccess,
    known: Container[UUID],
    person: CasePerson,
    domain: Domain,
    held: Iterable[NeedsAssessment],
    refers: bool,
) -> Row:
    found = [(line, _service(known, row)) for row in held for line in row.shown if line.domain == domain]
    asked = any(line.state == NeedState.NEEDED for line, _by in found)
    query = urlencode({"subject": person.pk, "need": REFERRED_AS[domain].value})
    url = f"{reverse('referrals:new', args=[case.pk])}?{query}" if asked and refers else ""
    closed = not found and not needs_perms.reads_domain(access, domain, person.side)
    mine = any(row.agency_id == access.agency_id for row in held)
    return Row(domain, capfirst(domain.label), not closed or mine, found, url)


def _service(known: Container[UUID], row: NeedsAssessment | MigrationBackground) -> str:
    """The service that wrote it, where it may be known."""
    return row.agency.short_name if row.agency_id in known else ""


def _told(access: CaseAccess, known: Container[UUID], row: NeedsAssessment) -> dict[str, Any]:
    own = row.agency_id == access.agency_id
    return {
        "row": row,
        "service": _service(known, row),
        "by": row.author.full_name if own else "",
        "partners": [each.partner.short_name for each in row.with_partners],
        "lines": [(capfirst(Domain(line.domain).label), line) for line in row.shown],
    }


def _background(known: Container[UUID], row: MigrationBackground) -> dict[str, Any]:
    said = [capfirst(row._meta.get_field(name).verbose_name) for name in needs.BACKGROUND if getattr(row, name)]
    return {"row": row, "service": _service(known, row), "said": said}


# --- writing --------------------------------------------------------------------------------------------------
def _to_write(
    request: HttpRequest, case_id: UUID, case_person_id: UUID, page: str
) -> tuple[Case, CaseAccess, dict, CasePerson]:
    case, access, context = open_page(request, case_id, tab="plan", page=page)
    person = next((each for each in persons_of(case, access) if each.pk == case_person_id), None)
    if person is None or not needs_perms.reads_side(access, person.side):
        raise Http404
    name = person.person.full_name or _("name not known")
    return case, access, context | {"person": person, "name": name}, person


@require_http_methods(["GET", "POST"])
def write_needs(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """The needs of one person as the acting service finds them, alone or with others."""
    case, access, context, person = _to_write(request, case_id, case_person_id, "write_needs")
    if not needs_perms.may_write_needs(access, person):
        raise Refused(_("Your agency does not write the needs of this person."))
    held = needs.own_of(access, person)
    partners = needs.who_took_part(case, access, person.side)
    form = NeedsForm(request.POST if request.method == "POST" else None, partners=partners, held=held)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                needs.write(
                    by=request.membership,
                    case=case,
                    access=access,
                    case_person=person,
                    needs=form.needs(),
                    partners=form.cleaned_data["partners"],
                    replaces=form.replaces_value(),
                    request_key=form.cleaned_data["request_key"],
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            except StaleVersion as stale:
                status = 409
                context |= {"stale": str(stale), "conflicts": _conflicts(stale)}
                _next_takes_its_place(form, held)
            else:
                messages.success(request, _("Written. What was found before stays readable."))
                return redirect(f"{reverse('plans:needs', args=[case.pk])}#person-{person.pk}")
    context |= {"form": form, "held": held}
    return render(request, "plans/write_needs.html", context, status=status)


def _conflicts(stale: StaleVersion) -> list[dict[str, str]]:
    return [
        {
            "label": capfirst(Domain(each["field"]).label),
            **{side: _in_words(each[side]) for side in ("yours", "theirs")},
        }
        for each in stale.conflicts
    ]


def _in_words(need: needs.Need) -> str:
    state = str(NeedState(need.state).label)
    return f"{state} · {need.words}" if need.words else state


def _next_takes_its_place(form: NeedsForm | BackgroundForm, held: Any) -> None:
    """Sent again after reading the other one, it takes its place."""
    form.data = form.data.copy()
    form.data["replaces"] = str(held.pk) if held else ""


@require_http_methods(["GET", "POST"])
def migration(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """What of one person's way here is useful, why; written, replaced or taken back by the service that holds it."""
    case, access, context, person = _to_write(request, case_id, case_person_id, "migration")
    may_write = needs_perms.may_write_background(access, person)
    rows = list(needs.backgrounds_of(access).filter(case_person=person)[: needs.MOST_PAST])
    if not may_write and not rows and not needs_perms.reads_background(access, person.side):
        raise Http404
    if request.method == "POST" and not may_write:
        raise Refused(_("Your agency does not write this of this person."))
    held = needs.own_background(access, person) if may_write else None
    former = {row.supersedes_id for row in rows}
    known = needs_perms.known_services(case, access)
    told = [_background(known, row) | {"over": row.pk in former} for row in rows]
    form = BackgroundForm(request.POST if request.method == "POST" else None, held=held) if may_write else None
    status = 200
    if request.method == "POST":
        status, done = _write_background(request, case, access, person, form, held, context)
        if done:
            return redirect(f"{reverse('plans:needs', args=[case.pk])}#person-{person.pk}")
    context |= {
        "form": form,
        "held": held if held is not None and not held.withdrawn else None,
        "told": [each for each in told if not each["over"] and not each["row"].withdrawn],
        "past": [each for each in told if each["over"] or each["row"].withdrawn],
        "shown": Shown(Category.MIGRATION, person.side, access.agency_id),
    }
    return render(request, "plans/migration.html", context, status=status)


def _write_background(
    request: HttpRequest,
    case: Case,
    access: CaseAccess,
    person: CasePerson,
    form: BackgroundForm,
    held: MigrationBackground | None,
    context: dict,
) -> tuple[int, bool]:
    """(the status of the page, whether it is written)."""
    if not form.is_valid():
        return 422, False
    try:
        needs.write_background(
            by=request.membership,
            case=case,
            access=access,
            case_person=person,
            withdrawn="withdraw" in request.POST,
            replaces=form.replaces_value(),
            request_key=form.cleaned_data["request_key"],
            **form.said(),
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
    except StaleVersion as stale:
        context["stale"] = str(stale)
        _next_takes_its_place(form, held)
        return 409, False
    else:
        messages.success(request, _("Written. What was written before stays on record."))
        return 302, True
    return 422, False
