"""Compare every permission row of the database with what the live decisions open. For any test, at its end."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Q

from agencies.models import Agency
from cases.enums import VIEW_CASE, VIEW_OWN_WORK
from cases.models import Case, CaseGroupObjectPermission
from common.acting import SystemContext, system_context
from sharing.grants import total
from sharing.models import CaseLink, SharingDecision
from sharing.services import participation_side


def drift() -> list[str]:
    """A line for each case and agency whose live rows are not the sum of its live decisions; empty when all agree.

    Rows past their end open nothing and are not compared. That an agency keeps its own work is taken from the row that
    says so: it comes from what the agency wrote, not from a decision.
    """
    with system_context(SystemContext.GRANTS):
        held: dict[tuple, dict[str, datetime | None]] = defaultdict(dict)
        sides: dict[tuple, str] = {}
        rows = CaseGroupObjectPermission.objects.live().values_list(
            "content_object_id", "group_id", "permission__codename", "expires_at", "side"
        )
        for case_id, group_id, name, end, side in rows:
            held[case_id, group_id][name] = end
            if name == VIEW_CASE:
                sides[case_id, group_id] = side
        opened: dict[tuple, list] = defaultdict(list)
        decisions = SharingDecision.objects.live().select_related(*_bases(), "recipient")
        for decision in decisions:
            opened[decision.case_id, decision.recipient.group_id].append(decision.opening())
        agencies = {agency.group_id: agency for agency in Agency.objects.all()}
        pairs = {*held, *opened, *SharingDecision.objects.values_list("case_id", "recipient__group_id")}
        found = []
        for case_id, group_id in sorted(pairs, key=str):
            agency = agencies[group_id]
            side = participation_side(case=Case(pk=case_id), agency=agency)
            now_held = held[case_id, group_id]
            own = VIEW_OWN_WORK in now_held
            closed = _opposed(case_id, agency, side)
            wanted = total(opened[case_id, group_id], side=side, keeps_own_work=own, closed=closed)
            found += [
                f"{agency.name}: {name} until {_said(now_held, name)}, not {_said(wanted, name)}"
                for name in sorted({*now_held, *wanted})
                if _said(now_held, name) != _said(wanted, name)
            ]
            if VIEW_CASE in now_held and sides[case_id, group_id] != side:
                found.append(f"{agency.name}: side {sides[case_id, group_id]}, not {side}")
    return found


def _opposed(case_id: Any, agency: Agency, side: str) -> set[str]:
    """The contacts, and where her child is, that opposing reports close, but for those opened again by a review:
    whoever works with one of the two loses the other, and who works with both, or nobody knows with whom, loses what is
    not surely theirs.
    """
    if agency.kind in ("police", "prosecutor"):
        return set()
    links = CaseLink.objects.filter(Q(first=case_id) | Q(second=case_id), kind="counter_complaint", end=None)
    closed: set[str] = set()
    for link in links.exclude(review__opens=True):
        other = link.second_id if link.first_id == case_id else link.first_id
        there = ""
        if SharingDecision.objects.filter(case=other, recipient=agency).exists():
            there = participation_side(case=Case(pk=other), agency=agency)
        hers = {(side, 0), (there, 1)} & {("victim", 0), ("perpetrator", 1)}
        his = {(side, 0), (there, 1)} & {("perpetrator", 0), ("victim", 1)}
        if not hers and not his:
            hers, his = side == "neutral", there == "neutral"
        closed |= {"contact:case"}
        closed |= {"contact:perpetrator"} if hers or not his else set()
        closed |= {"contact:victim", "children:victim"} if his or not hers else set()
    return closed


def _bases() -> list[str]:
    """What a decision may rest on and end with."""
    names = {field.name for field in SharingDecision._meta.get_fields()}
    return [name for name in ("consent", "authorisation") if name in names]


def _said(grants: dict[str, datetime | None], name: str) -> Any:
    return grants[name] or "no end" if name in grants else "closed"
