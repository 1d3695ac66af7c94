import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.models import User
from agencies.acting import acting_as
from agencies.models import Agency, Membership
from cases.access import for_case, participation_rows
from cases.enums import EventCode, Side, Stage
from cases.models import Case, CaseEvent, CasePerson, ContactPoint, Note
from casework.coordinating import requests_of
from casework.disagreeing import alert
from common.acting import current
from common.clock import local, now
from common.phones import normalise
from followups.models import FollowUp, FollowUpKind
from move.demo import assessing_words, people, words
from move.demo.district import PASSWORD
from referrals.models import Referral, ReferralState
from reports.models import ReportDraft
from riskassessment import drafting
from riskassessment.consulting import consultations_of
from riskassessment.editing import drafts, second_pairs_of_eyes
from riskassessment.models import Assessment, Conclusion, RequestState, TurningKind
from riskassessment.turning import turning_points_of
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


@pytest.mark.django_db(transaction=True)
def test_a_district_with_work_to_do(settings, owner):
    settings.DEBUG = True
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
        "consultation", "grave_danger", "prosecutor_authorisation", "shared_secret",
    }  # fmt: skip
    assert count("sharing_prosecutorauthorisation WHERE case_id IS NULL") == 1
    sides = "SELECT r.side, a.outcome FROM sharing_subjectrequest r LEFT JOIN sharing_subjectanswer a"
    asked = owner.execute(f"{sides} ON a.request_id = r.id ORDER BY r.side").fetchall()
    assert asked == [("perpetrator", None), ("victim", "given")], "his waits for its check, hers is answered"
    kinds = owner.execute(
        "SELECT kind FROM agencies_partnership p WHERE EXISTS"
        " (SELECT 1 FROM agencies_partnershipmember m WHERE m.partnership_id = p.id)"
    ).fetchall()
    assert sorted(row[0] for row in kinds) == ["dispositif", "platform"]
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
        assert not CasePerson.objects.filter(side=Side.VICTIM).exists() and not ContactPoint.objects.exists()
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
    """One situation waits without a name, one was taken up: its plan is due within three days."""
    delphine, nadia, mireille = person("delphine.marechal"), person("nadia.verhulst"), person("mireille.gerard")
    with acting_as(delphine):
        waiting, retained = sorted(requests_of(delphine), key=lambda each: each.state, reverse=True)
        assert (waiting.state, waiting.case_id, retained.state) == (RequestState.SENT, None, RequestState.RETAINED)
        assert timedelta(0) < retained.plan_due_at - now() < timedelta(hours=72)
        assert Case.objects.get(pk=retained.case_id).monitored_since == retained.answered_at
        assert FollowUp.objects.filter(kind=FollowUpKind.COORDINATED_PLAN, settled_at=None).count() == 1
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
        elif isinstance(value, tuple):
            for each in value:
                walk(each)

    for module in (words, assessing_words):
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
