"""Turnover: the whole load of somebody who leaves a service, given to a successor with a note.

What goes over: follow-ups, referrals in hand, requests to be called back, the part of reference person in cases the
service leads, places among the named persons of restricted cases, sections and neighbourhoods, themes. Drafts are
listed and stay with their author.

Nobody learns of a case by it. What is counted and listed is what the acting member may know; the rest goes over
unseen. Where the successor is kept out of a case, what is due there goes back to the service.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from agencies.enums import Role
from agencies.models import LoadHandover, Membership, ReferencePerson, Unit
from agencies.perms import may_hand_load
from agencies.reference_persons import end as end_reference
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases.access import excluded_among, grants_of, kept_out, named_among, restricted_places
from cases.models import Case
from cases.restriction import open_naming
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once
from followups.holding import hand_over_held
from followups.models import CallbackRequest, FollowUp, FollowUpKind
from notifications.models import NoticeKind
from notifications.services import notify
from referrals import handing
from referrals.models import Referral
from reports.models import ReportDraft
from riskassessment.models import Assessment

from . import restricting

NOTE_LENGTH = 2000
MOST = 200
SHOWN = 30


@dataclass(frozen=True)
class Load:
    """What somebody has in hand, as far as the acting member may know; MOST of each at the most.

    `references` are those of the cases of referrals that were accepted, by case, where `by` may know of them.
    With a successor in view, `staying` holds the ids of follow-ups, referrals and cases that the successor may not take
    and `places` only the cases in which the successor will be named.
    """

    follow_ups: list[FollowUp]
    referrals: list[Referral]
    callbacks: list[CallbackRequest]
    led: list[Case]
    places: frozenset[UUID]
    units: list[Unit]
    themes: list[ReferencePerson]
    drafts: list[ReportDraft] = field(default_factory=list)
    grids: list[Assessment] = field(default_factory=list)
    staying: frozenset[UUID] = frozenset()
    references: dict[UUID, str] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How much goes over of each, and how much goes back to the service; what is none is left out."""
        rows = {"follow_ups": self.follow_ups, "referrals": self.referrals, "cases": self.led}
        found = {name: sum(each.pk not in self.staying for each in of) for name, of in rows.items()}
        found |= {
            "callbacks": len(self.callbacks),
            "places": len(self.places),
            "units": len(self.units),
            "themes": len(self.themes),
            "staying": len(self.staying),
        }
        return {name: count for name, count in found.items() if count}


def leaving_member(by: Membership, member_id: UUID) -> Membership:
    """Somebody of the acting agency, gone already or not. Raises Refused for who does not administer it, Http404."""
    if not may_hand_load(by, by.agency_id):
        raise Refused(_("Only a manager or an administrator of the service hands over the work of a colleague."))
    found = Membership.objects.select_related("user", "agency").filter(pk=member_id, agency=by.agency_id).first()
    if found is None:
        raise Http404
    return found


def successors(member: Membership) -> list[Membership]:
    """Who may take over: who writes for the service now, by name, but the one who leaves."""
    writers = [each for each in writers_of([member.agency_id]) if each.user_id != member.user_id]
    return sorted(writers, key=lambda each: (each.user.family_name, each.user.given_name, each.pk))


# --- what there is --------------------------------------------------------------------------------------------
def load_of(*, by: Membership, member: Membership, successor: Membership | None = None) -> Load:
    """What this person has in hand, for the page and for its preview. A constant number of queries."""
    agency, leaving = member.agency_id, member.user_id
    places = _places(by, leaving, successor)
    follow_ups = FollowUp.objects.visible_to(by).filter(agency=agency, assigned_to=leaving, settled_at=None)
    referrals = handing.held_by(Referral.objects.between(by), agency_id=agency, user_id=leaving)
    led = Case.objects.visible_to(by).filter(lead_agency=agency, reference_person=leaving, closed_at=None)
    if successor is not None:
        before_case = Q(kind=FollowUpKind.REFERRAL_ANSWER)
        follow_ups = follow_ups.annotate(kept=kept_out(case="case", user=successor.user_id, outside=before_case))
        referrals = handing.with_kept(referrals, successor.user_id)
        led = led.annotate(kept=kept_out(case="pk", user=successor.user_id))
    shown_follow_ups = list(follow_ups.select_related("case").order_by("due_at", "pk")[:MOST])
    shown_referrals = list(referrals.select_related("from_agency").order_by("answer_due_at", "pk")[:MOST])
    shown_led = list(led.order_by("pk")[:MOST])
    staying = set()
    if successor is not None:
        of_case = [(each, each.case_id) for each in [*shown_follow_ups, *shown_referrals]]
        of_case += [(each, each.pk) for each in shown_led]
        staying = {each.pk for each, case_id in of_case if each.kept and case_id not in places}
    taken = {each.case_id for each in shown_referrals if each.taken}
    references = dict(Case.objects.visible_to(by).filter(pk__in=taken).values_list("pk", "reference"))
    drafts = ReportDraft.objects.open_to(by).filter(author=leaving, report=None, situation=None).defer("data")
    grids = Assessment.objects.filter(agency=agency, author=leaving, signed_at=None)
    return Load(
        follow_ups=shown_follow_ups,
        referrals=shown_referrals,
        callbacks=list(_callbacks(by, leaving).select_related("poster")[:MOST]),
        led=shown_led,
        places=places,
        units=list(_units(agency, leaving)[:MOST]),
        themes=list(_themes(agency, leaving)[:MOST]),
        drafts=list(drafts.order_by("-saved_at")[:MOST]),
        grids=list(
            grids.filter(case__in=Case.objects.visible_to(by)).select_related("case").order_by("-saved_at")[:MOST]
        ),
        staying=frozenset(staying),
        references=references,
    )


def _places(by: Membership, leaving: UUID, successor: Membership | None) -> frozenset[UUID]:
    """The restricted cases in which this person is named and `by` may name the successor, by the rules of
    `cases.restriction`: a manager, not excluded; who is named there too must add to the case, and nobody brings
    themselves in from outside.
    """
    if by.role != Role.MANAGER:
        return frozenset()
    cases = restricted_places(leaving, by.agency.group_id)
    if not cases:
        return frozenset()
    people = {by.user_id} | ({successor.user_id} if successor else set())
    excluded = excluded_among(cases, people)
    named = named_among(cases, people)
    accesses = grants_of(list(cases), by)
    found = set()
    for case_id in cases:
        inside = (case_id, by.user_id) in named
        may = accesses[case_id].contribute if inside and case_id in accesses else not inside
        new = successor is None or (case_id, successor.user_id) not in named
        from_outside = successor is not None and successor.user_id == by.user_id and not inside
        if may and new and not from_outside and not any((case_id, person) in excluded for person in people):
            found.add(case_id)
    return frozenset(found)


def _callbacks(by: Membership, user_id: UUID) -> QuerySet[CallbackRequest]:
    return CallbackRequest.objects.visible_to(by).filter(taken_by=user_id, handled_at=None).order_by("due_at", "pk")


def _units(agency_id: UUID, user_id: UUID) -> QuerySet[Unit]:
    return Unit.objects.live().filter(agency=agency_id, reference_person=user_id).order_by("name", "pk")


def _themes(agency_id: UUID, user_id: UUID) -> QuerySet[ReferencePerson]:
    return ReferencePerson.objects.filter(agency=agency_id, user=user_id, ended_at=None).order_by("theme", "pk")


# --- handing it over ------------------------------------------------------------------------------------------
def chosen_successor(member: Membership, user_id: UUID | None) -> Membership:
    """The colleague who takes over. Raises RuleBroken by field."""
    found = next((each for each in successors(member) if each.user_id == user_id), None)
    if found is None:
        raise RuleBroken({"successor": [_("Choose a colleague who works here now and writes in cases.")]})
    return found


def check_note(note: str) -> None:
    """Raises RuleBroken by field."""
    missing = _("Write what your colleague has to know to go on, without naming anybody of a case.")
    if problem := text_problem(note, most=NOTE_LENGTH, missing=missing):
        raise RuleBroken({"note": [problem]})


def hand_over(
    *, by: Membership, member_id: UUID, successor_id: UUID | None, note: str, handover_id: UUID
) -> LoadHandover:
    """Give all of it to the successor, who is told. Sent twice with the same `handover_id` it happens once.

    Raises Http404, Refused, RuleBroken by field.
    """
    member = leaving_member(by, member_id)
    with transaction.atomic():
        lock(f"load {member.agency_id} {member.user_id}")
        mine = LoadHandover.objects.filter(pk=handover_id, handed_by=by.user_id)
        if (done := mine.first()) is not None:
            return done
        successor = chosen_successor(member, successor_id)
        check_note(note)
        load = load_of(by=by, member=member, successor=successor)
        _move(by=by, member=member, successor=successor, load=load)
        handover, new = insert_once(
            LoadHandover(
                id=handover_id,
                agency=member.agency,
                leaving=member.user,
                successor=successor.user,
                note=note.strip(),
                moved=load.counts(),
                handed_by=by.user,
            ),
            mine=mine,
        )
        if new:
            record(action=Action.DECIDED, object_kind="agencies.LoadHandover", object_id=handover.pk)
            if successor.user_id != by.user_id:
                notify(
                    recipients=[successor],
                    kind=NoticeKind.LOAD_HANDED_OVER,
                    path=reverse("casework:handed_load", args=[handover.pk]),
                    dedupe_key=f"load:{handover.pk}",
                )
    return handover


def _move(*, by: Membership, member: Membership, successor: Membership, load: Load) -> None:
    agency, leaving, person = member.agency_id, member.user_id, successor.user
    for case_id in sorted(load.places):
        _name(by, case_id, add={person.pk})
    hand_over_held(agency_id=agency, leaving=leaving, successor=person)
    handing.hand_over(agency_id=agency, leaving=leaving, successor=person)
    _hand_cases(agency, leaving, person)
    for case_id in sorted(load.places):
        _name(by, case_id, take_off={leaving})
    for callback in _callbacks(by, leaving).select_for_update(of=("self",)):
        callback.taken_by = person
        callback.save(update_fields=["taken_by"])
    for unit in _units(agency, leaving).select_for_update(of=("self",)):
        unit.reference_person = person
        unit.save(update_fields=["reference_person"])
    answers_for = set(_themes(agency, person.pk).values_list("theme", flat=True))
    for row in _themes(agency, leaving).select_for_update(of=("self",)):
        end_reference(row)
        if row.theme not in answers_for:
            # their direct number is their own: the successor's is written on the page of reference persons
            ReferencePerson.objects.create(agency_id=agency, theme=row.theme, user=person, named_by=by.user)


def _hand_cases(agency_id: UUID, leaving: UUID, person: User) -> None:
    with system_context(SystemContext.REMINDERS):
        led = Case.objects.filter(lead_agency=agency_id, reference_person=leaving, closed_at=None)
        led = led.annotate(kept=kept_out(case="pk", user=person.pk))
        for case in led.select_for_update(of=("self",)).order_by("pk"):
            case.reference_person = None if case.kept else person
            case.save(update_fields=["reference_person"])


def _name(
    by: Membership, case_id: UUID, *, add: Collection[UUID] = frozenset(), take_off: Collection[UUID] = frozenset()
) -> None:
    """Change who of the service is named; whoever is not named themselves brings in and takes nobody off."""
    naming = open_naming(by=by, case_id=case_id)
    if add or naming.inside:
        restricting.name(by=by, case_id=case_id, named=(naming.named | set(add)) - set(take_off))
