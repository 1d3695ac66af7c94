"""Detention and release where the case is told in short: the six steps, and the way there from the summary."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.access import CaseAccess
from cases.enums import Side
from cases.models import Case
from plans import custody
from plans import custody_perms as perms
from plans.models import Detention
from plans.steps import Line, Seen, State


def step(seen: Seen) -> Iterable[Line]:
    """The detentions this access reads, on his side; on hers, what she wishes and whether she was told."""
    case, access = seen.case, seen.access
    url = reverse("casework:custody", args=[case.pk])
    rows = custody.standings(case, access, custody.detentions_of(case, access)[:10])
    if not rows and perms.may_enter(seen.by, access):
        reads_all = perms.reads_custody(access)
        none = _("No detention is written.") if reads_all else _("Your service has written no detention.")
        yield Line(Side.PERPETRATOR, None, none, url=url, act=_("Write down a detention or a release"))
    words = {
        "detained": (State.UNDER_WAY, _("Detained."), _("Open")),
        "unknown": (State.MISSING, _("Not known whether he is still detained."), _("Answer")),
        "released": (State.DONE, _("Released."), _("Open")),
    }
    for each in rows:
        state, text, act = words[each.state]
        yield Line(
            side=Side.PERPETRATOR, state=state, words=text, person=each.detention.case_person_id, url=url, act=act
        )
    if not perms.reads_alerts(access, case):
        return
    for alert in custody.alerts_of(case, access).filter(settled=False)[:5]:
        yield Line(
            side=Side.VICTIM,
            state=State.MISSING,
            words=_("Nobody has confirmed yet that she was told of a release."),
            url=reverse("casework:release_alert", args=[case.pk, alert.pk]),
            act=_("Tell her"),
        )
    if not custody.open_detentions(case):
        return
    wishes = custody.wishes_of(case, access)
    for person in custody.victims_of(case, access):
        if person.pk not in wishes:
            yield Line(
                side=Side.VICTIM,
                state=State.MISSING,
                words=_("Not asked yet whether she wishes to be told of a release."),
                person=person.pk,
                url=reverse("casework:release_wish", args=[case.pk]),
                act=_("Ask her, and write it down"),
            )


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The way to the page, with how each detention stands; where one is open and she was not asked what she wishes,
    that it is to be asked. Nothing for who has nothing to read or to write there. No query where there is no detention,
    for who reads every one.
    """
    if not perms.opens_page(request.membership, access, case):
        return None
    known = getattr(case, "any_detention", True)
    rows: list[Detention] = list(custody.detentions_of(case, access).order_by("-since", "-pk")[:3]) if known else []
    states = custody.standings(case, access, rows) if rows else []
    maybe_open = known or not perms.reads_custody(access)
    asks = (
        maybe_open
        and perms.may_write_wish(access)
        and bool(custody.open_detentions(case))
        and not custody.wishes_of(case, access)
    )
    return {"case": case, "states": states, "asks": asks, "may_enter": perms.may_enter(request.membership, access)}
