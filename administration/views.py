"""Agencies, people, invitations, and what each may do. Out of one's sight is 404; services decide the rest."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies import services as agencies
from agencies import unlisted
from agencies.enums import AgencyKind
from agencies.forms import AgencyForm, InvitationForm, RoleForm, roles_to_give
from agencies.interpreters import may_keep
from agencies.models import Agency, Membership
from agencies.perms import (
    may_administer_platform,
    may_change_member,
    may_give,
    may_hand_load,
    may_keep_units,
)
from common import languages
from common.errors import RuleBroken
from common.fields import DecryptionError, decrypt, encrypt
from common.forms import show_errors
from common.pagination import Key, page_or_first, paginate
from common.templatetags.ui import local_date

from . import rights
from .guards import administrators_only, platform_only
from .index import GROUPS
from .services import invite_person
from .trainings import TrainingForm, trainings_of
from .unit_views import units_label

AGENCY_KEYS = (Key("name"), Key("id"))
LINK_KEY = "invitation_link"
MOST_FORMER = 20
MOST_TO_CHECK = 20


@require_GET
@administrators_only
def home(request: HttpRequest) -> HttpResponse:
    """What there is to administer, by what one comes to do; whoever administers one agency goes straight to it."""
    if not may_administer_platform(request.membership):
        return redirect("administration:agency", request.membership.agency_id)
    context = {"groups": GROUPS, "to_check": unlisted.to_check(request.membership).count()}
    return render(request, "administration/home.html", context)


@require_GET
@platform_only
def agency_list(request: HttpRequest) -> HttpResponse:
    """The agencies of the platform, to look for by name and kind."""
    rows = agencies.administered_by(request.membership).annotate(
        people=Count("memberships", filter=Q(memberships__ends_at=None), distinct=True)
    )
    kind = request.GET.get("kind", "")
    if kind in AgencyKind.values:
        rows = rows.filter(kind=kind)
    name = request.GET.get("name", "").replace("\x00", "").strip()[:100]
    if name:
        rows = rows.filter(Q(name__icontains=name) | Q(short_name__icontains=name))
    page = page_or_first(
        lambda cursor: paginate(rows, keys=AGENCY_KEYS, cursor=cursor, per_page=50), request.GET.get("cursor")
    )
    context = {
        "page": page,
        "kinds": AgencyKind.choices,
        "kind": kind,
        "name": name,
        "to_check": unlisted.to_check(request.membership).order_by("created_at", "pk")[:MOST_TO_CHECK],
    }
    return render(request, "administration/agencies.html", context)


@require_http_methods(["GET", "POST"])
@administrators_only
def agency_new(request: HttpRequest) -> HttpResponse:
    """Open an agency."""
    if not may_administer_platform(request.membership):
        raise PermissionDenied
    form = AgencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            agency = agencies.register_agency(by=request.membership, values=_agency_values(form))
        except RuleBroken as error:
            show_errors(form, error.errors)
        else:
            messages.success(request, _("The agency is open. Invite the first person now."))
            return redirect("administration:agency", agency.pk)
    context = {"form": form, "agency": None}
    return render(request, "administration/agency_form.html", context, status=_form_status(request))


@require_GET
@administrators_only
def agency(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """An agency: its description, its people, its invitations."""
    found = _agency(request, agency_id)
    members = Membership.objects.filter(agency=found).select_related("user")
    link = _link_shown_once(request, found)
    context = {
        "agency": found,
        "languages": languages.names(found.languages),
        "members": members.filter(ends_at=None).order_by("user__family_name", "user__given_name"),
        "former": members.exclude(ends_at=None).order_by("-ends_at")[:MOST_FORMER],
        "invitations": [
            {"row": row, "may_revoke": may_give(request.membership, row.role, found)}
            for row in agencies.pending(found).select_related("invited_by")
        ],
        "may_edit": may_administer_platform(request.membership),
        "may_close": may_administer_platform(request.membership) and found.pk != request.membership.agency_id,
        "may_invite": found.is_active and bool(roles_to_give(request.membership, found)),
        "units_label": units_label(found) if may_keep_units(request.membership, found) else "",
        "keeps_interpreters": may_keep(request.membership, found),
        "link": link,
    }
    response = render(request, "administration/agency.html", context)
    if link:
        response["Cache-Control"] = "no-store"
    return response


@require_POST
@administrators_only
def agency_check(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """Confirm a service that a sender entered, or close it."""
    known = request.POST.get("known") == "yes"
    try:
        found = unlisted.check(by=request.membership, agency_id=agency_id, known=known)
    except RuleBroken as broken:
        messages.error(request, " ".join(str(each) for each in broken.messages))
        return redirect("administration:agency", agency_id)
    said = _("%(service)s is confirmed: everybody can refer to it.") if known else _("%(service)s is closed.")
    messages.success(request, said % {"service": found.name})
    return redirect("administration:agencies")


@require_http_methods(["GET", "POST"])
@administrators_only
def agency_edit(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """Change an agency's description."""
    found = _agency(request, agency_id)
    if not may_administer_platform(request.membership):
        raise PermissionDenied
    initial = {name: getattr(found, name) for name in agencies.AGENCY_FIELDS}
    initial |= {"territory": " ".join(found.territory), "parent": found.parent_id}
    form = AgencyForm(request.POST or None, initial=initial, agency=found)
    if request.method == "POST" and form.is_valid():
        try:
            agencies.change_agency(by=request.membership, agency_id=found.pk, values=_agency_values(form))
        except RuleBroken as error:
            show_errors(form, error.errors)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("administration:agency", found.pk)
    context = {"form": form, "agency": found}
    return render(request, "administration/agency_form.html", context, status=_form_status(request))


@require_POST
@administrators_only
def agency_active(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """Close an agency or open it again."""
    active = request.POST.get("active") == "yes"
    found = agencies.set_agency_active(by=request.membership, agency_id=agency_id, active=active)
    if active:
        messages.success(request, _("The agency is open again: its people can act for it."))
    else:
        messages.success(request, _("The agency is closed: nobody acts for it any more. Nothing was deleted."))
    return redirect("administration:agency", found.pk)


@require_http_methods(["GET", "POST"])
@administrators_only
def invite(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """Invite one person with a role; the link is mailed, and shown once on the next page."""
    found = _agency(request, agency_id)
    form = InvitationForm(request.POST or None, by=request.membership, agency=found)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, path = invite_person(by=request.membership, agency_id=found.pk, **form.cleaned_data)
        except RuleBroken as error:
            show_errors(form, error.errors)
        else:
            request.session[LINK_KEY] = {"agency": str(found.pk), "link": encrypt(f"{settings.SITE_URL}{path}")}
            messages.success(
                request, _("The invitation is on its way. It works once, until %(when)s.")
                % {"when": local_date(invitation.expires_at)},
            )  # fmt: skip
            return redirect("administration:agency", found.pk)
    context = {"form": form, "agency": found, "roles": _roles_in_words(request.membership, found)}
    return render(request, "administration/invite.html", context, status=_form_status(request))


@require_POST
@administrators_only
def invitation_revoke(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Make an invitation stop working."""
    invitation = agencies.revoke_invitation(by=request.membership, invitation_id=invitation_id)
    messages.success(request, _("The link no longer works."))
    return redirect("administration:agency", invitation.agency_id)


@require_GET
@administrators_only
def member(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """One person in one agency: role, dates, what they may do."""
    return member_page(request, find_member(request, member_id))


@require_POST
@administrators_only
def member_role(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Give a member another role."""
    found = find_member(request, member_id)
    form = RoleForm(request.POST, by=request.membership, agency=found.agency)
    if form.is_valid():
        try:
            changed = agencies.change_role(by=request.membership, member_id=member_id, role=form.cleaned_data["role"])
        except RuleBroken as error:
            show_errors(form, error.errors)
        else:
            messages.success(request, _("The role is changed. The former one stays on record."))
            return redirect("administration:member", changed.pk)
    return member_page(request, found, form, status=422)


@require_POST
@administrators_only
def member_end(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """End a membership."""
    ended = agencies.end_membership(by=request.membership, member_id=member_id)
    messages.success(request, _("This person no longer acts for the agency."))
    return redirect("administration:agency", ended.agency_id)


@require_GET
@administrators_only
def what_each_may_do(request: HttpRequest) -> HttpResponse:
    """Roles × acts and ways in × kinds of agencies, computed from what the services ask."""
    acts = [act.label for act in rights.ACTS]
    openings = rights.openings()
    table = rights.roles_by_acts()
    context = {
        "acts": acts,
        "roles": [(role, list(zip(acts, cells, strict=True))) for role, cells in table],
        "idle": [role for role, cells in table if all(cell.answer == "no" for cell in cells)],
        "givers": rights.roles_by_roles(),
        "openings": openings,
        "may_change_defaults": may_administer_platform(request.membership),
        "yes_no": f"{pgettext('allowed', 'yes')},{pgettext('allowed', 'no')}",
        "provenances": sorted({row.provenance for _way_in, rows in openings for row in rows}),
    }
    return render(request, "administration/rights.html", context)


def _agency(request: HttpRequest, agency_id: UUID) -> Agency:
    rows = agencies.administered_by(request.membership).select_related("parent")
    return get_object_or_404(rows, pk=agency_id)


def find_member(request: HttpRequest, member_id: UUID) -> Membership:
    """Somebody of an agency that one administers; Http404 otherwise."""
    found = (
        Membership.objects.filter(agency__in=agencies.administered_by(request.membership))
        .select_related("user", "agency")
        .filter(pk=member_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def member_page(
    request: HttpRequest,
    found: Membership,
    form: RoleForm | None = None,
    *,
    training_form: TrainingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a member, with what was refused in either form."""
    by = request.membership
    may_change = found.ends_at is None and may_change_member(by, found)
    if form is None and may_change:
        form = RoleForm(initial={"role": found.role}, by=by, agency=found.agency)
    context = {
        "member": found,
        "acts": rights.acts_of(found) if found.ends_at is None and found.agency.is_active else [],
        "may_change": may_change,
        "own": found.user_id == by.user_id,
        "may_hand_load": may_hand_load(by, found.agency_id),
        "form": training_form or form,
        "role_form": form,
        "trainings": trainings_of(by, found),
        "training_form": training_form or TrainingForm(),
        "may_train": found.user_id != by.user_id and found.ends_at is None,
    }
    return render(request, "administration/member.html", context, status=status)


def _agency_values(form: AgencyForm) -> dict[str, object]:
    values = dict(form.cleaned_data)
    values["territory"] = agencies.parse_codes(values["territory"])
    return values


def _roles_in_words(by: Membership, found: Agency) -> list[tuple[str, list]]:
    return [
        (label, [act for act, allowed in rights.acts_of(Membership(role=role, agency=found)) if allowed])
        for role, label in roles_to_give(by, found)
    ]


def _link_shown_once(request: HttpRequest, found: Agency) -> str:
    kept = request.session.get(LINK_KEY)
    if not kept or kept.get("agency") != str(found.pk):
        return ""
    del request.session[LINK_KEY]
    try:
        return decrypt(kept["link"])
    except DecryptionError:
        return ""


def _form_status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200
