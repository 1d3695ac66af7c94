"""Safety incidents: her measures first, who is told, the clock, the last word, and what all learn."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import CaseEvent
from common.clock import now
from common.errors import Refused, RuleBroken
from notifications.models import Notice
from sharing import break_glass, incidents
from sharing.emergency_search import Wanted, search
from sharing.models import IncidentStep, SafetyIncident, SafetyLesson
from tests import actors
from tests.factories import make_agency, make_member, make_report
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    found = make_report(world.officer).case
    accept(world.shelter, send(world.officer, found, world.shelter))
    return found


@pytest.fixture
def dpo(world):
    return make_member(world.platform_admin.agency, "data_protection_officer")


def report(by, case=None, **changes) -> SafetyIncident:
    given = {
        "kind": "unsafe_number", "discovered_at": now() - timedelta(hours=1), "measures_note": "", "key": uuid4(),
        "account": "Un ancien numéro a été composé.", "measures": ["warned"],
    } | changes  # fmt: skip
    with acting_as(by):
        access = for_case(case, by) if case else None
        return incidents.report_incident(by=by, case=case, access=access, **given)


def test_those_who_can_act_are_told_and_nothing_of_the_case_is_said(world, case, dpo):
    incident = report(world.shelter, case)
    for member, told in (
        (dpo, 1),
        (world.police_manager, 1),
        (world.police_referent, 1),
        (world.eva, 0),
        (world.shelter, 0),
    ):
        with acting_as(member):
            notices = Notice.objects.filter(recipient=member.user, kind="incident_reported")
            assert notices.count() == told, member
            assert all(notice.case_id is None for notice in notices)
    with acting_as(world.officer):
        assert CaseEvent.objects.get(case=case, code="incident_reported").side == "victim"
        assert SafetyIncident.objects.known_to(world.officer).get() == incident


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"discovered_at": None}, "discovered_at"),
        ({"discovered_at": now() + timedelta(days=1)}, "discovered_at"),
        ({"account": " "}, "account"),
        ({"account": "x" * 10_000}, "account"),
        ({"account": "On a appelé Mme Diallo-Test."}, "account"),
        ({"measures": [], "measures_note": " "}, "measures_note"),
        ({"measures_note": "Fatou est prévenue."}, "measures_note"),
        ({"measures": ["nonsense"]}, "measures"),
    ],
)
def test_what_is_asked_of_a_report(world, case, changes, field):
    with pytest.raises(RuleBroken) as broken:
        report(world.shelter, case, **changes)
    assert set(broken.value.errors) == {field}
    with acting_as(world.shelter):
        assert not SafetyIncident.objects.exists()


def test_sent_twice_is_one(world, case):
    key = uuid4()
    assert report(world.shelter, case, key=key) == report(world.shelter, case, key=key)


def test_anybody_reports_without_a_case(world, dpo):
    for member in (world.reader, world.agency_admin, world.stranger, dpo):
        assert report(member).case_id is None


def test_who_may_know_of_it(world, case, dpo, client):
    incident = report(world.shelter, case)
    address = reverse("sharing:incident", args=[incident.pk])
    seen = {world.shelter: 200, world.officer: 200, dpo: 200, world.eva: 404, world.stranger: 404, world.programme: 404}
    for member, status in seen.items():
        client.force_login(member.user)
        assert client.get(address).status_code == status, member
    client.force_login(dpo.user)
    page = client.get(address).content.decode()
    assert case.reference not in page and reverse("cases:summary", args=[case.pk]) not in page
    with acting_as(world.stranger):
        assert not SafetyIncident.objects.exists(), "the second lock too"


def test_the_clock_runs_from_the_discovery_until_it_is_decided(world, case, dpo):
    incident = report(world.shelter, case, discovered_at=now() - timedelta(hours=80))
    with acting_as(dpo):
        found = incidents.find(by=dpo, incident_id=incident.pk)
        assert incidents.clock_of(found, []).late
        with pytest.raises(RuleBroken, match="Say first whether"):
            incidents.add_step(by=dpo, incident=found, kind="closed", note="Fini.")
        incidents.add_step(by=dpo, incident=found, kind="no_authority", note="Aucun risque : numéro jamais joint.")
        incidents.add_step(by=dpo, incident=found, kind="closed", note="Fini.")
        with pytest.raises(RuleBroken, match="is closed"):
            incidents.add_step(by=dpo, incident=found, kind="measure", note="Encore.")
    fresh = report(world.shelter, case)
    with acting_as(world.police_manager):
        found = incidents.find(by=world.police_manager, incident_id=fresh.pk)
        step = incidents.add_step(by=world.police_manager, incident=found, kind="authority", note="Notifié.")
        clock = incidents.clock_of(found, [step])
        assert clock.answered_at == step.at and not clock.late


def test_only_seniors_and_the_officer_follow_it(world, case):
    incident = report(world.shelter, case)
    for member in (world.shelter, world.officer, world.reader):
        with acting_as(member), pytest.raises(Refused):
            found = incidents.find(by=member, incident_id=incident.pk)
            incidents.add_step(by=member, incident=found, kind="measure", note="x")


def test_the_officer_finds_what_is_open_on_the_first_page(world, case, dpo, client):
    client.force_login(dpo.user)
    assert client.get("/").context["open_incidents"] == 0
    report(world.officer, case)
    found = client.get("/")
    assert found.context["open_incidents"] == 1 and reverse("sharing:incidents") in found.content.decode()


def test_lessons_are_for_everybody(world, dpo, client):
    with acting_as(world.officer), pytest.raises(Refused):
        incidents.publish_lesson(by=world.officer, kind="unsafe_number", text="x")
    client.force_login(dpo.user)
    assert client.post(reverse("sharing:publish_lesson"), {"kind": "", "text": ""}).status_code == 422
    words = "Relire la règle d'appel avant de composer."
    assert client.post(reverse("sharing:publish_lesson"), {"kind": "unsafe_number", "text": words}).status_code == 302
    assert SafetyLesson.objects.count() == 1
    client.force_login(world.stranger.user)
    page = client.get(reverse("sharing:incidents"))
    assert page.status_code == 200 and "la règle d&#x27;appel" in page.content.decode()


def test_pages(world, case, client):
    client.force_login(world.shelter.user)
    address = reverse("sharing:new_incident_in_case", args=[case.pk])
    assert client.get(address).status_code == 200
    typed = {"account": "Le courrier est parti chez le voisin.", "key": uuid4()}
    refused = client.post(address, typed)
    assert refused.status_code == 422 and "Le courrier est parti" in refused.content.decode()
    whole = typed | {"kind": "wrong_recipient", "measures": ["recalled"], "discovered_at": "2026-01-05T10:00"}
    whole["discovered_at"] = (now() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    done = client.post(address, whole, follow=True)
    assert done.status_code == 200 and "Le courrier est parti" in done.content.decode()
    assert client.get(reverse("sharing:new_incident")).status_code == 200
    client.force_login(world.police_manager.user)
    incident = done.context["incident"]
    step = reverse("sharing:incident_step", args=[incident.pk])
    assert client.post(step, {}).status_code == 422
    assert client.post(step, {"kind": "risk", "note": "Risque faible."}).status_code == 302


def test_his_side_reports_and_reads_nothing_of_what_is_done_for_her(world, case):
    his = actors.all_of_his_side(world, case)
    his_manager = make_member(his.agency, "manager")
    incident = report(his, case)
    with acting_as(world.police_manager):
        found = incidents.find(by=world.police_manager, incident_id=incident.pk)
        incidents.add_step(by=world.police_manager, incident=found, kind="measure", note="Mise à l'abri au Tilleul.")
        assert IncidentStep.objects.count() == 1
    for member in (his, his_manager):
        page = actors.as_(member).get(reverse("sharing:incident", args=[incident.pk]))
        assert page.status_code == 200 and "Tilleul" not in page.content.decode()
        with acting_as(member):
            assert not IncidentStep.objects.exists(), "the second lock says the same"
    with acting_as(his_manager), pytest.raises(Refused):
        found = incidents.find(by=his_manager, incident_id=incident.pk)
        incidents.add_step(by=his_manager, incident=found, kind="closed", note="Rien à dire.")


def test_reported_during_an_emergency_it_leaves_nothing_of_the_case(world, case):
    nurse = make_member(make_agency("hospital", "Hôpital du Parc"))
    with acting_as(nurse):
        wanted = Wanted(family_name="Diallo-Test", given_name="Fatou")
        (hit,) = search(by=nurse, reason="Elle est aux urgences, il la cherche, armé.", wanted=wanted).hits
        emergency = break_glass.open_emergency(by=nurse, token=hit.token)
    report(nurse, case)
    with acting_as(nurse):
        break_glass.end_emergency(by=nurse, emergency_id=emergency.pk)
        assert not for_case(case, nurse)
        assert not CaseEvent.objects.filter(case=case).exists()
