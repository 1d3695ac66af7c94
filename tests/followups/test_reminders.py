"""What is due is told once, to the right people, louder with silence, and never to his side."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import call_command

from agencies.acting import acting_as
from agencies.enums import Role
from cases.models import Case, CaseExclusion
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, now, travel
from followups import calling, reminding
from followups.models import FollowUp
from notifications.models import NoticeKind
from notifications.tasks import send_waiting_mail
from sharing.models import SharingDecision, WayIn
from sharing.services import revoke
from tests.factories import make_member, make_report
from tests.outbox import outbox

from . import helpers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(committed_world):
    return committed_world


@pytest.fixture
def report(world):
    return make_report(world.officer)


def test_nothing_goes_out_before_its_time(world, report):
    assert reminding.send_due_reminders() == 0
    assert helpers.notices() == []


def test_the_team_is_told_once_when_the_contact_is_due(world, report, owner):
    helpers.make_due(owner)
    assert reminding.send_due_reminders() == 1
    assert reminding.send_due_reminders() == 0
    assert helpers.told() == {world.eva.user_id, world.eva_referent.user_id}
    follow_up = helpers.the_follow_up()
    assert {notice.kind for notice in helpers.notices()} == {NoticeKind.FOLLOW_UP_DUE}
    assert {notice.path for notice in helpers.notices()} == {f"/followups/{follow_up.pk}/"}
    assert follow_up.step == 1 and follow_up.reminded_at
    assert follow_up.remind_at == follow_up.due_at + timedelta(hours=24)


def test_silence_goes_up_the_ladder_and_then_stops(world, report, owner):
    helpers.make_due(owner)
    reminding.send_due_reminders()
    helpers.next_step_is_due(owner)
    assert reminding.send_due_reminders() == 1
    unanswered = [notice for notice in helpers.notices() if notice.kind == NoticeKind.FOLLOW_UP_UNANSWERED]
    assert {notice.recipient_id for notice in unanswered} == {world.eva_referent.user_id}
    helpers.next_step_is_due(owner)
    assert reminding.send_due_reminders() == 1
    assert helpers.notices()[-1].recipient_id == world.eva_manager.user_id
    follow_up = helpers.the_follow_up()
    assert follow_up.step == 3 and follow_up.remind_at is None
    helpers.next_step_is_due(owner)
    assert reminding.send_due_reminders() == 0


def test_who_took_it_on_is_told_alone_at_first(world, report, owner):
    with acting_as(world.eva):
        calling.claim(by=world.eva, follow_up_id=FollowUp.objects.get().pk, held_by=None)
    helpers.make_due(owner)
    reminding.send_due_reminders()
    assert helpers.told() == {world.eva.user_id}
    helpers.next_step_is_due(owner)
    reminding.send_due_reminders()
    assert helpers.told() == {world.eva.user_id, world.eva_referent.user_id}


def test_the_reference_person_of_the_case_is_told_of_silence_too(world, report, owner):
    owner.execute("UPDATE cases_case SET reference_person_id = %s", [world.eva.user_id])
    helpers.make_due(owner)
    owner.execute("UPDATE followups_followup SET step = 1")
    reminding.send_due_reminders()
    assert helpers.told() == {world.eva.user_id, world.eva_referent.user_id}


@pytest.mark.parametrize(
    ("step", "left", "expected"),
    [
        (0, {Role.MANAGER}, {Role.MANAGER}),
        (1, {Role.PRACTITIONER, Role.MANAGER}, {Role.MANAGER}),
        (2, {Role.PRACTITIONER, Role.REFERENT}, {Role.PRACTITIONER, Role.REFERENT}),
        (0, {Role.READER}, set()),
    ],
)
def test_an_empty_rung_of_the_ladder_is_passed_over(world, report, owner, step, left, expected):
    agency = world.eva.agency_id
    team = {member.role: member for member in (world.eva, world.eva_referent, world.eva_manager)}
    team[Role.READER] = make_member(world.eva.agency, Role.READER)
    owner.execute(
        "UPDATE agencies_membership SET ends_at = now() WHERE agency_id = %s AND NOT role = ANY(%s)",
        [agency, [str(role) for role in left]],
    )
    helpers.make_due(owner)
    owner.execute("UPDATE followups_followup SET step = %s", [step])
    reminding.send_due_reminders()
    assert helpers.told() == {team[role].user_id for role in expected}
    assert helpers.the_follow_up().step == step + 1, "an agency without staff does not stop the ladder"


def test_a_report_typed_three_days_late_is_told_at_once_then_step_by_step(world, owner):
    met = (now() - timedelta(days=5)).astimezone(BRUSSELS)
    make_report(world.officer, met_at=met.strftime("%Y-%m-%dT%H:%M"), occurred_at="")
    follow_up = helpers.the_follow_up()
    assert follow_up.due_at < now() - timedelta(days=2)
    assert reminding.send_due_reminders() == 1
    assert reminding.send_due_reminders() == 0, "one step at a time"
    assert len(helpers.notices()) == 2
    follow_up = helpers.the_follow_up()
    assert timedelta(hours=11) < follow_up.remind_at - now() <= timedelta(hours=12)


def test_only_her_side_and_the_police_read_that_a_reminder_went_out(world, report, owner):
    helpers.make_due(owner)
    reminding.send_due_reminders()
    (event,) = helpers.events(world.officer, "reminder_sent")
    assert helpers.events(world.eva, "reminder_sent") == [event]
    assert event.agency_id is None and event.user_id is None and event.next_agency_id == world.eva.agency_id
    assert set(event.payload) == {"follow_up", "kind", "step"}
    for outsider in (world.programme, world.shelter, world.stranger, world.prosecutor):
        assert helpers.events(outsider, "reminder_sent") == []


def test_the_programme_that_takes_part_reads_nothing_of_it(world, report, owner):
    from sharing.models import Basis
    from sharing.services import decide

    with acting_as(world.officer):
        decide(
            by=world.officer,
            case=report.case,
            recipient=world.programme.agency,
            side="perpetrator",
            way_in=WayIn.REFERRAL,
            basis=Basis.LEGAL_OBLIGATION,
            legal_text="mandate",
            grants=["identity:perpetrator", "contact:perpetrator"],
            necessity="his programme",
            contributes=True,
        )
    helpers.make_due(owner)
    reminding.send_due_reminders()
    with acting_as(world.programme):
        assert Case.objects.visible_to(world.programme).exists()
        assert not FollowUp.objects.visible_to(world.programme).exists() and not FollowUp.objects.exists()
    assert helpers.events(world.programme, "reminder_sent") == []


def test_an_agency_that_no_longer_takes_part_is_not_told(world, report, owner):
    with acting_as(world.officer):
        revoke(by=world.officer, decision=SharingDecision.objects.get(way_in=WayIn.J2_CONTACT), reason="withdrawn")
    helpers.make_due(owner)
    assert reminding.send_due_reminders() == 0
    assert helpers.notices() == []
    follow_up = helpers.the_follow_up()
    assert follow_up.remind_at is None and follow_up.settled_at is None


def test_a_closed_case_is_quiet(world, report, owner):
    owner.execute("UPDATE cases_case SET closed_at = now()")
    helpers.make_due(owner)
    assert reminding.send_due_reminders() == 0 and helpers.notices() == []


def test_a_settled_follow_up_is_quiet(world, report, owner):
    helpers.make_due(owner)
    owner.execute("UPDATE followups_followup SET settled_at = now()")
    assert reminding.send_due_reminders() == 0 and helpers.notices() == []


def test_an_excluded_colleague_is_not_told(world, report, owner):
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=report.case, user=world.eva_referent.user)
    helpers.make_due(owner)
    reminding.send_due_reminders()
    assert helpers.told() == {world.eva.user_id}


def test_of_a_restricted_case_only_named_persons_are_told(world, report, owner):
    owner.execute("UPDATE cases_case SET restricted = true")
    owner.execute(
        "INSERT INTO cases_caseuserobjectpermission (id, user_id, permission_id, content_object_id)"
        " VALUES (%s, %s, move_permission('view_case'), %s)",
        [uuid4(), world.eva.user_id, report.case_id],
    )
    helpers.make_due(owner)
    reminding.send_due_reminders()
    assert helpers.told() == {world.eva.user_id}


def test_one_that_cannot_be_reminded_holds_up_no_other(world, report, owner, monkeypatch):
    helpers.plan_many(world.officer, helpers.the_follow_up(), 3)
    broken = str(owner.execute("SELECT id FROM followups_followup WHERE remind_at < now() LIMIT 1").fetchone()[0])
    real = reminding.log_event

    def log_event(*, payload, **rest):
        real(payload=payload, **rest)
        if payload["follow_up"] == broken:
            raise RuntimeError("Fatou Diallo-Test")

    monkeypatch.setattr(reminding, "log_event", log_event)
    assert reminding.send_due_reminders(batch=1) == 2
    monkeypatch.undo()
    assert len(helpers.notices()) == 4 and len(helpers.events(world.eva, "reminder_sent")) == 2
    assert reminding.send_due_reminders() == 1, "it is tried again"


def test_somebody_at_work_in_the_case_goes_first(world, report, owner):
    """An act that holds the case and waits for the follow-up is never the one the database gives up."""
    helpers.make_due(owner)
    with owner.transaction():
        owner.execute("SELECT 1 FROM cases_casegroupobjectpermission FOR UPDATE")
        assert reminding.send_due_reminders(seconds=0) == 0
        owner.execute("SET LOCAL lock_timeout = '100ms'")
        owner.execute("SELECT 1 FROM followups_followup FOR UPDATE")
    assert reminding.send_due_reminders() == 1


def test_the_change_is_logged_under_the_system(world, report, owner):
    helpers.make_due(owner)
    reminding.send_due_reminders()
    rows = owner.execute("SELECT actor_id, case_id, changes FROM audit_logentry WHERE system = 'reminders'").fetchall()
    ((actor, case_id, changes),) = rows
    assert actor is None and case_id == report.case_id and set(changes) == {"step", "reminded_at", "remind_at"}


def test_the_command_beat_calls(world, report, owner, capsys):
    helpers.make_due(owner)
    call_command("send_due_reminders")
    assert capsys.readouterr().out.strip() == "Reminders sent: 1."


def test_no_word_of_the_case_leaves_by_mail(world, report, owner):
    helpers.make_due(owner)
    reminding.send_due_reminders()
    assert send_waiting_mail() == 2
    case = report.case
    for message in mail.outbox:
        text = f"{message.subject} {message.body} {message.to} {message.extra_headers}"
        for secret in (
            "Fatou", "Diallo", "Yvan", "Morel", "Noé", case.reference, str(case.pk), "BR.43", "0470", "J+2", "violence",
            "followups", "EVA", "signalement", "dossier",
        ):  # fmt: skip
            assert secret not in text
        assert message.subject == "MOVE : une tâche vous attend"
    assert {mail.state for mail in outbox()} == {"sent"}


def test_the_clock_of_the_database_decides(world, report):
    """A dispatcher whose own clock is ahead reminds nobody early."""
    with travel(now() + timedelta(days=10)):
        assert reminding.send_due_reminders() == 0
