"""Hit, no hit: a new case concerns a person another service works with. Who may be told is told, without content.

The rules are in `telling.py`, the search in `cases.matching`. Nothing here joins two cases or opens one.
"""

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import Role
from agencies.models import Agency, Membership
from agencies.perms import WRITERS
from agencies.services import writers_by_agency, writers_of
from audit.models import Action
from audit.services import record
from cases import matching as index
from cases.access import Participants, Worker, for_case, participants, workers
from cases.likeness import Verdict
from cases.models import Case
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from common.locks import lock
from notifications.models import NoticeKind
from notifications.services import notify

from .models import MatchAct, MatchedPersons, MatchMove, MatchNotice
from .telling import Told, concerns, told

ANSWERS = (MatchAct.CONTACTED, MatchAct.SHARING, MatchAct.NOTHING)


def look_for(*, case: Case, by: Membership) -> None:
    """Look for the persons of `case` in cases of other services, and tell whom the rules let tell.

    Called last in the transaction that names persons or their phones. The same pair of services and cases is told once.
    """
    if not index.enabled():
        return
    # two cases recorded at the same moment: the second waits, then sees the first
    lock("matching")
    found = [hit for hit in index.hits(case) if settings.MATCHING_TELLS_MAYBE or hit.result.verdict == Verdict.SAME]
    if not found:
        return
    cases = {case.pk: case} | {hit.other.case_id: hit.other.case for hit in found}
    working: dict[UUID, dict[int, Worker]] = {}
    for worker in workers(cases):
        working.setdefault(worker.case_id, {})[worker.group_id] = worker
    mine = working.get(case.pk, {}).get(by.agency.group_id)
    if mine is None:
        return
    groups = {group_id for each in working.values() for group_id in each}
    agencies = {agency.group_id: agency for agency in Agency.objects.active().filter(group__in=groups)}
    made: list[MatchNotice] = []
    with system_context(SystemContext.MATCHING, on_behalf=False):
        for other_id in cases.keys() - {case.pk}:
            hits = [hit for hit in found if hit.other.case_id == other_id]
            for group_id, holder in sorted(working.get(other_id, {}).items()):
                agency = agencies.get(group_id)
                if agency is None or agency.pk == by.agency_id:
                    continue
                shared = [hit for hit in hits if _both_work_with(mine, holder, hit.own.side)]
                tell = told(new_kind=by.agency.kind, holder_kind=agency.kind)
                # who works on both cases already sees both
                tell = Told(
                    new=tell.new and by.agency.group_id not in working[other_id],
                    holder=tell.holder and group_id not in working[case.pk],
                )
                if shared and tell and (notice := _keep(by.agency, case, agency, cases[other_id], tell, shared)):
                    made.append(notice)
    if made:
        _tell(made, cases, by=by)


def _both_work_with(mine: Worker, holder: Worker, side: str) -> bool:
    """Each of the two knows who the person is, and works with that side or with neither."""
    return all(side in each.knows and concerns(works_with=each.side, person_side=side) for each in (mine, holder))


def _keep(
    new: Agency, case: Case, holder: Agency, held: Case, tell: Told, hits: Iterable[index.Hit]
) -> MatchNotice | None:
    """Write the match and its persons down; None where these services already know of these two cases."""
    pair = sha256("|".join(sorted((f"{case.pk} {new.pk}", f"{held.pk} {holder.pk}"))).encode()).hexdigest()
    notice, is_new = MatchNotice.objects.get_or_create(
        pair=pair,
        defaults={
            "new_case": case,
            "new_agency": new,
            "held_case": held,
            "holder": holder,
            "tells_new": tell.new,
            "tells_holder": tell.holder,
        },
    )
    for hit in hits:
        new_person, held_person = (hit.own, hit.other) if notice.new_case_id == case.pk else (hit.other, hit.own)
        MatchedPersons.objects.get_or_create(
            notice=notice,
            new_person=new_person,
            held_person=held_person,
            defaults={"side": hit.own.side, "verdict": hit.result.verdict, "reasons": list(hit.result.reasons)},
        )
    if not is_new:
        return None
    # on no case's trail: who takes part in one of them may not learn of the other
    record(
        action=Action.SEARCHED,
        object_kind="sharing.MatchNotice",
        object_id=notice.pk,
        fields=[case.pk, new.pk, held.pk, holder.pk],
    )
    return notice


def _tell(made: list[MatchNotice], cases: dict[UUID, Case], *, by: Membership) -> None:
    known = participants(cases.values())
    agencies = {agency for notice in made for agency in (notice.new_agency_id, notice.holder_id)}
    teams = writers_by_agency(agencies)
    for notice in made:
        for agency_id, tells, kind in (
            (notice.new_agency_id, notice.tells_new, NoticeKind.MATCH_OPEN),
            (
                notice.holder_id,
                notice.tells_holder,
                NoticeKind.MATCH_OPEN if notice.tells_new else NoticeKind.MATCH_HELD,
            ),
        ):
            if tells:
                _notify(notice, agency_id, kind, known, teams.get(agency_id, []), also=by)


def _notify(
    notice: MatchNotice,
    agency_id: UUID,
    kind: NoticeKind,
    known: Participants,
    team: list[Membership],
    *,
    also: Membership | None = None,
) -> None:
    """Tell the agency's reference persons, and who recorded the case; nobody who is kept out of either case."""
    both = (notice.new_case, notice.held_case)
    told_members = [member for member in team if all(known.may_know(case, member.user_id) for case in both)]
    own_case = both[0] if agency_id == notice.new_agency_id else both[1]
    for roles in ({Role.REFERENT}, {Role.MANAGER}, WRITERS):
        found = [
            member for member in told_members if member.role in roles or member.user_id == own_case.reference_person_id
        ]
        if found:
            break
    else:
        found = []
    if also is not None:
        found += [member for member in told_members if member.pk == also.pk]
    notify(
        recipients=found,
        kind=kind,
        path=reverse("sharing:match", args=[notice.pk]),
        dedupe_key=f"match:{notice.pk}:{kind}",
        case_id=own_case.pk,
    )


# --- what is done about it ------------------------------------------------------------------------------------
def get_match(*, by: Membership | None, notice_id: UUID) -> MatchNotice:
    """One match told to the acting agency. Raises Http404 for anything else."""
    notice = MatchNotice.objects.told_to(by).select_related("new_agency", "holder").filter(pk=notice_id).first()
    if notice is None:
        raise Http404
    return notice


def acts_open(notice: MatchNotice, agency_id: UUID, moves: Iterable[MatchMove]) -> list[MatchAct]:
    """What this service may still do about the match: ask where both are told and nobody has; answer otherwise."""
    moves = list(moves)
    mine = {move.act for move in moves if move.agency_id == agency_id}
    asked = any(move.act == MatchAct.ASKED for move in moves)
    acts = [MatchAct.ASKED] if notice.open_between and not asked else []
    return acts + [act for act in ANSWERS if act not in mine]


def move(*, by: Membership, notice_id: UUID, act: str) -> MatchMove:
    """Write down what the acting agency does about a match; a question, or an answer to one, is told to the other.

    Doing it twice gives the first. Raises Http404, Refused for who only reads the case, RuleBroken where not open.
    """
    notice = get_match(by=by, notice_id=notice_id)
    own_case = Case.objects.get(pk=notice.own_case_id(by.agency_id))
    if not for_case(own_case, by).contribute:
        raise Refused(_("You can read this case but not add to it."))
    moves = list(MatchMove.objects.filter(notice=notice))
    for already in moves:
        if (already.agency_id, already.act) == (by.agency_id, act):
            return already
    if act not in acts_open(notice, by.agency_id, moves):
        raise RuleBroken({"act": [_("Choose one of the answers.")]})
    asked_by_other = any(each.act == MatchAct.ASKED and each.agency_id != by.agency_id for each in moves)
    done = MatchMove.objects.create(notice=notice, act=act, agency=by.agency, by=by.user)
    record(action=Action.DECIDED, object_kind="sharing.MatchNotice", object_id=notice.pk, fields=[act])
    if notice.open_between and (act == MatchAct.ASKED or asked_by_other):
        _tell_other(notice, by, NoticeKind.MATCH_ASKED if act == MatchAct.ASKED else NoticeKind.MATCH_ANSWERED)
    return done


def _tell_other(notice: MatchNotice, by: Membership, kind: NoticeKind) -> None:
    with system_context(SystemContext.MATCHING):
        notice = MatchNotice.objects.select_related("new_case", "held_case").get(pk=notice.pk)
    other = notice.other(by.agency_id).pk
    known = participants((notice.new_case, notice.held_case))
    _notify(notice, other, kind, known, list(writers_of([other])))
