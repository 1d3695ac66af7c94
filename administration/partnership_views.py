"""Partnerships: the acts services meet under. Coordinators read; the platform administrator changes."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies import partnerships as services
from agencies.models import Agency, Partnership, PartnershipMember
from agencies.partnership_forms import PartnerForm, PartnershipForm
from agencies.perms import may_administer_platform
from agencies.services import parse_codes
from common.clock import last_day
from common.errors import RuleBroken
from common.forms import show_errors
from common.pagination import Key, page_or_first, paginate
from sharing.partnerships import anything_rests_on

from . import partnerships
from .guards import partnership_readers_only, platform_only

KEYS = (Key("name"), Key("id"))
MOST_FORMER = 50


@require_GET
@partnership_readers_only
def partnership_list(request: HttpRequest) -> HttpResponse:
    """All partnerships by name, the ended ones too."""
    rows = Partnership.objects.annotate(parts=Count("members", filter=Q(members__ends_at=None)))
    page = page_or_first(
        lambda cursor: paginate(rows, keys=KEYS, cursor=cursor, per_page=50), request.GET.get("cursor")
    )
    context = {
        "page": page,
        "lines": [{"partnership": each, "ended": services.has_ended(each)} for each in page.items],
        "may_change": may_administer_platform(request.membership),
    }
    return render(request, "administration/partnerships.html", context)


@require_GET
@partnership_readers_only
def partnership(request: HttpRequest, partnership_id: UUID) -> HttpResponse:
    """One partnership: its act, who takes part, who did."""
    return _page(request, get_object_or_404(Partnership, pk=partnership_id))


def _page(request: HttpRequest, found: Partnership, form: PartnerForm | None = None) -> HttpResponse:
    members = PartnershipMember.objects.filter(partnership=found).select_related("agency").order_by("agency__name")
    ended = services.has_ended(found)
    changes = may_administer_platform(request.membership) and not ended
    current = list(members.filter(ends_at=None))
    if form is None and changes:
        form = PartnerForm(agencies=_who_may_join(current))
    context = {
        "partnership": found,
        "ended": ended,
        "members": current,
        "former": members.exclude(ends_at=None).order_by("-ends_at")[:MOST_FORMER],
        "may_change": changes,
        "may_edit": changes and not anything_rests_on(found),
        "form": form,
    }
    refused = form is not None and form.is_bound
    return render(request, "administration/partnership.html", context, status=422 if refused else 200)


def _who_may_join(current: list[PartnershipMember]) -> list[Agency]:
    taking_part = [member.agency_id for member in current]
    return list(Agency.objects.active().exclude(pk__in=taking_part).order_by("name"))


@require_http_methods(["GET", "POST"])
@platform_only
def partnership_new(request: HttpRequest) -> HttpResponse:
    """Open a partnership."""
    form = PartnershipForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = services.create(by=request.membership, values=_values(form))
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The partnership is open. Say now which services take part."))
            return redirect("administration:partnership", found.pk)
    context = {"form": form, "partnership": None}
    return render(request, "administration/partnership_form.html", context, status=_status(request))


@require_http_methods(["GET", "POST"])
@platform_only
def partnership_edit(request: HttpRequest, partnership_id: UUID) -> HttpResponse:
    """Change what is written of a partnership, while nothing rests on it."""
    found = get_object_or_404(Partnership, pk=partnership_id)
    initial = {name: getattr(found, name) for name in services.FIELDS}
    initial["territory"] = " ".join(found.territory)
    initial["ends_at"] = last_day(found.ends_at) if found.ends_at else None
    form = PartnershipForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            partnerships.change(by=request.membership, partnership_id=found.pk, values=_values(form))
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("administration:partnership", found.pk)
    context = {"form": form, "partnership": found}
    return render(request, "administration/partnership_form.html", context, status=_status(request))


@require_POST
@platform_only
def partnership_end(request: HttpRequest, partnership_id: UUID) -> HttpResponse:
    """End a partnership: what was shared under it ends too."""
    found, ended = partnerships.end(by=request.membership, partnership_id=partnership_id)
    messages.success(request, _("The partnership has ended. %(what)s") % {"what": _ended(ended)})
    return redirect("administration:partnership", found.pk)


@require_POST
@platform_only
def partner_add(request: HttpRequest, partnership_id: UUID) -> HttpResponse:
    """A service takes part from now on."""
    found = get_object_or_404(Partnership, pk=partnership_id)
    current = list(PartnershipMember.objects.filter(partnership=found, ends_at=None))
    form = PartnerForm(request.POST, agencies=_who_may_join(current))
    form.is_valid()
    try:
        services.add_member(
            by=request.membership,
            partnership_id=found.pk,
            agency_id=form.cleaned_data.get("agency"),
            coordinates=form.cleaned_data["coordinates"],
        )
    except RuleBroken as broken:
        form.errors.clear()
        show_errors(form, broken.errors)
        return _page(request, found, form)
    messages.success(request, _("The service takes part from now on."))
    return redirect("administration:partnership", found.pk)


@require_POST
@platform_only
def partner_end(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """A service takes part no more: what was shared with it, or by it, under the act ends too."""
    member, ended = partnerships.end_member(by=request.membership, member_id=partner_id)
    messages.success(request, _("The service takes part no more. %(what)s") % {"what": _ended(ended)})
    return redirect("administration:partnership", member.partnership_id)


def _ended(count: int) -> str:
    if not count:
        return _("No sharing rested on it.")
    return ngettext(
        "%(count)d sharing that rested on it has ended.", "%(count)d sharings that rested on it have ended.", count
    ) % {"count": count}


def _values(form: PartnershipForm) -> dict[str, object]:
    return dict(form.cleaned_data) | {"territory": parse_codes(form.cleaned_data["territory"])}


def _status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200
