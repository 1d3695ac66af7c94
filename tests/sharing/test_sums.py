"""The permission rows are always the sum of the live decisions: doubled, renewed, withdrawn, begun later."""

from datetime import timedelta
from time import sleep

import pytest
from django.db import transaction

from agencies.acting import acting_as
from cases.access import for_case, write_grants
from cases.models import CaseGroupObjectPermission
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import RuleBroken
from sharing.beginnings import begin_due
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide, recompute, record_consent, revoke, withdraw_consent
from tests.actors import all_of_his_side, just_expired
from tests.factories import make_report
from tests.referrals_acts import accept, person, send
from tests.sharing.sums import drift

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def open_to(world, case, *grants, **changes) -> SharingDecision:
    values = {
        "recipient": world.shelter.agency,
        "side": "victim",
        "way_in": WayIn.REFERRAL,
        "basis": Basis.SHARED_SECRET,
        "necessity": "pour l'aider",
    }
    with acting_as(world.officer):
        return decide(by=world.officer, case=case, grants=list(grants), **values | changes)


def her_consent(world, case, **changes):
    with acting_as(world.officer):
        return record_consent(
            by=world.officer,
            subject=person(case),
            recipients=[world.shelter.agency],
            purpose="aide",
            given_how="oral",
            explained="qui, quoi, jusqu'à quand",
            **{"categories": ["identity", "contact"]} | changes,
        )


def rows(case, agency) -> dict:
    """{codename: end} of the agency's rows, dead ones too."""
    with system_context(SystemContext.GRANTS):
        found = CaseGroupObjectPermission.objects.filter(content_object=case, group=agency.group_id)
        return dict(found.values_list("permission__codename", "expires_at"))


def test_a_second_decision_for_the_same_category_adds_and_shortens_nothing(world, case):
    soon, later = now() + timedelta(days=2), now() + timedelta(days=9)
    first = open_to(world, case, "identity:victim", "contact:victim", ends_at=later)
    second = open_to(world, case, "identity:victim", ends_at=soon)
    held = rows(case, world.shelter.agency)
    assert held["view_identity_victim"] == held["view_contact_victim"] == held["view_case"] == later
    third = open_to(world, case, "identity:victim")
    held = rows(case, world.shelter.agency)
    assert held["view_identity_victim"] is held["view_case"] is None and held["view_contact_victim"] == later
    assert not drift()
    with acting_as(world.officer):
        revoke(by=world.officer, decision=third, reason="fin")
        assert rows(case, world.shelter.agency)["view_identity_victim"] == later
        revoke(by=world.officer, decision=first, reason="fin")
        held = rows(case, world.shelter.agency)
        assert held["view_identity_victim"] == held["view_case"] == soon and "view_contact_victim" not in held
        revoke(by=world.officer, decision=second, reason="fin")
    assert not rows(case, world.shelter.agency) and not drift()


def test_a_renewal_after_expiry_opens_again_and_only_what_it_names(world, case):
    member = just_expired(world, case)
    assert "view_health_victim" in rows(case, member.agency) and not drift(), "dead rows open nothing"
    with acting_as(member):
        assert not for_case(case, member)
    end = now() + timedelta(days=30)
    open_to(world, case, "identity:victim", recipient=member.agency, ends_at=end)
    held = rows(case, member.agency)
    assert held["view_identity_victim"] == end and "view_health_victim" not in held
    with acting_as(member):
        access = for_case(case, member)
        assert access.can("identity", "victim") and not access.can("health", "victim") and not access.contribute
    assert not drift()


def test_a_renewal_before_expiry_moves_the_end(world, case):
    first, second = now() + timedelta(days=1), now() + timedelta(days=60)
    open_to(world, case, "identity:victim", ends_at=first)
    open_to(world, case, "identity:victim", ends_at=second)
    assert rows(case, world.shelter.agency)["view_identity_victim"] == second and not drift()


def test_one_of_two_consents_withdrawn_leaves_what_the_other_opens(world, case):
    wide, narrow = her_consent(world, case), her_consent(world, case, categories=["identity"])
    basis = {"basis": Basis.CONSENT}
    open_to(world, case, "identity:victim", "contact:victim", consent=wide, contributes=True, **basis)
    open_to(world, case, "identity:victim", consent=narrow, **basis)
    with acting_as(world.officer):
        withdraw_consent(by=world.officer, access=for_case(case, world.officer), consent=wide)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert access.can("identity", "victim") and not access.can("contact", "victim") and not access.contribute
    assert not drift()
    with acting_as(world.officer):
        withdraw_consent(by=world.officer, access=for_case(case, world.officer), consent=narrow)
    assert not rows(case, world.shelter.agency) and not drift()


def test_a_decision_that_starts_later_opens_at_its_start_and_no_sooner(world, case):
    start, end = now() + timedelta(seconds=1), now() + timedelta(days=9)
    later = open_to(world, case, "identity:victim", "contact:victim", starts_at=start, ends_at=end)
    assert later.starts_at == start and not rows(case, world.shelter.agency) and not drift()
    assert begin_due() == 0 and not rows(case, world.shelter.agency)
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter)
    # another decision in between counts at once, the later one not yet
    open_to(world, case, "identity:victim", ends_at=now() + timedelta(days=1))
    assert "view_contact_victim" not in rows(case, world.shelter.agency) and not drift()
    sleep(max(0, (start - now()).total_seconds()) + 0.1)
    assert begin_due() == 1
    held = rows(case, world.shelter.agency)
    assert held["view_contact_victim"] == held["view_identity_victim"] == held["view_case"] == end and not drift()
    assert begin_due() == 0, "once"
    with acting_as(world.officer):
        revoke(by=world.officer, decision=later, reason="fin")
    assert begin_due() == 0 and "view_contact_victim" not in rows(case, world.shelter.agency) and not drift()


def test_a_later_start_that_was_taken_back_never_opens(world, case):
    consent = her_consent(world, case)
    soon = now() + timedelta(seconds=0.4)
    open_to(world, case, "identity:victim", consent=consent, basis=Basis.CONSENT, starts_at=soon)
    other = open_to(world, case, "health:victim", starts_at=soon)
    with acting_as(world.officer):
        withdraw_consent(by=world.officer, access=for_case(case, world.officer), consent=consent)
        revoke(by=world.officer, decision=other, reason="fin")
    sleep(0.5)
    assert begin_due() == 0 and not rows(case, world.shelter.agency) and not drift()


def test_any_other_act_opens_what_has_started(world, case):
    soon = now() + timedelta(seconds=0.3)
    open_to(world, case, "health:victim", starts_at=soon)
    sleep(0.4)
    open_to(world, case, "identity:victim")
    assert "view_health_victim" in rows(case, world.shelter.agency) and begin_due() == 0 and not drift()


def test_a_start_that_cannot_be(world, case):
    for wrong in (
        {"starts_at": now() + timedelta(days=61)},
        {"starts_at": now() + timedelta(days=3), "ends_at": now() + timedelta(days=2)},
    ):
        with pytest.raises(RuleBroken) as refused:
            open_to(world, case, "identity:victim", **wrong)
        assert set(refused.value.errors) == {"starts_at"}
    past = open_to(world, case, "identity:victim", starts_at=now() - timedelta(days=1))
    assert past.starts_at > now() - timedelta(minutes=1), "nobody writes that it was open before"
    assert "view_identity_victim" in rows(case, world.shelter.agency)


def test_a_consent_and_another_basis_each_hold_alone(world, case):
    consent = her_consent(world, case, valid_until=now() + timedelta(days=3))
    open_to(world, case, "identity:victim", "contact:victim", consent=consent, basis=Basis.CONSENT)
    kept = open_to(world, case, "identity:victim")
    held = rows(case, world.shelter.agency)
    assert held["view_identity_victim"] is None and held["view_contact_victim"] == consent.valid_until
    with acting_as(world.officer):
        revoke(by=world.officer, decision=kept, reason="fin")
    assert set(rows(case, world.shelter.agency).values()) == {consent.valid_until} and not drift()


def test_undone_with_its_transaction(world, case):
    before = rows(case, world.shelter.agency)
    with pytest.raises(RuntimeError), transaction.atomic():
        open_to(world, case, "identity:victim")
        raise RuntimeError
    assert rows(case, world.shelter.agency) == before == {} and not drift()


def test_a_story_leaves_no_drift(world, case):
    accept(world.shelter, send(world.officer, case, world.shelter))
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    all_of_his_side(world, case)
    just_expired(world, case)
    assert not drift()


def test_the_checker_sees_what_it_is_for(world, case):
    """A row too many, one missing, a wrong end, a wrong side."""
    agency, end = world.shelter.agency, now() + timedelta(days=5)
    open_to(world, case, "identity:victim", ends_at=end)
    good = rows(case, agency)
    bad = {
        "view_health_victim until no end": good | {"view_health_victim": None},
        "view_identity_victim until closed": {name: at for name, at in good.items() if "identity" not in name},
        "view_identity_victim until no end": good | {"view_identity_victim": None},
    }
    for said, wrong in bad.items():
        write_grants(case=case, agency=agency, grants=wrong, side="victim")
        (line,) = drift()
        assert said in line
    write_grants(case=case, agency=agency, grants=good, side="neutral")
    assert drift() == [f"{agency.name}: side neutral, not victim"]
    with acting_as(world.officer):
        recompute(case=case, agency=agency)
    assert not drift()
