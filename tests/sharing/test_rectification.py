"""A wrong fact corrected beside its record: who is told, what each reads, a person found under the new name."""

from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.models import Agency
from audit.models import AuditEvent
from cases.access import for_case
from cases.matching import hits
from cases.models import CaseEvent, CaseExclusion, CasePerson, MatchKey
from cases.search import find
from cases.services import write_note
from casework.rectifying import rectify_person, resolve
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from notifications.models import Notice
from riskassessment.versions import definition_of
from sharing import oral, rectifying
from sharing.models import (
    Basis,
    Rectification,
    RectificationReceipt,
    RectificationRecipient,
    SharingDecision,
    SharingRevocation,
    WayIn,
)
from sharing.services import recompute, revoke, withdraw_consent
from tests.actors import as_ as browser_of
from tests.actors import database_now, restricted_case
from tests.factories import make_agency, make_member, make_report
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db
WRONG, RIGHT = "La voiture est une Clio grise.", "La voiture est une Golf noire."


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def report(world):
    return make_report(world.officer, "police_complaint")


def share(world, case, to: Agency, *grants: str, side="victim", ends_at=None, starts_at=None, agency=None):
    """A decision as it stands in the table: `decide` refuses some of what a test needs, and ends in the past."""
    by = agency or world.officer
    with acting_as(by):
        return SharingDecision.objects.create(
            case=case, recipient=to, side=side, way_in=WayIn.DECISION, basis=Basis.SHARED_SECRET, grants=list(grants),
            necessity="x", accurate_on=now().date(), decided_by=by.user, agency=by.agency,
            starts_at=starts_at or database_now() - timedelta(days=30), ends_at=ends_at,
        )  # fmt: skip


def told(world, case, category="facts", side="case", since=None, by=None) -> set[str]:
    """Short names of who received it, as the author's service finds them."""
    by = by or world.officer
    with acting_as(by):
        found = rectifying.received(
            case=case, category=category, side=side, since=since or now() - timedelta(hours=1), author=by.agency
        )
    return {agency.short_name for agency in found}


def rectify(by, case, kind, object_id, *, key=None, wrong=WRONG, right=RIGHT) -> Rectification:
    with acting_as(by):
        access = for_case(case, by)
        return rectifying.rectify(
            by=by, case=case, access=access, wrong_record=resolve(case, access, kind, object_id).wrong_record,
            wrong=wrong, right=right, key=key or uuid7(),
        )  # fmt: skip


def note(by, case, category="psychosocial", side="victim", **changes):
    with acting_as(by):
        return write_note(
            by=by, case=case, access=for_case(case, by), category=category, side=side, facts="Fait.", **changes
        )


def as_(member):
    """The browser of this member, in English."""
    client = browser_of(member)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def url(name, *args):
    return reverse(f"casework:{name}", args=args)


# --- who is told ----------------------------------------------------------------------------------------------
def test_who_could_read_it_at_any_moment_since_is_told(world, report):
    since = database_now() - timedelta(days=10)
    names = ("before", "since", "until-now", "other-category", "not-yet")
    before, after, live, other, later = (make_agency("cpas", name) for name in names)
    share(world, report.case, before, "facts:case", ends_at=since - timedelta(days=1))
    share(world, report.case, after, "facts:case", ends_at=since + timedelta(days=1))
    share(world, report.case, live, "facts:case")
    share(world, report.case, other, "level:case")
    share(world, report.case, later, "facts:case", starts_at=database_now() + timedelta(days=1))
    assert told(world, report.case, since=since) == {"since", "until-now"}


def test_what_was_revoked_withdrawn_or_taken_back_ends_with_it(world, report):
    since = database_now() - timedelta(days=10)
    ended, kept = make_agency("cpas", "ended"), make_agency("cpas", "kept")
    for agency, at in ((ended, since - timedelta(days=1)), (kept, since + timedelta(days=1))):
        decision = share(world, report.case, agency, "facts:case")
        with acting_as(world.officer):
            SharingRevocation.objects.create(
                case=report.case, decision=decision, reason="x", agency=world.officer.agency,
                revoked_by=world.officer.user, revoked_at=at,
            )  # fmt: skip
    assert told(world, report.case, since=since) == {"kept"}


def test_the_end_of_a_consent_counts(world, report):
    with acting_as(world.eva):
        consent = SharingDecision.objects.get(case=report.case, recipient=world.eva.agency).consent
        withdraw_consent(by=world.eva, access=for_case(report.case, world.eva), consent=consent)
    assert "Cellule EVA A" in told(world, report.case, "identity", "victim", now() - timedelta(hours=1))
    assert "Cellule EVA A" not in told(world, report.case, "identity", "victim", now() + timedelta(hours=1))


def test_his_side_is_never_told_about_hers(world, report):
    """He was given it while he stood on no side, by mistake: now it would only tell him more."""
    share(world, report.case, world.programme.agency, "contact:victim", "facts:case", side="neutral")
    assert "Programme Passerelle" not in told(world, report.case, "contact", "victim")
    assert "Programme Passerelle" in told(world, report.case)
    social = make_agency("cpas", "both")
    share(world, report.case, social, "contact:victim", side="neutral")
    assert "both" in told(world, report.case, "contact", "victim")
    share(world, report.case, social, "identity:perpetrator", side="perpetrator")
    assert "both" not in told(world, report.case, "contact", "victim")


def test_who_was_told_aloud_is_told_whoever_said_it(world, report):
    accept(world.shelter, send(world.officer, report.case, world.shelter))
    with acting_as(world.shelter):
        given = {"to_whom": "", "basis": "grave_danger", "case": report.case, "by": world.shelter}
        access = for_case(report.case, world.shelter)
        oral.record_oral(
            **given, access=access, to_agency=world.stranger.agency, grants=["identity:victim"], said_at=now(),
            key=uuid7(),
        )  # fmt: skip
    assert "CPAS Est" in told(world, report.case, "identity", "victim")
    assert "CPAS Est" not in told(world, report.case, "identity", "victim", now() + timedelta(hours=1))
    assert "CPAS Est" not in told(world, report.case)


def test_the_service_that_leads_is_told_of_what_another_wrote(world, report):
    """It reads by its own record, not by a decision for it."""
    accept(world.shelter, send(world.officer, report.case, world.shelter))
    made = note(world.shelter, report.case, "children")
    rectified = rectify(world.shelter, report.case, "note", made.pk)
    with acting_as(world.officer):
        assert RectificationRecipient.objects.get(rectification=rectified, agency=world.officer.agency).reached


def test_an_internal_note_has_no_recipient_and_leaves_no_line(world, sent):
    made = note(world.officer, sent.case, "facts", "case", internal=True)
    rectified = rectify(world.officer, sent.case, "note", made.pk)
    with acting_as(world.officer):
        assert rectified.internal and not rectified.recipients.exists()
        assert not CaseEvent.objects.filter(code="rectified").exists()
    with acting_as(world.prosecutor):
        assert for_case(sent.case, world.prosecutor).can("facts", "case")
        assert not Rectification.objects.exists(), "the prosecutor reads the facts, not what stayed inside"
    page = as_(world.officer).get(reverse("cases:summary", args=[sent.case_id])).content.decode()
    assert "Golf noire" in page


# --- the act --------------------------------------------------------------------------------------------------
@pytest.fixture
def sent(world, report):
    """The prosecutor reads the complaint."""
    share(world, report.case, world.prosecutor.agency, "facts:case", side="neutral")
    with acting_as(world.officer):
        recompute(case=report.case, agency=world.prosecutor.agency)
    return report


def test_it_is_written_told_and_on_record(world, sent):
    made = rectify(world.officer, sent.case, "report", sent.pk)
    with acting_as(world.prosecutor):
        event = CaseEvent.objects.get(code="rectified")
        assert (event.category, event.side) == ("facts", "case")
        assert "Golf" not in str(event.payload)
        notice = Notice.objects.get(recipient=world.prosecutor.user, kind="rectified")
        assert notice.path == url("rectification", made.pk)
        assert Rectification.objects.get().right == RIGHT
    with acting_as(world.officer):
        assert AuditEvent.objects.filter(object_kind="sharing.Rectification", object_id=made.pk).count() == 1
        assert not Notice.objects.filter(kind="rectified").exists(), "the author is not told of its own"
    with acting_as(world.eva):
        assert not Rectification.objects.exists(), "the cell does not read the facts"


def test_the_same_form_twice_is_one(world, sent):
    key = uuid7()
    assert rectify(world.officer, sent.case, "report", sent.pk, key=key) == rectify(
        world.officer, sent.case, "report", sent.pk, key=key
    )
    with acting_as(world.prosecutor):
        assert Rectification.objects.count() == 1 == Notice.objects.filter(kind="rectified").count()
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(code="rectified").count() == 1


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"wrong": " "}, {"wrong"}),
        ({"right": ""}, {"right"}),
        ({"wrong": "", "right": "x" * 2001}, {"wrong", "right"}),
        ({"wrong": "x" * 2001}, {"wrong"}),
    ],
)
def test_what_cannot_be_written(world, sent, changes, fields):
    with pytest.raises(RuleBroken) as broken:
        rectify(world.officer, sent.case, "report", sent.pk, **changes)
    assert set(broken.value.errors) == fields
    with acting_as(world.officer):
        assert not Rectification.objects.exists()


def test_only_the_service_that_wrote_it_corrects_it(world, sent):
    for member in (world.prosecutor, world.reader):
        with pytest.raises(Refused):
            rectify(member, sent.case, "report", sent.pk)


def test_who_is_kept_out_is_not_told_and_reads_nothing(world, sent):
    colleague = make_member(world.prosecutor.agency)
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=sent.case, user=world.prosecutor.user)
    made = rectify(world.officer, sent.case, "report", sent.pk)
    with acting_as(world.prosecutor):
        assert not Notice.objects.exists()
        assert not Rectification.objects.exists() and not RectificationRecipient.objects.exists()
    assert as_(world.prosecutor).get(url("rectification", made.pk)).status_code == 404
    with acting_as(colleague):
        assert Notice.objects.filter(kind="rectified").exists() and RectificationRecipient.objects.get().reached


def test_an_excluded_colleague_of_the_author_reads_nothing(world, sent):
    made = rectify(world.officer, sent.case, "report", sent.pk)
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=sent.case, user=world.police_manager.user)
    with acting_as(world.police_manager):
        assert not Rectification.objects.exists() and not RectificationRecipient.objects.exists()
    assert as_(world.police_manager).get(url("rectification", made.pk)).status_code == 404


def test_a_service_where_nobody_may_know_is_told_by_phone(world):
    case = restricted_case(world)
    share(world, case, world.prosecutor.agency, "facts:case", side="neutral")
    with acting_as(world.police_referent):
        report = case.reports.get()
    made = rectify(world.police_referent, case, "report", report.pk)
    with acting_as(world.police_referent):
        assert not made.recipients.get().reached
    assert as_(world.prosecutor).get(url("rectification", made.pk)).status_code == 404
    page = as_(world.police_referent).get(url("rectification", made.pk)).content.decode()
    assert "tell it by phone" in page


def test_whose_access_has_ended_reads_the_correction_and_nothing_else(world, sent):
    with acting_as(world.officer):
        revoke(by=world.officer, decision=SharingDecision.objects.get(way_in="decision"), reason="x")
    made = rectify(world.officer, sent.case, "report", sent.pk)
    client = as_(world.prosecutor)
    assert client.get(reverse("cases:summary", args=[sent.case_id])).status_code == 404
    page = client.get(url("rectification", made.pk))
    assert page.status_code == 200
    text = page.content.decode()
    assert WRONG in text and RIGHT in text and "Zone de police A" in text
    assert sent.case.reference not in text and str(sent.case_id) not in text
    assert client.get(url("rectify", sent.case_id, "report", sent.pk)).status_code == 404
    work = client.get("/").content.decode()
    assert url("rectification", made.pk) in work
    assert client.post(url("acknowledge_rectification", made.pk)).status_code == 302
    assert client.post(url("acknowledge_rectification", made.pk)).status_code == 302
    assert url("rectification", made.pk) not in client.get("/").content.decode()
    with acting_as(world.prosecutor):
        assert RectificationReceipt.objects.count() == 1
    with acting_as(world.stranger):
        assert not RectificationReceipt.objects.exists()
    assert "papers corrected" in as_(world.officer).get(url("rectification", made.pk)).content.decode()


def test_his_side_does_not_learn_who_follows_her(world, report):
    """Nor as the author, who was told; nor as who is told, by whom."""
    accept(world.shelter, send(world.officer, report.case, world.shelter))
    accept(
        world.programme, send(world.officer, report.case, world.programme, role="presumed_perpetrator", need="other")
    )
    share(world, report.case, world.shelter.agency, "perpetrator_work:perpetrator")
    own = note(world.programme, report.case, "perpetrator_work", "perpetrator")
    made = rectify(world.programme, report.case, "note", own.pk)
    with acting_as(world.programme):
        assert RectificationRecipient.objects.filter(agency=world.shelter.agency).exists()
    page = as_(world.programme).get(url("rectification", made.pk)).content.decode()
    assert "Tilleul" not in page and "your agency does not know of" in page

    share(world, report.case, world.programme.agency, "children:victim", side="perpetrator")
    hers = note(world.shelter, report.case, "children")
    made = rectify(world.shelter, report.case, "note", hers.pk)
    page = as_(world.programme).get(url("rectification", made.pk)).content.decode()
    assert RIGHT in page and "Tilleul" not in page


# --- pages ----------------------------------------------------------------------------------------------------
def test_the_form_keeps_what_was_typed_and_saves_nothing(world, sent):
    client, address = as_(world.officer), url("rectify", sent.case_id, "report", sent.pk)
    assert client.get(address).status_code == 200
    for typed in ({"wrong": "Phrase gardée", "right": ""}, {"wrong": "Phrase gardée", "right": "x" * 2001}):
        page = client.post(address, {"key": uuid7(), **typed})
        assert page.status_code == 422 and "Phrase gardée" in page.content.decode()
        assert typed["right"] in page.content.decode()
    assert client.post(address, {"wrong": "a", "right": "b", "key": "x"}).status_code == 422
    with acting_as(world.officer):
        assert not Rectification.objects.exists()


def test_posted_twice_it_is_one_and_stands_beside_the_record(world, sent):
    client, address = as_(world.officer), url("rectify", sent.case_id, "report", sent.pk)
    typed = {"wrong": WRONG, "right": RIGHT, "key": uuid7()}
    first, second = client.post(address, typed), client.post(address, typed)
    assert first.status_code == second.status_code == 302 and first.url == second.url
    assert "Parquet" in client.get(first.url).content.decode()
    for member in (world.officer, world.prosecutor):
        page = as_(member).get(reverse("reports:detail", args=[sent.case_id, sent.pk])).content.decode()
        assert RIGHT in page and first.url in page and sent.facts_context in unescape(page)
        assert (address in page) == (member is world.officer)
    other = as_(world.prosecutor).get(address).content.decode()
    assert "Zone de police A" in other and "<textarea" not in other and "02 555 01 01" in other
    assert as_(world.prosecutor).post(address, typed).status_code == 403
    assert as_(world.reader).get(address).status_code == 403
    for kind, pk in (("report", uuid7()), ("nonsense", sent.pk), ("note", sent.pk), ("person", sent.pk)):
        assert client.get(url("rectify", sent.case_id, kind, pk)).status_code == 404


def test_who_reads_the_record_without_having_been_told_reads_the_correction_without_a_link(world, report):
    made = rectify(world.officer, report.case, "report", report.pk)
    share(world, report.case, world.prosecutor.agency, "facts:case", side="neutral")
    with acting_as(world.officer):
        recompute(case=report.case, agency=world.prosecutor.agency)
    client = as_(world.prosecutor)
    page = client.get(reverse("reports:detail", args=[report.case_id, report.pk])).content.decode()
    assert RIGHT in page and url("rectification", made.pk) not in page
    assert client.get(url("rectification", made.pk)).status_code == 404


def test_a_note_and_an_assessment_are_corrected_where_they_stand(world, report):
    from casework.assessing import sign_assessment
    from riskassessment import services as assessments

    made = note(world.officer, report.case, "facts", "case")
    client = as_(world.officer)
    summary = client.get(reverse("cases:summary", args=[report.case_id])).content.decode()
    assert url("rectify", report.case_id, "note", made.pk) in summary
    with acting_as(world.officer):
        grid = assessments.start(
            by=world.officer, case=report.case, access=for_case(report.case, world.officer),
            grid_slug="police-demonstration", report=report, presence="alone",
        )  # fmt: skip
        assert client.get(url("rectify", report.case_id, "assessment", grid.pk)).status_code == 404
        answers = {item.id: {"value": "yes", "comment": ""} for item in definition_of(grid.grid_version).questions}
        assessments.save_answers(by=world.officer, assessment_id=grid.pk, answers=answers, version=0)
        sign_assessment(by=world.officer, assessment_id=grid.pk)
    rectify(world.officer, report.case, "note", made.pk)
    rectify(world.officer, report.case, "assessment", grid.pk, right="Il a été menaçant une fois.")
    assert RIGHT in client.get(reverse("cases:summary", args=[report.case_id])).content.decode()
    page = client.get(reverse("riskassessment:detail", args=[report.case_id, grid.pk])).content.decode()
    assert "menaçant une fois" in page and url("rectify", report.case_id, "assessment", grid.pk) in page


# --- a person -------------------------------------------------------------------------------------------------
def correct(world, case, *, key=None, by=None, role="victim", **changes):
    by = by or world.officer
    with acting_as(by):
        access = for_case(case, by)
        victim = CasePerson.objects.select_related("person").get(case=case, role=role)
        values = {"given_name": "Fatou", "family_name": "Kone-Essai", "birth_date": date(1991, 4, 12)} | changes
        return rectify_person(
            by=by, case=case, access=access, shown=resolve(case, access, "person", victim.pk), key=key or uuid7(),
            **values,
        )  # fmt: skip


def test_a_person_is_found_under_the_new_name_and_no_longer_under_the_old(world, report):
    made = correct(world, report.case, birth_date=date(1990, 4, 12))
    assert (made.wrong, made.right) == ("Fatou Diallo-Test · 12/04/1991", "Fatou Kone-Essai · 12/04/1990")
    with acting_as(world.officer):
        assert [each.case for each in find(world.officer, "Kone")[0]] == [report.case]
        assert not find(world.officer, "Diallo")[0]
    with acting_as(world.eva):
        assert RectificationRecipient.objects.filter(agency=world.eva.agency).exists()
    page = as_(world.eva).get(reverse("cases:people", args=[report.case_id])).content.decode()
    assert "Kone-Essai" in page and "Diallo" not in page and url("rectification", made.pk) in page


def test_the_same_person_is_matched_under_the_new_name(world, report):
    other = make_report(world.other_officer, victim_family_name="Kone-Essai", victim_phone="0471 00 00 00").case
    assert not [hit for hit in hits(other) if hit.own.role == "victim"]
    with system_context(SystemContext.MATCHING):
        before = MatchKey.objects.filter(case=report.case, kind="phone").count()
    correct(world, report.case)
    assert report.case in {hit.other.case for hit in hits(other) if hit.own.role == "victim"}
    with system_context(SystemContext.MATCHING):
        assert MatchKey.objects.filter(case=report.case, kind="phone").count() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_date": date(2999, 1, 1)}, "birth_date"),
        ({"given_name": " ", "family_name": ""}, "family_name"),
        ({"family_name": "Diallo-Test"}, "given_name"),
        ({"family_name": "x" * 101}, "family_name"),
    ],
)
def test_a_person_is_not_corrected_into_nonsense(world, report, changes, field):
    with pytest.raises(RuleBroken) as broken:
        correct(world, report.case, **changes)
    assert set(broken.value.errors) == {field}
    with acting_as(world.officer):
        assert not Rectification.objects.exists()
        assert CasePerson.objects.get(case=report.case, role="victim").person.family_name == "Diallo-Test"


def test_a_person_is_corrected_once_by_the_service_that_named_them(world, report):
    key = uuid7()
    assert correct(world, report.case, key=key) == correct(world, report.case, key=key)
    with pytest.raises(Refused):
        correct(world, report.case, by=world.eva, family_name="Autre")


def test_the_form_of_a_person(world, report):
    with acting_as(world.officer):
        victim = CasePerson.objects.get(case=report.case, role="victim")
    client, address = as_(world.officer), url("rectify", report.case_id, "person", victim.pk)
    assert "Diallo-Test" in client.get(address).content.decode()
    typed = {"given_name": "Fatou", "family_name": "Kone-Essai", "birth_date": "2999-01-01", "key": uuid7()}
    page = client.post(address, typed)
    assert page.status_code == 422 and "Kone-Essai" in page.content.decode() and "future" in page.content.decode()
    assert client.post(address, typed | {"birth_date": "le 12"}).status_code == 422
    assert client.post(address, typed | {"birth_date": "1991-04-12"}).status_code == 302
