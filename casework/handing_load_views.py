"""Handing over the work of somebody who leaves: what there is, what will happen, what the successor reads."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from agencies.models import LoadHandover, Membership
from agencies.perms import may_hand_load
from audit.models import Action
from audit.services import record
from common.errors import RuleBroken
from common.forms import show_errors
from common.templatetags.ui import local_when

from . import handing_load
from .handing_load import SHOWN, Load
from .handing_load_forms import HandLoadForm
from .panels import verb


@require_http_methods(["GET", "POST"])
def hand_load(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """What somebody has in hand, then what will become of it, then it is done."""
    by = request.membership
    if by is None:
        raise Http404
    member = handing_load.leaving_member(by, member_id)
    sent = request.POST if request.method == "POST" else None
    form = HandLoadForm(sent, successors=handing_load.successors(member))
    successor = None
    if request.method == "POST" and form.is_valid() and "change" not in request.POST:
        given = form.cleaned_data
        try:
            if "confirm" in request.POST:
                handover = handing_load.hand_over(
                    by=by,
                    member_id=member.pk,
                    successor_id=given["successor"],
                    note=given["note"],
                    handover_id=given["key"],
                )
                messages.success(request, _("Handed over. The successor is told."))
                return redirect("casework:handed_load", handover.pk)
            successor = handing_load.chosen_successor(member, given["successor"])
            handing_load.check_note(given["note"])
        except RuleBroken as broken:
            successor = None
            show_errors(form, broken.errors)
    load = handing_load.load_of(by=by, member=member, successor=successor)
    record(
        action=Action.LISTED,
        object_kind="casework.hand_load",
        object_id=member.pk,
        fields=[str(each.pk) for each in load.follow_ups[:SHOWN]],
    )
    context = {
        "member": member,
        "form": form,
        "successor": successor,
        "own": member.user_id == by.user_id,
        "nobody": not form.fields["successor"].widget.choices[1:],
        "groups": _groups(load),
        "load": load,
    }
    status = 422 if form.errors else 200
    return render(request, "casework/hand_load.html", context, status=status)


@require_GET
def handed_load(request: HttpRequest, handover_id: UUID) -> HttpResponse:
    """What went over, and the note: for the successor, for who handed it, and for who administers the service."""
    by = request.membership
    if by is None:
        raise Http404
    rows = LoadHandover.objects.filter(agency=by.agency_id).select_related("leaving", "successor", "handed_by")
    if not may_hand_load(by, by.agency_id):
        rows = rows.filter(Q(successor=by.user_id) | Q(handed_by=by.user_id))
    handover = rows.filter(pk=handover_id).first()
    if handover is None:
        raise Http404
    mine = handover.successor_id == by.user_id
    # what went back to the service did because the successor is kept out of a case: it is not theirs to learn
    moved = [(name, count) for name, count in handover.moved.items() if not (mine and name == "staying")]
    context = {
        "handover": handover,
        "mine": mine,
        # whoever hands it over ends the role next: on the page of the person
        "left": Membership.objects.filter(agency=by.agency_id, user=handover.leaving_id).first()
        if may_hand_load(by, by.agency_id)
        else None,
        "moved": [words for name, count in moved if (words := _moved(name, count))],
    }
    return render(request, "casework/handed_load.html", context)


def _groups(load: Load) -> list[dict[str, Any]]:
    """What goes over, by kind: a title, `blocks` of lines that belong together, how many in all.

    A block is the lines of one case with its reference, or a line of none. Each says what tells it apart.
    """
    follow_ups = [
        {
            "what": verb(each.kind),
            "case": each.case_id,
            "reference": each.case.reference,
            "due": each.due_at,
            "stays": each.pk in load.staying,
        }
        for each in load.follow_ups[:SHOWN]
    ]
    referrals = [
        {
            "what": _("Referral from %(who)s") % {"who": each.from_agency.short_name},
            "more": [
                each.get_need_display(),
                each.get_urgency_display(),
                _("sent %(when)s") % {"when": local_when(each.sent_at)},
            ],
            "case": each.case_id,
            # before it is accepted its case is not theirs to know
            "reference": load.references.get(each.case_id, "") if each.taken else "",
            "referral": each.pk,
            "due": each.answer_due_at if each.waits else None,
            "stays": each.pk in load.staying,
        }
        for each in load.referrals[:SHOWN]
    ]
    led = [
        {
            "what": _("Reference person of the case"),
            "case": each.pk,
            "reference": each.reference,
            "stays": each.pk in load.staying,
        }
        for each in load.led[:SHOWN]
    ]
    callbacks = [
        {
            "what": _("Request to be called back"),
            "more": [
                _("Poster: %(place)s") % {"place": each.poster.place},
                _("asked %(when)s") % {"when": local_when(each.asked_at)},
            ],
            "due": each.due_at,
        }
        for each in load.callbacks[:SHOWN]
    ]
    units = [{"what": each.name} for each in load.units[:SHOWN]]
    themes = [{"what": str(each.get_theme_display())} for each in load.themes[:SHOWN]]
    groups = [
        (_("Follow-ups"), follow_ups, len(load.follow_ups)),
        (_("Referrals in hand"), referrals, len(load.referrals)),
        (_("Requests to be called back"), callbacks, len(load.callbacks)),
        (_("Cases"), led, len(load.led)),
        (_("Sections and neighbourhoods"), units, len(load.units)),
        (_("Themes of a reference person"), themes, len(load.themes)),
    ]
    if load.places:
        groups.append((_("Restricted cases"), [{"what": _places(load)}], len(load.places)))
    return [
        {"title": title, "blocks": _blocks(lines), "count": count, "rest": count > len(lines) > 1}
        for title, lines, count in groups
        if count
    ]


def _blocks(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of one case together, where the first of them stands."""
    found: dict[Any, dict[str, Any]] = {}
    for number, line in enumerate(lines):
        reference = line.get("reference", "")
        block = found.setdefault(reference or number, {"case": line.get("case"), "reference": reference, "lines": []})
        block["lines"].append(line)
    return list(found.values())


def _places(load: Load) -> str:
    return ngettext(
        "Named in %(count)d restricted case: the successor is named in it.",
        "Named in %(count)d restricted cases: the successor is named in them.",
        len(load.places),
    ) % {"count": len(load.places)}


def _moved(name: str, count: int) -> str:
    words = {
        "follow_ups": ngettext("%(count)d follow-up", "%(count)d follow-ups", count),
        "referrals": ngettext("%(count)d referral in hand", "%(count)d referrals in hand", count),
        "callbacks": ngettext("%(count)d request to be called back", "%(count)d requests to be called back", count),
        "cases": ngettext("reference person of %(count)d case", "reference person of %(count)d cases", count),
        "places": ngettext("named in %(count)d restricted case", "named in %(count)d restricted cases", count),
        "units": ngettext("%(count)d section or neighbourhood", "%(count)d sections or neighbourhoods", count),
        "themes": ngettext("%(count)d theme", "%(count)d themes", count),
        "staying": ngettext("%(count)d goes back to the service", "%(count)d go back to the service", count),
    }.get(name)
    return words % {"count": count} if words else ""
