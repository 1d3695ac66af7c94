"""The page of one child, under the people of the case: what the child lived through, who knows the child, with whom."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Action
from audit.services import record
from common import pdf
from common.clock import age
from common.errors import Refused, RuleBroken, StaleVersion
from common.forms import show_errors
from common.templatetags.ui import written

from . import children
from .access import CaseAccess, get_case
from .child_forms import ArrangementForm, ContactForm, GenderForm
from .enums import Category, PersonRole, Side
from .models import Case, CasePerson, ChildArrangement
from .page import open_page
from .perms import may_write_of_children, never_his, reads_children, shows_person
from .who_sees import Shown

FIELDS = (f"{Category.CHILDREN}:{Side.VICTIM}",)


@dataclass(frozen=True)
class Child:
    """A child as one agency knows it: `row` is None where only its own past work about the child is left to read."""

    pk: UUID
    row: CasePerson | None

    @property
    def name(self) -> str:
        """The name, or what stands for it."""
        if self.row is None:
            return _("A child of this case")
        return self.row.person.full_name or _("A child whose name is not known")


def _find(access: CaseAccess, case_person_id: UUID) -> Child:
    """The child; Http404 on his side, and for who reads neither of the children nor own words about this one."""
    if never_his(access):
        raise Http404
    rows = CasePerson.objects.filter(case=access.case_id, pk=case_person_id, role=PersonRole.CHILD)
    row = rows.select_related("person").first()
    known = row is not None and shows_person(access, row)
    if known and reads_children(access):
        return Child(case_person_id, row)
    own = any(
        found.filter(case_person=case_person_id).exists()
        for found in (children.contacts(access), children.arrangements(access))
    )
    if not own and not any(each.child == case_person_id for each in children.lived(access)):
        raise Http404
    return Child(case_person_id, row if known else None)


def _open(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> tuple[Case, CaseAccess, dict, Child]:
    case, access, context = open_page(request, case_id, tab="people", page="child", fields=FIELDS)
    found = _find(access, case_person_id)
    return case, access, context | {"child": found}, found


def _to_write(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> tuple[Case, CaseAccess, dict, CasePerson]:
    case, access, context, found = _open(request, case_id, case_person_id)
    if found.row is None or not may_write_of_children(access):
        raise Refused(_("Your agency does not write about the children of this case."))
    return case, access, context, found.row


@require_GET
def child(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """One child: what was lived through, who knows the child, with whom the child is."""
    _case, access, context, found = _open(request, case_id, case_person_id)
    rows = [row for row in children.lived(access) if row.child == found.pk]
    arranged = children.arrangements(access).filter(case_person=found.pk).select_related("agency")
    history = list(arranged[: children.MOST_PAST])
    known = children.contacts(access).filter(case_person=found.pk).select_related("agency")
    contacts = list(known.order_by("ended_at", "recorded_at")[: children.MOST_PAST])
    writes = found.row is not None and may_write_of_children(access)
    for each in (*history, *contacts):
        each.by = each.agency.short_name if access.knows_service(each.agency_id) else ""
    born = found.row.person.birth_date if found.row else None
    context |= {
        "age": age(born),
        "lived": rows,
        "victim": any(row.victim for row in rows),
        "holding": history[0] if history else None,
        "arrangements": history,
        "past_arrangements": history[1:],
        "contacts": [each for each in contacts if each.ended_at is None],
        "past_contacts": [each for each in contacts if each.ended_at is not None],
        "writes": writes,
        "gender_form": GenderForm() if writes and not found.row.person.gender else None,
        "shown": Shown(Category.CHILDREN, Side.VICTIM, never_his=True),
        "complete_url": children.to_complete(request.membership, access, found.pk) if writes else "",
        "prompts": children.prompts_for(found.row) if writes else None,
    }
    return render(request, "cases/child.html", context)


@require_POST
def gender(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """Whether the child is a girl or a boy, where nobody has written it."""
    case, access, _context, row = _to_write(request, case_id, case_person_id)
    try:
        children.say_gender(
            by=request.membership, case=case, access=access, child=row, gender=request.POST.get("gender", "")
        )
    except RuleBroken as broken:
        messages.error(request, " ".join(map(str, broken.messages)))
    else:
        messages.success(request, _("Written."))
    return redirect("cases:child", case.pk, row.pk)


# --- who knows the child --------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def new_contact(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """Another place or person that knows the child."""
    case, access, context, row = _to_write(request, case_id, case_person_id)
    return _contact_form(request, case, access, context, row, replaces=None)


@require_http_methods(["GET", "POST"])
def replace_contact(request: HttpRequest, case_id: UUID, case_person_id: UUID, contact_id: UUID) -> HttpResponse:
    """Other words in the place of those in force, which end and stay on record."""
    case, access, context, row = _to_write(request, case_id, case_person_id)
    return _contact_form(request, case, access, context, row, replaces=contact_id)


def _contact_form(
    request: HttpRequest, case: Case, access: CaseAccess, context: dict, row: CasePerson, *, replaces: UUID | None
) -> HttpResponse:
    status, initial = 200, {"knows": ""}
    if replaces is not None:
        current = children.contacts(access).filter(case_person=row, pk=replaces).first()
        if current is None:
            raise Http404
        initial = {name: getattr(current, name) for name in ("kind", "name", "contact", "instructions")}
        initial["knows"] = {True: "yes", False: "no", None: ""}[current.knows]
    form = ContactForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        given = form.cleaned_data if form.is_valid() else None
        if given is not None:
            try:
                children.write_contact(
                    by=request.membership,
                    case=case,
                    access=access,
                    child=row,
                    replaces=replaces,
                    knows=form.knows_value(),
                    **{name: given[name] for name in ("kind", "name", "contact", "instructions")},
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Written. Whoever reads about the children of this case reads it now."))
                return redirect("cases:child", case.pk, row.pk)
        status = 422
    return render(request, "cases/child_contact.html", context | {"form": form, "replaces": replaces}, status=status)


@require_POST
def end_contact(request: HttpRequest, case_id: UUID, case_person_id: UUID, contact_id: UUID) -> HttpResponse:
    """The child is no longer known there."""
    case, access, _context, row = _to_write(request, case_id, case_person_id)
    if not children.contacts(access).filter(case_person=row, pk=contact_id).exists():
        raise Http404
    try:
        children.end_contact(by=request.membership, case=case, access=access, child=row, contact_id=contact_id)
    except RuleBroken as broken:
        messages.error(request, " ".join(map(str, broken.messages)))
    else:
        messages.success(request, _("Ended. It stays on record."))
    return redirect("cases:child", case.pk, row.pk)


# --- with whom the child is -----------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def arrange(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """With whom the child is when, where one hands over, who may fetch at school; what held stays on record."""
    case, access, context, row = _to_write(request, case_id, case_person_id)
    held = children.holding(access, row.pk)
    initial: dict[str, Any] = {"replaces": held.pk if held else ""}
    initial |= {name: getattr(held, name) for name in children.FIELDS} if held else {}
    form = ArrangementForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                children.arrange(
                    by=request.membership,
                    case=case,
                    access=access,
                    child=row,
                    replaces=form.replaces_value(),
                    **{name: form.cleaned_data[name] for name in children.FIELDS},
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            except StaleVersion as stale:
                status = 409
                context["conflicts"] = _conflicts(stale)
                # sent again after reading the other one, it takes its place
                form.data = form.data.copy()
                form.data["replaces"] = str(held.pk) if held else ""
            else:
                messages.success(request, _("Written. What held before stays on record."))
                return redirect("cases:child", case.pk, row.pk)
    return render(request, "cases/child_arrangement.html", context | {"form": form, "held": held}, status=status)


def _conflicts(stale: StaleVersion) -> list[dict[str, Any]]:
    """Each field that differs, in words: [{"label", "yours", "theirs"}]."""
    found = []
    for each in stale.conflicts:
        column = ChildArrangement._meta.get_field(each["field"])
        words = dict(column.choices or ())
        told = {side: words.get(each[side], each[side]) for side in ("yours", "theirs")}
        found.append({"label": column.verbose_name, **told})
    return found


@require_GET
def school_sheet(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """One page for the school: who may fetch the child, who must not. No case, no service, no reason."""
    case, access = get_case(case_id, request.membership)
    found = _find(access, case_person_id)
    held = children.holding(access, case_person_id)
    if found.row is None or held is None or not (held.may_fetch or held.must_not_fetch):
        raise Http404
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="cases.child_sheet",
        object_id=held.pk,
        fields=FIELDS,
    )
    data = {
        "title": _("Who may fetch the child"),
        "foot": "",
        "child": found.name,
        "may_title": _("May fetch the child"),
        "may": held.may_fetch or _("Nothing is written."),
        "not_title": _("Must not fetch the child"),
        "must_not": held.must_not_fetch or _("Nothing is written."),
        "rests": _("This rests on: %(source)s.") % {"source": held.get_source_display()},
        "written": _("As written on %(day)s. A later sheet takes the place of this one.")
        % {"day": written(held.recorded_at)},
        "doubt": _("In doubt, do not hand the child over: call whoever gave you this sheet, or the police at 101."),
        "keep": _("Keep this sheet where neither parents nor visitors read it."),
        "given_by": _("Given by (name, telephone):"),
    }
    return pdf.answer(pdf.render("school_sheet.typ", data), name="fiche.pdf")
