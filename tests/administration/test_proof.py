"""The page of the proof: for whom, what it says of each state, the check on demand, who is told, the daily root."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from administration.proof import Status, mail_last_root, status_of, tell_of_trouble
from administration.tasks import mail_last_root as mail_task
from administration.tasks import tell_of_audit
from agencies.acting import acting_as
from audit import anchors, state, verifying
from audit.models import Action, Anchor, Channel, Verification
from audit.services import record
from common.acting import SystemContext, system_context
from common.clock import now, travel
from notifications.models import Notice, NoticeKind, OutgoingMail
from notifications.tasks import send_waiting_mail
from tests.actors import as_
from tests.audit.trails import seal_all
from tests.cases.helpers import Queries, text
from tests.factories import make_member, make_report

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "administration:proof"


@pytest.fixture
def filled(committed_world, settings, tmp_path):
    settings.AUDIT_ROOTS_FILE = tmp_path / "roots.jsonl"
    world = committed_world
    world.case = make_report(world.officer).case
    world.dpo = make_member(world.platform_admin.agency, "data_protection_officer")
    return world


def page(member) -> str:
    answer = as_(member).get(reverse(PAGE))
    assert answer.status_code == 200
    return text(answer)


def sealed_and_checked(owner) -> Verification:
    seal_all(owner)
    anchors.send()
    verifying.ask()
    (done,) = verifying.run_asked()
    return done


def alter(owner) -> None:
    owner.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
    owner.execute("UPDATE audit_auditevent SET reason = 'x' WHERE id = (SELECT id FROM audit_auditevent LIMIT 1)")
    owner.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")


def notices(*kinds: str) -> list[Notice]:
    with system_context(SystemContext.NOTICES):
        return list(Notice.objects.filter(kind__in=kinds).select_related("recipient"))


# --- the page -------------------------------------------------------------------------------------------------
def test_never_checked_then_good_then_altered(filled, owner):
    assert "Jamais vérifié encore" in page(filled.dpo)
    seal = sealed_and_checked(owner)
    shown = page(filled.platform_admin)
    assert "Rien n’a été altéré" in shown and f"lignes : {seal.rows}" in shown.replace("\xa0", " ")
    root = state.proof().root
    assert root in shown and len(root.split()) == 8
    assert "toutes y sont" in shown and "aucune n’y est allée" in shown, "the file, and no mail yet"
    alter(owner)
    sealed_and_checked(owner)
    shown = page(filled.dpo)
    assert "Quelque chose a été altéré" in shown and "Rien n’a été altéré" not in shown
    (one,) = [finding for finding in state.proof().checked.findings if finding["kind"] == "changed"]
    assert one["row"] in shown and "ligne changée" in shown.lower()
    assert filled.case.reference not in shown and str(filled.case.pk) not in shown


def test_what_must_only_be_put_right_is_not_called_altered(filled, settings, owner):
    sealed_and_checked(owner)
    settings.AUDIT_ROOTS_FILE.unlink()
    sealed_and_checked(owner)
    checked = state.proof().checked
    assert checked.found and status_of(checked) in (Status.UPKEEP, Status.ALTERED)
    checked.findings = [one | {"kind": "late"} for one in checked.findings[:1]]
    checked.found = 1
    assert status_of(checked) == Status.UPKEEP
    checked.found = 2
    assert status_of(checked) == Status.ALTERED, "what is not listed may be of any kind"
    assert status_of(None) == Status.NEVER


def test_a_check_on_demand_once(filled):
    client = as_(filled.dpo)
    for _time in range(2):
        answer = client.post(reverse("administration:proof_check"), follow=True)
    assert "Vérification en cours" in text(answer) and "Vérifier maintenant" not in text(answer)
    with system_context(SystemContext.SEALING):
        assert Verification.objects.get().asked_by_id == filled.dpo.user_id
    verifying.run_asked()
    shown = page(filled.dpo)
    assert "Vérifier maintenant" in shown and filled.dpo.user.full_name in shown


def test_waiting_and_late(filled, owner):
    assert "lignes, la plus ancienne" in page(filled.dpo) and "en retard" not in page(filled.dpo)
    with travel(now() + timedelta(minutes=30)):
        assert "Le scellement est en retard" in page(filled.dpo)


def test_the_last_roots_as_text(filled, owner):
    (seal,) = seal_all(owner)
    answer = as_(filled.dpo).get(reverse("administration:proof_roots"))
    assert answer["Content-Type"].startswith("text/plain") and bytes(seal.root).hex() in text(answer)
    with acting_as(filled.dpo):
        from audit.models import AuditEvent

        assert AuditEvent.objects.filter(action=Action.EXPORTED, object_kind="administration.roots").count() == 1


@pytest.mark.parametrize("who", ["officer", "police_manager", "agency_admin", "stranger"])
def test_nobody_else(filled, who):
    client = as_(getattr(filled, who))
    assert client.get(reverse(PAGE)).status_code == 403
    assert client.post(reverse("administration:proof_check")).status_code == 403
    assert client.get(reverse("administration:proof_roots")).status_code == 403
    with system_context(SystemContext.SEALING):
        assert not Verification.objects.exists()


def test_it_costs_the_same_however_much_is_sealed(filled, owner):
    sealed_and_checked(owner)
    client = as_(filled.dpo)
    client.get(reverse(PAGE))
    with Queries() as few:
        client.get(reverse(PAGE))
    for _time in range(4):
        with acting_as(filled.officer):
            record(action=Action.READ, object_kind="trial")
        sealed_and_checked(owner)
    with Queries() as many:
        client.get(reverse(PAGE))
    assert many.count == few.count


def test_my_work_says_what_is_not_in_order(filled, owner):
    def home(member) -> str:
        return text(as_(member).get(reverse("casework:my_work")))

    sealed_and_checked(owner)
    for member in (filled.dpo, filled.platform_admin):
        assert "La dernière vérification a trouvé" not in home(member)
    assert "Rien ne vous attend" in home(filled.dpo)
    assert f'href="{reverse("administration:home")}"' in home(filled.platform_admin)
    with travel(now() + timedelta(minutes=30)):
        assert "attend son scellé depuis trop longtemps" in home(filled.dpo)
    alter(owner)
    sealed_and_checked(owner)
    for member in (filled.dpo, filled.platform_admin):
        shown = home(member)
        assert "La dernière vérification a trouvé" in shown and "Rien ne vous attend" not in shown
    assert "La dernière vérification a trouvé" not in home(filled.agency_admin)


# --- who is told ----------------------------------------------------------------------------------------------
def test_a_finding_is_told_once_for_each_check(filled, owner):
    sealed_and_checked(owner)
    tell_of_audit()
    assert not notices(NoticeKind.AUDIT_FINDINGS)
    alter(owner)
    sealed_and_checked(owner)
    tell_of_audit()
    tell_of_audit()
    told = notices(NoticeKind.AUDIT_FINDINGS)
    assert {one.recipient for one in told} == {filled.dpo.user, filled.platform_admin.user} and len(told) == 2
    assert {one.path for one in told} == {reverse(PAGE)} and {one.case_id for one in told} == {None}
    sealed_and_checked(owner)
    tell_of_trouble()
    assert len(notices(NoticeKind.AUDIT_FINDINGS)) == 4
    mail.outbox.clear()
    send_waiting_mail()
    assert len(mail.outbox) >= 4
    for one in mail.outbox:
        assert "audit" not in one.subject.lower() and filled.case.reference not in one.body


def test_late_sealing_is_told_once_a_day(filled):
    tell_of_trouble()
    assert not notices(NoticeKind.AUDIT_LATE)
    with travel(now() + timedelta(minutes=11)):
        tell_of_trouble()
        tell_of_trouble()
    assert len(notices(NoticeKind.AUDIT_LATE)) == 2
    with travel(now() + timedelta(days=1)):
        tell_of_trouble()
    assert len(notices(NoticeKind.AUDIT_LATE)) == 4


# --- the root of the day --------------------------------------------------------------------------------------
def test_the_last_root_is_mailed_once_a_day_where_something_is_new(filled, owner):
    assert mail_last_root() == 0, "nothing sealed yet"
    seal_all(owner)
    with acting_as(filled.officer):
        record(action=Action.READ, object_kind="trial")
    (last,) = seal_all(owner)
    assert mail_last_root() == 1
    mail_task()
    with system_context(SystemContext.SEALING):
        assert Anchor.objects.get(channel=Channel.MAIL).upto_id == last.number
    with system_context(SystemContext.NOTICES):
        (kept,) = OutgoingMail.objects.filter(template="audit_root")
    assert kept.to == filled.dpo.user.email
    mail.outbox.clear()
    send_waiting_mail()
    (sent,) = [one for one in mail.outbox if one.to == [filled.dpo.user.email]]
    assert state.grouped(bytes(last.root)) in sent.body and state.grouped(bytes(last.chain)) in sent.body
    assert "numéro 2" in sent.body and reverse(PAGE) in sent.body and "audit" not in sent.subject.lower()
    for word in (filled.case.reference, filled.officer.user.full_name, "Fatou"):
        assert word not in sent.body
    tomorrow = now() + timedelta(days=1)
    with travel(tomorrow):
        assert mail_last_root() == 0, "no new seal"
    with acting_as(filled.officer):
        record(action=Action.READ, object_kind="trial")
    seal_all(owner)
    assert mail_last_root() == 0, "one a day"
    with travel(tomorrow):
        assert mail_last_root() == 1


def test_without_an_officer_nothing_is_said_to_have_left(filled, owner):
    owner.execute("UPDATE agencies_membership SET ends_at = now() WHERE role = 'data_protection_officer'")
    seal_all(owner)
    assert mail_last_root() == 0
    with system_context(SystemContext.SEALING):
        assert not Anchor.objects.filter(channel=Channel.MAIL).exists()
