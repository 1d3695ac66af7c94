import re
from datetime import timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.models import User
from agencies.acting import acting_as
from agencies.enums import AgencyKind
from agencies.models import (
    Agency,
    HelpNumber,
    Interpreter,
    LoadHandover,
    Membership,
    Poster,
    Protocol,
    ServiceOffer,
    TrainingSession,
    Unit,
)
from agencies.offers import to_ask_about
from agencies.posters import duty_number
from agencies.protocols import in_force_between
from agencies.reference_persons import reachable
from cases import same_person
from cases.access import for_case, participation_rows
from cases.enums import EventCode, Side, Stage
from cases.models import Appointment, Case, CaseEvent, CasePerson, ContactPoint, Note, Proceeding
from casework.alike import alike_cases
from casework.coordinating import requests_of
from casework.coordination_handing import is_offer
from casework.disagreeing import alert
from common.acting import current
from common.clock import local, now
from common.phones import normalise
from followups import callbacks
from followups.models import FollowUp, FollowUpKind
from move.demo import (
    assessing_words,
    complaint_words,
    directory_words,
    doors_words,
    outreach_words,
    people,
    referring_words,
    words,
)
from move.demo.district import PASSWORD
from referrals import interpreting
from referrals.models import Referral, ReferralDraft, ReferralState
from reports.models import Report, ReportDraft, Situation, Tracking
from riskassessment import drafting
from riskassessment.consulting import consultations_of
from riskassessment.editing import drafts, second_pairs_of_eyes
from riskassessment.models import Assessment, Conclusion, RequestState, TurningKind
from riskassessment.turning import turning_points_of
from sharing.models import LinkKind, MatchNotice
from tests.ground.test_acting import NOBODY, settings_seen


def seed(*arguments: str) -> str:
    out = StringIO()
    call_command("seed_demo", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def members(agency_kind: str) -> list[Membership]:
    found = Membership.objects.filter(agency__kind=agency_kind, role="practitioner").select_related("agency", "user")
    return list(found.order_by("pk"))


@pytest.mark.django_db
def test_it_refuses_where_debug_is_off(settings):
    settings.DEBUG = False
    for arguments in ([], ["--if-empty"]):
        with pytest.raises(CommandError, match="DEBUG is off"):
            seed(*arguments)
    assert not User.objects.exists()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_district_with_work_to_do(settings, owner):
    settings.DEBUG = settings.DISPUTES_GO_TO_PROSECUTOR = True  # as in move.settings.dev
    printed = seed("--if-empty")
    assert current() is None and settings_seen() == NOBODY, "it acted as many people, and leaves nobody"
    started = now()

    # who
    assert Agency.objects.count() >= 14 and Agency.objects.values("kind").distinct().count() >= 12
    assert User.objects.count() >= 28
    assert set(Membership.objects.values_list("role", flat=True)) == {
        "reader", "practitioner", "referent", "manager", "agency_administrator", "coordinator",
        "platform_administrator", "data_protection_officer",
    }  # fmt: skip
    hats = [user.memberships.count() for user in User.objects.prefetch_related("memberships")]
    assert max(hats) == 2
    assert "leila.amrani@eva.example" in printed and "marc.delvaux@zp-aurore.example" in printed
    assert len(re.findall(r"@[\w-]+\.example$", printed, re.MULTILINE)) == Membership.objects.count()
    assert authenticate(None, username="leila.amrani@eva.example", password=PASSWORD) or authenticate(
        None, email="leila.amrani@eva.example", password=PASSWORD
    )

    # what a data-protection officer looks at: many cases, a case of one's own name, addresses tried
    found = owner.execute("SELECT rule, count FROM administration_unusualreading ORDER BY rule").fetchall()
    assert found == [("many", 34), ("own_name", 1), ("refused", 23)]

    # what: read as the owner, whom no policy limits
    def count(sql: str) -> int:
        return owner.execute(f"SELECT count(*) FROM {sql}").fetchone()[0]

    assert count("cases_case") >= 60
    assert {row[0] for row in owner.execute("SELECT DISTINCT stage FROM cases_case").fetchall()} == set(Stage.values)
    levels = {row[0] for row in owner.execute("SELECT DISTINCT level FROM cases_case").fetchall()}
    assert levels == {"", "low", "moderate", "high", "critical"}
    states = {row[0] for row in owner.execute("SELECT DISTINCT state FROM referrals_referral").fetchall()}
    assert states == set(ReferralState.values)
    assert count("reports_report WHERE kind = 'police_complaint'") >= 15
    assert count("sharing_sharingdecision WHERE way_in = 'complaint'") >= 15, "the prosecutor is told"
    decided = "SELECT DISTINCT basis FROM sharing_sharingdecision WHERE way_in = 'decision'"
    assert {row[0] for row in owner.execute(decided).fetchall()} == {
        "consultation", "grave_danger", "prosecutor_authorisation", "report_to_prosecutor", "shared_secret",
    }  # fmt: skip
    assert count("sharing_prosecutorauthorisation WHERE case_id IS NULL") == 1
    sides = "SELECT r.side, a.outcome FROM sharing_subjectrequest r LEFT JOIN sharing_subjectanswer a"
    asked = owner.execute(f"{sides} ON a.request_id = r.id ORDER BY r.side").fetchall()
    assert asked == [("perpetrator", None), ("victim", "given")], "his waits for its check, hers is answered"
    kinds = owner.execute(
        "SELECT kind FROM agencies_partnership p WHERE EXISTS"
        " (SELECT 1 FROM agencies_partnershipmember m WHERE m.partnership_id = p.id)"
    ).fetchall()
    assert sorted(row[0] for row in kinds) == ["dispositif", "dispositif", "platform"]
    assert count("notifications_outgoingmail WHERE state = 'waiting'") == 0, "the past sends no mail"
    assert count("cases_casegroupobjectpermission WHERE sort_at > now()") == 0, "no act is in the future"
    assert owner.execute("SELECT cases_drifted_sort_keys()").fetchone()[0] == 0
    waits = """riskassessment_conclusion c WHERE lowers AND NOT EXISTS
        (SELECT 1 FROM riskassessment_countersignature s WHERE s.conclusion_id = c.id)"""
    assert count(waits) == 1

    # what is due, as the cells see it
    due = []
    for member in members("eva_cell") + members("sapv"):
        with acting_as(member):
            open_ = FollowUp.objects.filter(kind=FollowUpKind.J2_CONTACT, settled_at=None)
            due += open_.values_list("due_at", "attempts__outcome")
    assert any(timedelta(0) < at - started < timedelta(minutes=1) for at, _tried in due), "one falls due at once"
    assert sum(at < started for at, tried in due if not tried) >= 3, "some are overdue"
    assert sum(started < at < started + timedelta(hours=8) for at, _tried in due) >= 5, "some are due soon"
    assert sum(1 for _at, tried in due if tried) >= 3, "some were tried in vain"

    # who sees what
    programme = members("perpetrator_programme")[0]
    with acting_as(programme):
        rows = list(participation_rows(programme))
        assert len(rows) >= 2 and {row.side for row in rows} == {"perpetrator"}
        hers = CasePerson.objects.filter(side=Side.VICTIM)
        assert [each.person.full_name for each in hers] == [""], "the one of whom he spoke himself, without a name"
        assert not ContactPoint.objects.exists()
        assert all(note.side == Side.PERPETRATOR for note in Note.objects.all())
        assert not any(for_case(row.content_object, programme).level for row in rows)
    officer = Membership.objects.get(user__email="marc.delvaux@zp-aurore.example")
    with acting_as(officer):
        assert Case.objects.visible_to(officer).count() >= 25
        assert ReportDraft.objects.filter(agency=officer.agency, report=None).count() == 2
        assert Assessment.objects.filter(signed_at=None).count() == 1
        assert Conclusion.objects.filter(agency=officer.agency).count() >= 10
        assert Referral.objects.filter(from_agency=officer.agency).exists()
    for role in ("platform_administrator", "data_protection_officer"):
        for member in Membership.objects.select_related("agency", "user").filter(role=role):
            with acting_as(member):
                assert not Case.objects.exists()
    assessed_over_months(owner, started)
    brought_to_the_coordination()
    waits_for_a_second_pair_of_eyes()
    comes_in_by_every_door(owner)
    stands_on_the_board(owner, started)
    stands_around_her(owner, started)
    one_person_in_several_records(owner)
    stands_in_the_directory(owner, started)
    is_referred_in_every_way(owner, started)
    is_interpreted(owner, started)
    reaches_out(owner, started)

    # again
    before = owner.execute("SELECT count(*), max(id::text) FROM audit_auditevent").fetchone()
    assert seed("--if-empty") == printed
    with pytest.raises(CommandError, match="users already"):
        seed()
    assert owner.execute("SELECT count(*), max(id::text) FROM audit_auditevent").fetchone() == before


def person(local_part: str) -> Membership:
    found = Membership.objects.filter(user__email__startswith=f"{local_part}@").select_related("agency", "user")
    return found.order_by("pk").first()


def assessed_over_months(owner, started) -> None:
    """The long case: its level goes up to critical and down, and two grids end up far from each other."""
    helene, marc, nadia = person("helene.cordier"), person("marc.delvaux"), person("nadia.verhulst")
    with acting_as(marc):
        case = Case.objects.visible_to(marc).order_by("opened_at").first()
    rows = owner.execute(
        """SELECT g.slug, a.indicative_level, c.level, r.verdict FROM riskassessment_assessment a
        JOIN riskassessment_gridversion v ON v.id = a.grid_version_id JOIN riskassessment_grid g ON g.id = v.grid_id
        LEFT JOIN riskassessment_conclusion c ON c.assessment_id = a.id
        LEFT JOIN riskassessment_assessmentreview r ON r.assessment_id = a.id
        WHERE a.case_id = %s AND a.signed_at IS NOT NULL ORDER BY a.signed_at""",
        [case.pk],
    ).fetchall()
    assert [row[1:] for row in rows if row[0] == "police-demonstration"] == [
        ("low", "low", "validated"),
        ("moderate", "moderate", "validated"),
        ("high", "high", "returned"),
        ("critical", "critical", "validated"),
        ("high", "high", "validated"),
        ("high", "moderate", "validated"),
        ("low", "low", "validated"),
    ]
    assert [row[1:] for row in rows if row[0] == "criticality-demonstration"] == [
        ("moderate", "moderate", "validated"),
        ("high", "high", "validated"),
        ("high", "high", "validated"),
        ("high", "high", None),
    ]
    assert [row[2] for row in rows if row[0] == "perpetrator-demonstration"] == ["moderate", "moderate"]
    assert ("cultural-formulation", "", None, None) in rows
    with acting_as(helene):
        access = for_case(case, helene)
        assert access.level and alert(case, access), "the cell reads both grids, and is told that they disagree"
        assert turning_points_of(case, access).filter(kind=TurningKind.SEPARATION).exists()
        waits = FollowUp.objects.filter(case=case, kind=FollowUpKind.VERIFICATION, settled_at=None).get()
        assert waits.due_at > started, "it waits, and is not late yet"
    with acting_as(marc):
        kinds = set(turning_points_of(case, for_case(case, marc)).values_list("kind", flat=True))
        happened = {
            TurningKind.MEASURE_BREACHED,
            TurningKind.RELEASE,
            TurningKind.FAMILY_COURT,
            TurningKind.MEASURE_ENDED,
        }
        assert happened <= kinds
        told = CaseEvent.objects.filter(case=case).values_list("code", flat=True)
        assert {EventCode.EVENTS_REPEATED, EventCode.LEVELS_DISAGREE} <= set(told)
    for member in (marc, nadia):  # the police its own grid; the service that follows her what was handed over to it
        with acting_as(member):
            owed = FollowUp.objects.filter(
                case=case, kind=FollowUpKind.REASSESSMENT, agency=member.agency, settled_at=None
            ).get()
            assert owed.grid_id and local(owed.due_at).date() == local(started).date()


def brought_to_the_coordination() -> None:
    """One situation waits without a name, one was taken up: its plan is due within three days. The other one is
    asked to take that one over, and has not answered.
    """
    delphine, nadia, mireille = person("delphine.marechal"), person("nadia.verhulst"), person("mireille.gerard")
    with acting_as(delphine):
        asked_of_her = requests_of(delphine).filter(coordination=delphine.agency)
        waiting, retained = sorted(asked_of_her, key=lambda each: each.state, reverse=True)
        assert (waiting.state, waiting.case_id, retained.state) == (RequestState.SENT, None, RequestState.RETAINED)
        assert timedelta(0) < retained.plan_due_at - now() < timedelta(hours=72)
        assert Case.objects.get(pk=retained.case_id).monitored_since == retained.answered_at
        assert FollowUp.objects.filter(kind=FollowUpKind.COORDINATED_PLAN, settled_at=None).count() == 1
    renaud = person("renaud.lacasse")
    with acting_as(renaud):
        (offer,) = requests_of(renaud)
        assert is_offer(offer) and (offer.state, offer.agency_id) == (RequestState.SENT, delphine.agency_id)
        assert offer.case_id == retained.case_id and not Case.objects.visible_to(renaud).exists()
    for member, level in ((nadia, "moderate"), (mireille, "high")):
        with acting_as(member):
            assert [each.indicative_level for each in consultations_of(member)] == [level]


def waits_for_a_second_pair_of_eyes() -> None:
    """What one administrator proposed may be published by the other, and by the other alone."""
    pierre, sarah = person("pierre.jadot"), person("sarah.lemmens")
    with acting_as(sarah):
        (draft,) = drafts(sarah)
        assert draft.proposed_by == pierre.user and drafting.problems(draft.definition) == ((), ())
        assert second_pairs_of_eyes(draft) == [sarah]


def comes_in_by_every_door(owner) -> None:
    """Situations of five services, one of them his; complaints as they are asked now; who is told of whom."""
    situations = owner.execute(
        """SELECT g.kind, s.side, s.source FROM reports_situation s JOIN agencies_agency g ON g.id = s.agency_id
        ORDER BY g.kind"""
    ).fetchall()
    assert situations == [
        ("cpas", "victim", "she_told"),
        ("hospital", "victim", "noticed"),
        ("migrant_service", "victim", "she_told"),
        ("perpetrator_programme", "perpetrator", "he_told"),
        ("school", "victim", "told"),
    ]
    samira, mathieu, aline = person("samira.benali"), person("mathieu.renson"), person("aline.wauters")
    with acting_as(samira):
        assert ReportDraft.objects.filter(kind="situation", situation=None, discarded_at=None).count() == 1
        recorded = Situation.objects.get(agency=samira.agency)
        assert Referral.objects.filter(case=recorded.case_id, from_agency=samira.agency).exists()
    with acting_as(mathieu):
        waiting = MatchNotice.objects.told_to(mathieu)
        assert {notice.new_agency.kind for notice in waiting} == {"police"}, "the zone names the same woman"
    with acting_as(aline):
        complaint = Report.objects.get(continues__isnull=False)
        assert complaint.kind == "police_complaint" and complaint.declaration == "made"
        assert Report.objects.filter(kind="sensitive_note").count() == 1
    complaints = """SELECT count(*), count(*) FILTER (WHERE vif IS NULL OR declaration = ''),
        count(*) FILTER (WHERE declaration = 'refused' AND declaration_words <> ''), count(DISTINCT violence_types)
        FROM reports_report WHERE kind = 'police_complaint'"""
    written, bare, refused, kinds = owner.execute(complaints).fetchone()
    assert (written >= 15, bare, refused >= 1, kinds >= 4) == (True, 0, True, True)
    verified = owner.execute(
        """SELECT count(*), count(*) FILTER (WHERE (r.vif, r.vc) IS DISTINCT FROM (v.vif, v.vc))
        FROM reports_reportverification v JOIN reports_report r ON r.id = v.report_id"""
    ).fetchone()
    assert verified[0] >= 15 and verified[1] == 1, "one was corrected"
    waits = """SELECT count(*) FROM followups_followup WHERE kind = 'classification' AND settled_at IS NULL"""
    assert 1 <= owner.execute(waits).fetchone()[0] <= 8
    exposures = owner.execute("SELECT DISTINCT exposure FROM reports_childexposure").fetchall()
    assert len(exposures) >= 4


def stands_on_the_board(owner, started) -> None:
    """Everything of a board: sections, steps, decisions, what is late, and the report of a professional."""
    assert Unit.objects.live().count() == 7
    rows = owner.execute("SELECT kind, count(*) FROM reports_tracking GROUP BY kind ORDER BY kind").fetchall()
    assert [kind for kind, _count in rows] == ["alert", "complaint", "dispute"] and rows[0][1] == 1
    steps = {row[0] for row in owner.execute("SELECT DISTINCT step FROM reports_trackingact").fetchall()}
    assert {"read", "assigned", "hearing", "heard", "residence_ban", "no_contact"} <= steps
    superseded = "SELECT count(*) FROM reports_prosecutordecision WHERE supersedes_id IS NOT NULL"
    assert owner.execute(superseded).fetchone()[0] == 1
    anne = person("anne.royer")
    with acting_as(anne):
        waiting = Tracking.objects.visible_to(anne).filter(decisions=None)
        late = waiting.filter(decide_by__lt=started)
        assert 3 <= late.count() <= 12 and waiting.count() > late.count()
        units = FollowUp.objects.filter(kind=FollowUpKind.J2_CONTACT, agency__kind="eva_cell", unit__isnull=False)
        assert not units.exists(), "neighbourhoods of the cell are no matter of the prosecutor"
    leila = person("leila.amrani")
    with acting_as(leila):
        calls = FollowUp.objects.owed_by(leila).filter(kind=FollowUpKind.J2_CONTACT, settled_at=None)
        assert calls.filter(unit__name="Quartier des Tanneurs").exists()
        assert calls.filter(unit__name="Quartier du Canal").exists()


def stands_around_her(owner, started) -> None:
    """Appointments of every kind of moment, a child's arrangement and its former one, a proceeding with a reader."""
    ends = owner.execute("SELECT outcome FROM cases_appointmentend ORDER BY outcome").fetchall()
    assert [row[0] for row in ends] == ["kept", "moved"]
    leila, nadia = person("leila.amrani"), person("nadia.verhulst")
    with acting_as(leila):
        waiting = Appointment.objects.filter(end=None)
        assert waiting.filter(starts_at__gt=started).count() >= 3
        assert waiting.filter(ends_at__lt=started).count() == 1, "nobody has said what became of one"
        owed = FollowUp.objects.filter(kind=FollowUpKind.APPOINTMENT, settled_at=None, due_at__lt=started)
        assert owed.count() == 1
    assert owner.execute("SELECT count(*) FROM cases_childcontact WHERE kind = 'school'").fetchone()[0] == 1
    arranged = "SELECT source FROM cases_childarrangement ORDER BY recorded_at"
    assert [row[0] for row in owner.execute(arranged).fetchall()] == ["fact", "judgment"]
    with acting_as(nadia):
        assert Proceeding.objects.get().readers.count() == 1
    corrected = "SELECT count(*) FROM cases_note WHERE supersedes_id IS NOT NULL"
    assert owner.execute(corrected).fetchone()[0] == 1


def one_person_in_several_records(owner) -> None:
    """Merged, the same suspect of two victims, suspected, opposing and unreviewed, proposed as one couple."""
    said = owner.execute("SELECT verdict, side FROM cases_sameperson ORDER BY verdict").fetchall()
    assert said == [("merged", "victim"), ("same", "perpetrator")]
    reviews = "SELECT count(*) FROM sharing_countercomplaintreview"
    linked = owner.execute("SELECT kind FROM sharing_caselink").fetchall()
    assert ("counter_complaint",) in linked and owner.execute(reviews).fetchone()[0] == 0
    anne, marc = person("anne.royer"), person("marc.delvaux")
    with acting_as(anne):
        cases = list(Case.objects.visible_to(anne).order_by("-opened_at")[:20])
        kinds = {each.kind for found in alike_cases(by=anne, cases=cases).values() for each in found}
        assert LinkKind.SAME_COUPLE in kinds, "nobody has linked the couple of both towns yet"
    with acting_as(marc):
        twice = [case for case in Case.objects.visible_to(marc) if suspected_within(marc, case)]
        assert twice, "a child stands twice in a case, and nobody has looked at it"


def stands_in_the_directory(owner, started) -> None:
    """Entries confirmed, to confirm and never confirmed; a full service and a closed one; two without an account."""
    offers = list(ServiceOffer.objects.live().select_related("agency"))
    assert len(offers) >= 14 and len({need for offer in offers for need in offer.needs}) >= 14
    shelters = [offer for offer in offers if offer.agency.kind == AgencyKind.SHELTER]
    assert len(shelters) == 2 and not any(offer.address or offer.postal_code for offer in shelters)
    never = {offer.agency.kind for offer in offers if offer.confirmed_at is None}
    assert never == {AgencyKind.GENERAL_PRACTICE, AgencyKind.LEGAL_AID}
    assert to_ask_about(started).count() == 2, "two were confirmed too long ago"
    assert any(offer.always_open for offer in offers) and any(offer.schedule for offer in offers)
    assert len({code for offer in offers for code in offer.languages}) >= 8
    agencies = Agency.objects.active()
    assert set(agencies.filter(without_account=True).values_list("kind", flat=True)) == never
    assert agencies.filter(free_places=0).count() == 1 and agencies.filter(free_places__gt=0).exists()
    assert agencies.filter(waiting_days__gt=0).count() >= 4
    assert agencies.filter(accepts_referrals=False, offers__needs__contains=["mental_health"]).exists()
    checked = HelpNumber.objects.live().filter(
        verified_on=local(started).date(), published_by=person("pierre.jadot").user
    )
    assert sorted(checked.values_list("code", flat=True)) == ["permanence"], "no real number passes for checked"
    assert HelpNumber.objects.live().filter(verified_on=None).count() >= 3
    eva, tilleul = person("leila.amrani").agency, person("fatima.ouali").agency
    assert Protocol.objects.count() == 3 and in_force_between(eva, tilleul)[0].channel
    named = reachable([eva, tilleul])
    assert {row.theme for row in named[eva.pk]} == {"partner_violence", "children"} and named[tilleul.pk]
    with acting_as(person("etienne.marchal")):
        handed = LoadHandover.objects.get()
    assert handed.note and handed.moved == {"referrals": 2, "themes": 1}


def is_referred_in_every_way(owner, started) -> None:
    """Every state, what is needed besides, rounds, letters, feedback, a missing service, one left in the middle."""

    def rows(sql: str) -> list[tuple]:
        return owner.execute(sql).fetchall()

    referral = "SELECT count(*) FROM referrals_referral WHERE "
    for what in (
        "state = 'accepted' AND first_appointment_at > now()",
        "state = 'received' AND assigned_to_id IS NOT NULL",
        "state = 'declined' AND decline_reason <> '' AND answer_note <> ''",
        "interpreter_language <> '' AND childcare",
        "transport",
        "accompaniment",
        "state = 'expired'",
        "state = 'withdrawn'",
    ):
        assert rows(referral + what)[0][0] >= 1, what
    results = {row[0] for row in rows("SELECT DISTINCT result FROM referrals_referral WHERE state = 'completed'")}
    assert {"helped", "partly", "stopped"} <= results
    again = """SELECT count(*) FROM referrals_referral d JOIN referrals_referral n ON n.case_id = d.case_id
        AND n.subject_id = d.subject_id AND n.need = d.need AND n.sent_at > d.answered_at WHERE d.state = 'declined'"""
    assert rows(again)[0][0] >= 1, "declined, and sent on"
    rounds = rows(
        """SELECT in_order, array_agg(state ORDER BY rank) FROM referrals_referral WHERE round IS NOT NULL
        GROUP BY round, in_order ORDER BY in_order"""
    )
    assert rounds == [(False, ["received", "sent"]), (True, ["received", "queued"])]
    letters = rows(
        """SELECT r.state, l.ended_at IS NULL FROM referrals_externalletter l
        JOIN referrals_referral r ON r.id = l.referral_id ORDER BY r.state"""
    )
    assert letters == [("accepted", False), ("sent", True)], "one answered by phone, one waits"
    told = rows(
        """SELECT f.basis, f.consent_id IS NOT NULL, r.mandated, g.kind FROM referrals_referralfeedback f
        JOIN referrals_referral r ON r.id = f.referral_id JOIN agencies_agency g ON g.id = r.from_agency_id
        ORDER BY f.basis"""
    )
    assert told == [("consent", True, False, "eva_cell"), ("mandate", False, True, "prosecutor")]
    gap = rows(
        """SELECT p.kind, p.need, g.kind, r.state FROM referrals_servicegap p JOIN referrals_referral r
        ON r.case_id = p.case_id AND r.missing_kind = p.kind JOIN agencies_agency g ON g.id = r.to_agency_id"""
    )
    assert gap == [("cpvs", "sexual_violence", "hospital", "accepted")]
    needs = []
    for key in ("leila.amrani", "helene.cordier"):
        with acting_as(person(key)):
            needs += [draft.data["need"] for draft in ReferralDraft.objects.filter(ended_at=None)]
    assert needs == ["housing"], "one is left in the middle of a sentence"
    leila = person("leila.amrani")
    with acting_as(leila):
        assert Referral.objects.between(leila).count() >= 10


def is_interpreted(owner, started) -> None:
    """A list of every sort, a request confirmed, one that waits, one by a reasoned exception."""
    kinds = set(Interpreter.objects.live().values_list("certified", "trained", "mediator"))
    assert {(True, True, False), (True, False, False), (False, True, False), (True, True, True)} <= kinds
    ioana = person("ioana.marin")
    with acting_as(ioana):
        asked = list(interpreting.between(ioana).filter(at__gt=started))
        assert sorted(each.state for each in asked) == ["confirmed", "confirmed", "sent"]
    exceptions = "SELECT reason <> '', agreed FROM referrals_interpreterexception"
    assert owner.execute(exceptions).fetchall() == [(True, True)]


def reaches_out(owner, started) -> None:
    """Posters with requests late, taken and forgotten; trainings two months apart, one over with its replay."""
    leila = person("leila.amrani")
    with acting_as(leila):
        hung = Poster.objects.live().filter(agency=leila.agency).select_related("agency")
        assert len(hung) == 2 and {duty_number(poster.agency) for poster in hung} == {leila.agency.public_duty_phone}
        late, taken = callbacks.waiting_for(leila)
        assert late.due_at < started and late.taken_by is None and late.number
        assert taken.due_at > started and taken.taken_by == leila.user
        over = callbacks.over_in(leila).get()
        assert over.outcome == "reached" and over.number is None and over.hours is None
    sessions = list(TrainingSession.objects.order_by("starts_at"))
    apart = [(later.starts_at - first.starts_at).days for first, later in pairwise(sessions)]
    # each two months after the first, a week later where nobody works that day
    assert len(sessions) == 3 and all(45 <= days <= 77 for days in apart)
    past, following, _last = sessions
    assert past.starts_at < started < following.starts_at and past.replay
    attended = list(past.enrolments.order_by("attended").values_list("attended", flat=True))
    assert attended == [False, True, True, True]
    assert following.enrolments.count() >= 4


def suspected_within(member: Membership, case: Case) -> bool:
    access = for_case(case, member)
    persons, points = same_person.people_of(access)
    found = same_person.seen(by=member, access=access, persons=persons, phones=same_person.phones_of(points))
    return any(not each.across and each.may_merge for each in found.suspected)


AVOIDED = (
    "dispute", "conflit", "scène de ménage", "réciproque", "se battent", "drame", "passionnel", "prétend", "allègue",
    "soi-disant", "hystérique", "refuse de collaborer", "non coopérant", "provoqué", "jaloux", "pervers", "toxique",
    "manipulat", "alcoolique", "toxicomane", "cas social", "culture", "communauté", "petite gifle", "incident",
)  # fmt: skip


def written() -> list[str]:
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for language, each in value.items():
                if language not in ("en", "nl"):
                    walk(each)
        elif isinstance(value, tuple | list):
            for each in value:
                walk(each)

    for module in (
        words,
        assessing_words,
        complaint_words,
        directory_words,
        doors_words,
        outreach_words,
        referring_words,
    ):
        for name in dir(module):
            if name.isupper():
                walk(getattr(module, name))
    return found


def test_the_written_words_judge_nobody():
    for text in written():
        outside_quotes = re.sub(r"« [^»]* »", "", text).lower()
        assert not [word for word in AVOIDED if word in outside_quotes], text
        assert "'" not in text, f"typographic apostrophe: {text}"


def test_every_couple_has_a_name_of_its_own():
    assert len(words.VICTIMS) == len(words.PERPETRATORS)
    assert len(set(words.VICTIMS)) == len(words.VICTIMS) and len(set(words.PERPETRATORS)) == len(words.PERPETRATORS)
    assert " ".join(assessing_words.VICTIM) not in words.VICTIMS
    assert " ".join(assessing_words.PERPETRATOR) not in words.PERPETRATORS
    colleagues = {f"{person.given_name} {person.family_name}" for person in people.PEOPLE}
    assert not colleagues & {*words.VICTIMS, *words.PERPETRATORS}


def test_the_numbers_of_services_can_be_typed():
    for agency in people.AGENCIES:
        assert normalise(f"02 555 01 {agency.number:02d}").startswith("+32")


def test_the_cells_have_a_duty_number_for_everybody_that_is_not_the_one_of_colleagues():
    numbers = {agency.key: people.public_duty_phone(agency) for agency in people.AGENCIES}
    assert all(numbers[key] for key in ("eva", "sapv", "tilleul", "hopital"))
    assert not any(numbers[key] for key in ("zp_aurore", "parquet"))
    assert all(normalise(number) for number in numbers.values() if number)
