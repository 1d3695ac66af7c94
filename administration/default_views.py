"""Sharing defaults: read, drafted, published. Hard refusals are shown and cannot be opened."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import AgencyKind
from common.errors import RuleBroken
from common.forms import show_errors
from sharing import defaults
from sharing.models import SharingDefault, SharingDefaultDraft, WayIn

from .default_forms import DefaultForm
from .guards import platform_only

OTHERS = "others"
"""In an address: every kind of agency without a row of its own."""


@require_GET
@platform_only
def default_list(request: HttpRequest) -> HttpResponse:
    """Every default that can be changed, by way in, and the drafts that wait."""
    drafts = {(draft.way_in, draft.agency_kind): draft for draft in SharingDefaultDraft.objects.all()}
    held = set(SharingDefault.objects.values_list("way_in", "agency_kind").distinct()) | set(drafts)
    groups = []
    for way_in in defaults.EDITABLE:
        rows = [
            {"kind": kind or OTHERS, "label": _label(kind), "draft": drafts.get((way_in, kind))}
            for kind in ("", *AgencyKind.values)
            if (way_in, kind) in held
        ]
        missing = [(kind, _label(kind)) for kind in AgencyKind.values if (way_in, kind) not in held]
        groups.append({"way_in": way_in, "label": way_in.label, "rows": rows, "missing": missing})
    return render(request, "administration/defaults.html", {"groups": groups})


@require_http_methods(["GET", "POST"])
@platform_only
def default_edit(request: HttpRequest, way_in: str, kind: str) -> HttpResponse:
    """Write or change the draft of one default."""
    kind = _kind(way_in, kind)
    draft = SharingDefaultDraft.objects.filter(way_in=way_in, agency_kind=kind).first()
    if request.method == "POST":
        form = DefaultForm(request.POST, way_in=way_in, kind=kind)
        if form.is_valid():
            try:
                saved = defaults.save_draft(by=request.membership, way_in=way_in, kind=kind, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                return redirect("administration:default_draft", saved.pk)
        return _page(request, way_in, kind, form, draft, status=422)
    source = draft or defaults.served(way_in, kind)
    initial = {name: getattr(source, name) for name in ("grants", "contributes", "valid_days", "verified_on")}
    initial["reason"] = draft.reason if draft else ""
    return _page(request, way_in, kind, DefaultForm(initial=initial, way_in=way_in, kind=kind), draft)


@require_GET
@platform_only
def default_draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """What publishing a draft would change."""
    return _draft_page(request, get_object_or_404(SharingDefaultDraft, pk=draft_id))


@require_POST
@platform_only
def default_publish(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Put a draft in force."""
    draft = get_object_or_404(SharingDefaultDraft, pk=draft_id)
    if request.POST.get("seen") != draft.edited_at.isoformat():
        problem = _("A colleague has changed this draft in the meantime. Look at it again first.")
        return _draft_page(request, draft, refused=[problem], status=422)
    try:
        defaults.publish(by=request.membership, draft=draft)
    except RuleBroken as broken:
        return _draft_page(request, draft, refused=[str(broken)], status=422)
    messages.success(request, _("Published. It holds for what is decided from now on."))
    return redirect("administration:default_edit", draft.way_in, draft.agency_kind or OTHERS)


@require_POST
@platform_only
def default_discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Throw a draft away."""
    draft = get_object_or_404(SharingDefaultDraft, pk=draft_id)
    way_in, kind = draft.way_in, draft.agency_kind
    defaults.discard(by=request.membership, draft=draft)
    messages.success(request, _("The draft is thrown away; nothing has changed."))
    return redirect("administration:default_edit", way_in, kind or OTHERS)


def _kind(way_in: str, kind: str) -> str:
    kind = "" if kind == OTHERS else kind
    if way_in not in defaults.EDITABLE or (kind and kind not in AgencyKind.values):
        raise Http404
    return kind


def _label(kind: str) -> str:
    return str(AgencyKind(kind).label) if kind else _("every other kind of agency")


def _page(
    request: HttpRequest,
    way_in: str,
    kind: str,
    form: DefaultForm,
    draft: SharingDefaultDraft | None,
    *,
    status: int = 200,
) -> HttpResponse:
    versions = [
        {"version": each, "opens": [defaults.words(item) for item in each.grants]}
        for each in defaults.versions(way_in, kind)
    ]
    context: dict[str, Any] = {
        "form": form,
        "way_in": WayIn(way_in).label,
        "kind": _label(kind),
        "draft": draft,
        "versions": versions,
    }
    return render(request, "administration/default_edit.html", context, status=status)


def _draft_page(
    request: HttpRequest, draft: SharingDefaultDraft, *, refused: list[str] | None = None, status: int = 200
) -> HttpResponse:
    change = defaults.change_of(draft)
    context = {
        "draft": draft,
        "way_in": draft.get_way_in_display(),
        "kind": _label(draft.agency_kind),
        "kind_code": draft.agency_kind or OTHERS,
        "opens": [defaults.words(item) for item in draft.grants],
        "opened": [defaults.words(item) for item in change.opened],
        "closed": [defaults.words(item) for item in change.closed],
        "seen": draft.edited_at.isoformat(),
        "yes_no": f"{pgettext('allowed', 'yes')},{pgettext('allowed', 'no')}",
        "refused": refused or [],
    }
    return render(request, "administration/default_draft.html", context, status=status)
