"""Protocols between services: each reads what it signed; the platform administrator records, replaces, ends."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies import protocols as signed
from agencies.models import Agency, Membership, Protocol
from agencies.perms import may_administer_platform
from agencies.protocol_forms import ProtocolForm
from common.clock import local, now
from common.errors import RuleBroken
from common.forms import show_errors
from common.pagination import Key, page_or_first, paginate

from . import protocols
from .guards import platform_only

KEYS = (Key("title"), Key("id"))


@require_GET
def protocol_list(request: HttpRequest) -> HttpResponse:
    """The protocols the acting service signed, by title; all for the platform administrator."""
    rows = signed.readable_by(_member(request))
    page = page_or_first(
        lambda cursor: paginate(rows, keys=KEYS, cursor=cursor, per_page=50), request.GET.get("cursor")
    )
    found = Protocol.objects.filter(pk__in=[each.pk for each in page.items])
    in_force = set(found.in_force().values_list("pk", flat=True))
    parties: dict[UUID, list[str]] = {}
    for pk, name in found.order_by("parties__agency__short_name").values_list("pk", "parties__agency__short_name"):
        parties.setdefault(pk, []).append(name)
    context = {
        "page": page,
        "lines": [
            {"protocol": each, "state": _state(each, each.pk in in_force), "parties": parties.get(each.pk, [])}
            for each in page.items
        ],
        "may_record": may_administer_platform(request.membership),
    }
    return render(request, "administration/protocols.html", context)


@require_GET
def protocol(request: HttpRequest, protocol_id: UUID) -> HttpResponse:
    """One protocol, for those who signed it."""
    found = get_object_or_404(signed.readable_by(_member(request)).select_related("replaces"), pk=protocol_id)
    in_force = Protocol.objects.in_force().filter(pk=found.pk).exists()
    replaced_by = Protocol.objects.filter(replaces=found).first()
    open_one = found.ended_at is None
    readable = set(
        signed.readable_by(request.membership)
        .filter(pk__in=[each.pk for each in (found.replaces, replaced_by) if each is not None])
        .values_list("pk", flat=True)
    )
    keeps = may_administer_platform(request.membership)
    context = {
        "protocol": found,
        "state": _state(found, in_force),
        "categories": protocols.category_words(found.categories),
        "parties": Agency.objects.filter(protocols__protocol=found).order_by("name"),
        "replaces": found.replaces if found.replaces_id in readable else None,
        "replaced_by": replaced_by if replaced_by is not None and replaced_by.pk in readable else None,
        "may_replace": keeps and open_one and replaced_by is None,
        "may_end": keeps and open_one,
    }
    return render(request, "administration/protocol.html", context)


@require_http_methods(["GET", "POST"])
@platform_only
def protocol_new(request: HttpRequest) -> HttpResponse:
    """Write down a protocol that was signed."""
    return _form(request, None)


@require_http_methods(["GET", "POST"])
@platform_only
def protocol_replace(request: HttpRequest, protocol_id: UUID) -> HttpResponse:
    """Write down the one that takes its place."""
    return _form(request, get_object_or_404(Protocol, pk=protocol_id))


@require_POST
@platform_only
def protocol_end(request: HttpRequest, protocol_id: UUID) -> HttpResponse:
    """It holds no more."""
    found = protocols.end(by=request.membership, protocol_id=protocol_id)
    messages.success(request, _("The protocol has ended. Those who signed it still read it."))
    return redirect("administration:protocol", found.pk)


def _form(request: HttpRequest, old: Protocol | None) -> HttpResponse:
    initial = {}
    if old is not None:
        initial = {name: getattr(old, name) for name in signed.FIELDS if name not in ("starts_on", "ends_on")}
        initial["parties"] = [str(pk) for pk in old.parties.values_list("agency", flat=True)]
    form = ProtocolForm(
        request.POST or None,
        initial=initial,
        agencies=Agency.objects.active().order_by("name"),
        categories=protocols.category_choices(),
    )
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        given = {"protocol_id": values.pop("key"), "parties": values.pop("parties"), "values": values}
        try:
            if old is None:
                saved = protocols.record(by=request.membership, **given)
            else:
                saved = protocols.replace(by=request.membership, old_id=old.pk, **given)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The protocol is recorded. Those who signed it read it from now on."))
            return redirect("administration:protocol", saved.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "administration/protocol_form.html", {"form": form, "old": old}, status=status)


def _member(request: HttpRequest) -> Membership:
    if request.membership is None:
        raise Http404
    return request.membership


def _state(found: Protocol, in_force: bool) -> str:
    """Where it stands today: "in_force", "coming", "ended"."""
    if in_force:
        return "in_force"
    coming = found.ended_at is None and found.starts_on > local(now()).date()
    return "coming" if coming else "ended"
