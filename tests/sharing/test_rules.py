from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from agencies.acting import acting_as
from cases.access import for_case, write_grants
from cases.models import Case, CaseGroupObjectPermission, CasePerson, ContactPoint
from cases.services import add_contact_point, write_note
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from sharing.models import Basis, Consent, SharingDecision, SharingRevocation, WayIn
from sharing.services import decide, recompute, record_consent, revoke, withdraw_consent
from tests.factories import make_report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    """Refusals are told apart by their words."""
    with translation.override("en"):
        yield


def her_consent(world, case, *recipients, categories=("identity", "contact"), valid_until=None) -> Consent:
    return record_consent(
        by=world.officer,
        subject=CasePerson.objects.get(case=case, role="victim"),
        recipients=[member.agency for member in recipients],
        categories=categories,
        purpose="aide",
        given_how="oral",
        explained="qui, quoi, jusqu'à quand",
        valid_until=valid_until,
    )


def open_to(world, case, member, *, consent=None, grants=("identity:victim", "contact:victim"), **changes):
    values = {
        "by": world.officer,
        "case": case,
        "recipient": member.agency,
        "side": "victim",
        "way_in": WayIn.REFERRAL,
        "basis": Basis.CONSENT if consent else Basis.SHARED_SECRET,
        "consent": consent,
        "grants": list(grants),
        "necessity": "pour l'aider",
        "contributes": True,
    }
    return decide(**values | changes)


def test_a_consent_opens_its_giver_alone(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        consent = her_consent(world, case, world.shelter)
        for grants in (["identity:perpetrator"], ["psychosocial:victim"], ["identity:case"]):
            with pytest.raises(RuleBroken, match="does not open"):
                open_to(world, case, world.shelter, consent=consent, grants=grants)
        with pytest.raises(RuleBroken, match="does not name"):
            open_to(world, case, world.stranger, consent=consent)
        with pytest.raises(RuleBroken, match="needs the consent"):
            open_to(world, make_report(world.officer).case, world.shelter, consent=consent)
        for role in ("child", "presumed_perpetrator"):
            subject = CasePerson.objects.get(case=case, role=role)
            side = subject.side
            if role == "child":
                with pytest.raises(RuleBroken, match="A child under 18 does not consent alone"):
                    record_consent(
                        by=world.officer, subject=subject, recipients=[world.shelter.agency], categories=["identity"],
                        purpose="x", given_how="oral", explained="x",
                    )  # fmt: skip
            else:
                his = record_consent(
                    by=world.officer, subject=subject, recipients=[world.shelter.agency], categories=["identity"],
                    purpose="x", given_how="oral", explained="x",
                )  # fmt: skip
                assert his.side == side == "perpetrator"
                with pytest.raises(RuleBroken, match="does not open"):
                    open_to(world, case, world.shelter, consent=his, grants=["identity:victim"])
        assert not SharingDecision.objects.filter(recipient=world.shelter.agency).exists()


def test_judicial_content_leaves_justice_on_nobodys_consent(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        with pytest.raises(RuleBroken, match="prosecutor's authorisation"):
            her_consent(world, case, world.shelter, categories=["identity", "facts"])
        for basis, text in ((Basis.SHARED_SECRET, ""), (Basis.LEGAL_OBLIGATION, "une loi"), (Basis.GRAVE_DANGER, "")):
            for grant in ("facts:case", "level:case", "risk:case", "judicial:case"):
                with pytest.raises(RuleBroken, match="prosecutor's authorisation"):
                    open_to(world, case, world.shelter, grants=[grant], basis=basis, legal_text=text)
        open_to(world, case, world.prosecutor, grants=["facts:case"], side="neutral")


def test_nobody_opens_on_its_own_record_to_another(world):
    case = make_report(world.officer).case
    with acting_as(world.officer), pytest.raises(RuleBroken, match="nobody but itself"):
        open_to(world, case, world.shelter, basis=Basis.OWN_RECORD)


def test_withdrawal_ends_in_the_same_transaction_and_leaves_other_bases(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        first = her_consent(world, case, world.shelter, world.stranger)
        second = her_consent(world, case, world.shelter, categories=["identity"])
        open_to(world, case, world.shelter, consent=first)
        open_to(world, case, world.shelter, consent=second, grants=["identity:victim"])
        open_to(world, case, world.stranger, consent=first)
        access = for_case(case, world.officer)
        row = withdraw_consent(by=world.officer, access=access, consent=first)
        assert withdraw_consent(by=world.officer, access=access, consent=first) == row
        with pytest.raises(RuleBroken, match="has ended"):
            open_to(world, case, world.shelter, consent=first)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert access.can("identity", "victim") and not access.can("contact", "victim")
        assert not ContactPoint.objects.exists()
    with acting_as(world.stranger):
        assert not for_case(case, world.stranger) and not Case.objects.exists()


def test_who_works_with_her_writes_down_that_she_changed_her_mind(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        consent = her_consent(world, case, world.shelter)
        open_to(world, case, world.shelter, consent=consent)
        open_to(world, case, world.programme, grants=["identity:perpetrator", "identity:victim"], side="perpetrator")
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        assert access.can("identity", "victim")
        assert not Consent.objects.exists(), "her consents name who follows her"
        with pytest.raises(Refused):
            withdraw_consent(by=world.programme, access=access, consent=consent)
    with acting_as(world.shelter):
        withdraw_consent(by=world.shelter, access=for_case(case, world.shelter), consent=consent)
        assert not Case.objects.exists()


def test_own_work_outlives_the_consent(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        consent = her_consent(world, case, world.shelter)
        open_to(world, case, world.shelter, consent=consent)
    with acting_as(world.shelter):
        note = write_note(
            by=world.shelter, case=case, access=for_case(case, world.shelter), category="psychosocial", side="victim",
            facts="Elle est arrivée à 22 h.",
        )  # fmt: skip
    with acting_as(world.officer):
        withdraw_consent(by=world.officer, access=for_case(case, world.officer), consent=consent)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert access.own_work_only and access.shows(note) and not access.contribute
        assert list(case.notes.all()) == [note]
        assert not ContactPoint.objects.exists() and not CasePerson.objects.exists()


def test_ending_a_sharing(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        decision = open_to(world, case, world.shelter, consent=her_consent(world, case, world.shelter))
        with pytest.raises(RuleBroken):
            revoke(by=world.officer, decision=decision, reason="  ")
        assert not SharingRevocation.objects.exists()
    with acting_as(world.shelter), pytest.raises(Refused):
        revoke(by=world.shelter, decision=decision, reason="non")
    with acting_as(world.officer):
        first = revoke(by=world.officer, decision=decision, reason="le service ne la suit plus")
        assert revoke(by=world.officer, decision=decision, reason="encore") == first
        own = SharingDecision.objects.get(basis=Basis.OWN_RECORD)
        with pytest.raises(Refused):
            revoke(by=world.officer, decision=own, reason="erreur")
        with pytest.raises(Refused):
            revoke(by=world.reader, decision=decision, reason="lecteur")
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter)


def test_a_renewal_after_the_end_opens_again(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        old = open_to(world, case, world.shelter, ends_at=now() + timedelta(hours=1))
        revoke(by=world.officer, decision=old, reason="fin")
        open_to(world, case, world.shelter, ends_at=now() + timedelta(hours=2), grants=["identity:victim"])
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert access.can("identity", "victim") and not access.can("contact", "victim")


def test_his_side_is_never_opened_how_to_reach_her(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        for grants in (["contact:victim"], ["network:victim"], ["contact:case"]):
            # its usual side holds, whatever side the decision says
            with pytest.raises(RuleBroken, match="never opened"):
                open_to(world, case, world.programme, grants=grants, side="victim")
        open_to(world, case, world.shelter, grants=["identity:perpetrator"], side="perpetrator")
        with pytest.raises(RuleBroken, match="never opened"):
            open_to(world, case, world.shelter)
        with pytest.raises(ValueError, match="perpetrator's side"):
            write_grants(
                case=case, agency=world.shelter.agency, grants={"view_case": None, "view_contact_victim": None},
                side="perpetrator",
            )  # fmt: skip


def test_a_number_of_hers_typed_by_the_service_closes_when_it_goes_to_his_side(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        open_to(world, case, world.shelter)
    with acting_as(world.shelter):
        victim = CasePerson.objects.get(case=case, role="victim")
        typed = add_contact_point(by=world.shelter, case_person=victim, kind="phone", value="0470 99 88 77", safe="yes")
        assert ContactPoint.objects.filter(pk=typed.pk).exists()
    with acting_as(world.officer):
        open_to(world, case, world.shelter, grants=["identity:perpetrator"], side="perpetrator")
    with acting_as(world.shelter):
        assert not ContactPoint.objects.exists(), "even what it typed itself, and even without a filter"


def test_the_database_holds_the_refusal_too(world):
    """Even a permission row written past every service."""
    case = make_report(world.officer).case
    with acting_as(world.officer):
        open_to(world, case, world.programme, grants=["identity:perpetrator"], side="perpetrator")
        open_to(world, case, world.shelter)
    sql = (
        "INSERT INTO cases_casegroupobjectpermission (id, content_object_id, group_id, permission_id, side)"
        " VALUES (gen_random_uuid(), %s, %s, move_permission(%s), '')"
    )
    with system_context(SystemContext.GRANTS), connection.cursor() as cursor:
        for name in ("view_contact_victim", "view_contact_case", "view_network_victim", "view_network_case"):
            with pytest.raises(DatabaseError, match="perpetrator's side"), transaction.atomic():
                cursor.execute(sql, [case.pk, world.programme.agency.group_id, name])
        with pytest.raises(DatabaseError, match="perpetrator's side"), transaction.atomic():
            CaseGroupObjectPermission.objects.filter(
                content_object=case, group=world.shelter.agency.group_id, permission__codename="view_case"
            ).update(side="perpetrator")


def test_a_slower_clock_in_the_database_does_not_close_what_was_just_opened(world):
    from common import clock

    case = make_report(world.officer).case
    with clock.travel(now() + timedelta(minutes=10)), acting_as(world.officer):
        open_to(world, case, world.shelter)
    with acting_as(world.shelter):
        assert for_case(case, world.shelter).can("contact", "victim")


def test_an_excluded_colleague_reads_no_name_their_agency_typed(world):
    from cases.models import CaseExclusion, Person

    case = make_report(world.officer).case
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=world.police_manager.user)
    with acting_as(world.police_manager):
        assert not Person.objects.exists() and not CasePerson.objects.exists() and not ContactPoint.objects.exists()
    with acting_as(world.officer):
        assert Person.objects.count() == 3
        recompute(case=case, agency=world.officer.agency)
