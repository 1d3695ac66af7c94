"""He is out: she is told by somebody, who says so; whoever entered it on his side reads nothing of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from audit.models import AuditEvent, LogEntry
from cases.access import get_case, write_grants
from cases.enums import VIEW_CASE, codename
from cases.models import CaseEvent
from common.acting import SystemContext, system_context
from common.clock import local, now, travel
from common.errors import Refused, RuleBroken
from followups.models import FollowUp, FollowUpKind
from notifications.models import NoticeKind
from plans import custody, release_telling
from plans.models import Release, ReleaseAlert, ReleaseAsk, ReleaseTelling, ReleaseWish, Told
from riskassessment.models import TurningPoint
from tests.actors import all_of_his_side, as_, excluded_colleague
from tests.casework.custody_acts import (
    HIS,
    alerts,
    her_of,
    him_of,
    let_out,
    lock_up,
    notices_of_kind,
    owed_of,
    the_alert,
    told_by,
    wish,
)
from tests.casework.grid_acts import bring_in
from tests.factories import make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_report(world.officer).case


@pytest.fixture
def programme(world, case):
    bring_in(world.officer, case, world.programme, HIS, side="perpetrator")
    return world.programme


def asked(case):
    return {each.agency_id for each in owed_of(case)}


def alert_page(case, alert, name="release_alert"):
    return reverse(f"casework:{name}", args=[case.pk, alert.pk])


# --- who is asked ---------------------------------------------------------------------------------------------
def test_a_sudden_release_asks_the_zone_and_the_cell_at_once(world, case, programme):
    bring_in(world.officer, case, world.shelter, ["contact:victim"])
    let_out(programme, case)
    assert asked(case) == {world.officer.agency_id, world.eva.agency_id}
    assert all(each.due_at <= now() for each in owed_of(case))
    people = {each.recipient_id for each in notices_of_kind(NoticeKind.RELEASE_ALERT)}
    assert world.officer.user_id in people and world.eva.user_id in people
    assert not people & {programme.user_id, world.shelter.user_id, world.reader.user_id}


def test_her_reference_person_is_asked_too(world, case, owner):
    bring_in(world.officer, case, world.shelter, ["contact:victim"])
    from cases.models import Case

    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=case.pk).update(reference_person=world.shelter.user)
    let_out(world.officer, case)
    assert world.shelter.agency_id in asked(case)
    with system_context(SystemContext.REMINDERS):
        assert ReleaseAsk.objects.get(agency=world.shelter.agency).asked_as == "referent"


def test_the_zone_where_she_lives_is_asked_once_the_case_is_shared_with_it(world, case):
    bring_in(world.officer, case, world.other_officer, ["contact:victim", "identity:victim"], side="neutral")
    let_out(world.officer, case)
    assert world.other_officer.agency_id in asked(case)


def test_his_side_is_never_asked_even_a_cell_or_a_zone(world, case):
    his = all_of_his_side(world, case)
    let_out(world.officer, case)
    assert his.agency_id not in asked(case)


def test_somebody_excluded_is_told_nothing_and_finds_nothing(world, case):
    colleague = excluded_colleague(world, case)
    let_out(world.officer, case)
    assert colleague.user_id not in {each.recipient_id for each in notices_of_kind(NoticeKind.RELEASE_ALERT)}
    assert as_(colleague).get(alert_page(case, the_alert(case))).status_code == 404


# --- one alert ------------------------------------------------------------------------------------------------
def test_two_people_who_enter_the_same_release_make_one_alert(world, case, programme):
    lock_up(world.officer, case)
    let_out(programme, case, at=now() - timedelta(minutes=50))
    let_out(world.officer, case, at=now() - timedelta(minutes=20))
    assert len(alerts(case)) == 1 and len(owed_of(case)) == 2
    with acting_as(world.officer):
        assert Release.objects.count() == 1
        assert CaseEvent.objects.filter(case=case, code="released").count() == 1


def test_sent_twice_it_is_written_once(world, case):
    key = uuid4()
    first, again = let_out(world.officer, case, request_key=key), let_out(world.officer, case, request_key=key)
    assert first == again and len(alerts(case)) == 1


def test_the_release_turns_the_case_once(world, case):
    release = let_out(world.officer, case)
    with acting_as(world.officer):
        (point,) = TurningPoint.objects.filter(case=case, kind="release")
    assert point.source_id == release.pk and point.happened_on == local(release.released_at).date()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"case_person_id": None}, "case_person"),
        ({"kind": "escaped"}, "kind"),
        ({"kind": "cancelled"}, "kind"),
        ({"words": "x" * 10_000}, "words"),
        ({"words": "\x00"}, "words"),
        ({"released_at": None}, "released_at"),
        ({"kind": "planned", "released_at": None}, "released_at"),
    ],
)
def test_bad_input_is_refused_and_alerts_nobody(world, case, changes, field):
    with pytest.raises(RuleBroken) as broken:
        let_out(world.officer, case, **changes)
    assert field in broken.value.errors and alerts(case) == [] and owed_of(case) == []


def test_a_release_in_the_future_is_planned_and_a_planned_one_is_not_past(world, case):
    for kind, at in (("happened", now() + timedelta(hours=1)), ("planned", now() - timedelta(hours=1))):
        with pytest.raises(RuleBroken) as broken:
            let_out(world.officer, case, kind=kind, at=at)
        assert "released_at" in broken.value.errors


# --- planned --------------------------------------------------------------------------------------------------
def test_a_planned_release_is_to_be_told_some_days_ahead(world, case, settings):
    at = now() + timedelta(days=10)
    let_out(world.officer, case, kind="planned", at=at)
    alert = the_alert(case)
    assert alert.planned and alert.due_at == at - timedelta(days=settings.RELEASE_TOLD_DAYS_AHEAD)
    assert {each.remind_at for each in owed_of(case)} == {alert.due_at}
    assert notices_of_kind(NoticeKind.RELEASE_ALERT), "they know at once, to prepare"


def test_told_of_that_day_she_is_not_called_again_when_he_is_out(world, case):
    at = now() + timedelta(hours=1)
    let_out(world.officer, case, kind="planned", at=at)
    told_by(world.eva, case, the_alert(case))
    with travel(at + timedelta(seconds=30)):
        let_out(world.officer, case, at=at)
    assert len(alerts(case)) == 1 and owed_of(case) == []


def test_out_on_another_day_than_she_was_told_she_is_told_again(world, case):
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=6))
    told_by(world.eva, case, the_alert(case))
    let_out(world.officer, case)
    assert not the_alert(case).planned and len(owed_of(case)) == 2


def test_a_new_date_takes_the_place_of_the_former_and_one_no_longer_planned_asks_nobody(world, case):
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=6))
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=8))
    assert len(alerts(case)) == 2 and len(owed_of(case)) == 2
    let_out(world.officer, case, kind="cancelled")
    assert owed_of(case) == [] and custody.unconfirmed_alerts_of(case) == []
    assert {each.outcome for each in owed_of(case, settled=True)} == {Told.REPLACED}


# --- his side -------------------------------------------------------------------------------------------------
def test_who_entered_it_on_his_side_reads_nothing_of_the_alert(world, case, programme):
    lock_up(world.officer, case)
    wish(world.eva, case)
    client = as_(programme)
    page = client.post(
        reverse("casework:enter_release", args=[case.pk]),
        {
            "case_person": str(him_of(programme, case).pk),
            "kind": "happened",
            "released_at": local(now() - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M"),
            "request_key": str(uuid4()),
        },
        follow=True,
    )
    assert page.status_code == 200
    alert = the_alert(case)
    told_by(world.eva, case, alert, "not_reached")
    with acting_as(programme):
        for model in (ReleaseAlert, ReleaseAsk, ReleaseTelling, ReleaseWish):
            assert not model.objects.exists(), model
        assert Release.objects.count() == 1, "its own"
        assert not FollowUp.objects.filter(kind=FollowUpKind.RELEASE).exists()
        assert not CaseEvent.objects.filter(code="release_told").exists()
        kinds = set(
            LogEntry.objects.filter(agency_id=programme.agency_id).values_list("content_type__model", flat=True)
        )
    assert not kinds & {"releasealert", "releaseask", "releasetelling"}
    for name in ("release_alert", "release_number"):
        assert client.get(alert_page(case, alert, name)).status_code in (404, 405)
    assert client.post(alert_page(case, alert), {}).status_code == 404
    assert client.post(alert_page(case, alert, "release_number")).status_code == 404
    assert client.get(reverse("casework:release_wish", args=[case.pk])).status_code == 404
    for address in (
        reverse("casework:custody", args=[case.pk]),
        reverse("cases:summary", args=[case.pk]),
        reverse("cases:timeline", args=[case.pk]),
        reverse("casework:trail", args=[case.pk]),
        reverse("casework:my_work"),
        reverse("followups:list"),
    ):
        text = client.get(address).content.decode()
        for secret in (world.eva.agency.short_name, str(alert.pk), "prévenue", world.eva.agency.duty_phone):
            assert secret not in text, (address, secret)


def test_all_that_his_side_may_hold_opens_no_alert_and_no_wish(world, case):
    his = all_of_his_side(world, case)
    lock_up(world.officer, case)
    wish(world.eva, case)
    let_out(his, case)
    with acting_as(his):
        found, access = get_case(case.pk, his)
        assert not custody.alerts_of(found, access).exists() and custody.wishes_of(found, access) == {}
        assert not ReleaseAlert.objects.exists() and not ReleaseWish.objects.exists()
        assert not ReleaseTelling.objects.exists() and not ReleaseAsk.objects.exists()
        assert custody.unconfirmed_alerts(his) == []
    assert as_(his).get(alert_page(case, the_alert(case))).status_code == 404


# --- what she wishes ------------------------------------------------------------------------------------------
def test_her_wish_is_written_by_who_reaches_her_and_the_last_one_holds(world, case, programme):
    wish(world.eva, case, "wants_not")
    wish(world.eva, case, "wants", words="Aussi la nuit 🌙")
    with acting_as(world.eva):
        found, access = get_case(case.pk, world.eva)
        (held,) = custody.wishes_of(found, access).values()
    assert held.wish == "wants" and held.words == "Aussi la nuit 🌙"
    her = her_of(world.eva, case).pk
    for by in (programme, world.reader):
        with pytest.raises(Refused):
            wish(by, case, case_person_id=her)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"what": "perhaps"}, "wish"),
        ({"case_person_id": None}, "case_person"),
        ({"words": "x" * 10_000}, "words"),
        ({"words": "a\x00b"}, "words"),
    ],
)
def test_a_wish_that_was_not_asked_is_not_written(world, case, changes, field):
    with pytest.raises(RuleBroken) as broken:
        wish(world.eva, case, **changes)
    assert field in broken.value.errors


def test_that_she_does_not_wish_it_needs_her_wish(world, case):
    let_out(world.officer, case)
    alert = the_alert(case)
    with pytest.raises(RuleBroken) as broken:
        told_by(world.eva, case, alert, "not_wished")
    assert "outcome" in broken.value.errors
    wish(world.eva, case, "wants_not")
    told_by(world.eva, case, alert, "not_wished")
    assert owed_of(case) == []


# --- she is told ----------------------------------------------------------------------------------------------
def test_one_confirmation_settles_what_everybody_was_asked_and_the_others_read_it(world, case):
    let_out(world.officer, case)
    alert = the_alert(case)
    with travel(now() + timedelta(hours=3, minutes=5)):
        row = told_by(world.eva, case, alert)
    assert row.took(alert) // timedelta(minutes=1) == 185
    assert owed_of(case) == [] and {each.outcome for each in owed_of(case, settled=True)} == {"her"}
    told = {each.recipient_id for each in notices_of_kind(NoticeKind.RELEASE_TOLD)}
    assert world.officer.user_id in told and world.eva.user_id not in told
    page = as_(world.officer).get(alert_page(case, alert)).content.decode()
    assert "3 h 05 min" in page.replace("\xa0", " ") and world.eva.agency.short_name in page
    assert "0470" not in page, "her number is not part of what was confirmed"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": "her", "how": ""}, "how"),
        ({"outcome": "her", "contact_point_id": None}, "contact_point"),
        ({"outcome": "her", "contact_point_id": uuid4()}, "contact_point"),
        ({"outcome": "her", "number_verified": False}, "number_verified"),
        ({"outcome": "her", "alone_asked": False}, "alone_asked"),
        ({"outcome": "trusted", "words": " "}, "words"),
        ({"outcome": "replaced"}, "outcome"),
        ({"outcome": ""}, "outcome"),
        ({"outcome": "not_reached", "words": "x" * 10_000}, "words"),
        ({"outcome": "not_reached", "words": "\x00"}, "words"),
    ],
)
def test_a_confirmation_that_says_too_little_is_refused(world, case, changes, field):
    let_out(world.officer, case)
    with pytest.raises(RuleBroken) as broken:
        told_by(world.eva, case, the_alert(case), **changes)
    assert field in broken.value.errors and len(owed_of(case)) == 2


def test_a_number_known_to_be_unsafe_confirms_nothing(world):
    case = make_report(world.officer, victim_phone_safe="no").case
    let_out(world.officer, case)
    with acting_as(world.officer):
        found, access = get_case(case.pk, world.officer)
        assert release_telling.numbers_for(found, access) == []
    told_by(world.officer, case, the_alert(case), how="in_person", contact_point_id=None, number_verified=False)


def test_not_reached_is_an_attempt_and_the_alert_goes_on(world, case):
    let_out(world.officer, case)
    alert = the_alert(case)
    told_by(world.eva, case, alert, "not_reached")
    assert the_alert(case) == alert and len(owed_of(case)) == 2
    told_by(world.officer, case, alert, "trusted")
    assert custody.unconfirmed_alerts_of(case) == []


def test_whoever_confirms_second_is_told_who_did_and_keeps_the_words(world, case):
    let_out(world.officer, case)
    alert = the_alert(case)
    told_by(world.eva, case, alert)
    with pytest.raises(RuleBroken, match=world.eva.user.full_name):
        told_by(world.officer, case, alert)
    page = as_(world.officer).post(
        alert_page(case, alert), {"outcome": "trusted", "words": "sa mère", "request_key": str(uuid4())}
    )
    assert page.status_code == 422 and world.eva.user.full_name in page.content.decode()


def test_sent_twice_a_confirmation_is_one(world, case):
    let_out(world.officer, case)
    alert, key = the_alert(case), uuid4()
    assert told_by(world.eva, case, alert, request_key=key) == told_by(world.eva, case, alert, request_key=key)


def test_the_rules_are_read_before_the_number_and_its_showing_is_on_record(world, case):
    let_out(world.officer, case)
    alert = the_alert(case)
    client = as_(world.eva)
    text = client.get(alert_page(case, alert)).content.decode()
    assert "bibliothèque" in text and "0470 12 34 42" not in text
    text = client.post(alert_page(case, alert, "release_number")).content.decode()
    assert "0470 12 34 42" in text
    with acting_as(world.eva):
        assert AuditEvent.objects.filter(case_id=case.pk, object_kind="casework.release_number").count() == 1


def test_the_number_is_not_shown_to_who_does_not_reach_her(world, case):
    bring_in(world.officer, case, world.prosecutor, ["judicial:case"], side="neutral")
    let_out(world.officer, case)
    alert = the_alert(case)
    client = as_(world.prosecutor)
    text = client.get(alert_page(case, alert)).content.decode()
    assert "phone-big" not in text and "bibliothèque" not in text
    assert client.post(alert_page(case, alert, "release_number")).status_code == 403


def test_an_alert_of_another_case_or_service_is_not_found(world, case):
    other = make_report(world.officer, victim_given_name="Ana", pv_number="BR.43.L1.009999/2026").case
    let_out(world.officer, case)
    alert = the_alert(case)
    assert as_(world.officer).get(reverse("casework:release_alert", args=[other.pk, alert.pk])).status_code == 404
    for by in (world.stranger, world.other_officer, world.shelter):
        assert as_(by).get(alert_page(case, alert)).status_code == 404
        with pytest.raises(Http404):
            told_by(by, case, alert, contact_point_id=None)
        with acting_as(by):
            assert not ReleaseAlert.objects.exists()


def test_the_duty_phone_of_who_was_asked_is_shown_to_who_may_know_it(world, case, programme):
    let_out(world.officer, case)
    page = alert_page(case, the_alert(case))
    assert world.eva.agency.duty_phone
    assert world.eva.agency.duty_phone in as_(world.officer).get(page).content.decode()
    assert as_(programme).get(page).status_code == 404


def test_who_may_not_know_her_services_reads_neither_their_name_nor_who_works_there(world, case):
    """As one let in for some hours: how to reach her, and not who follows her."""
    let_out(world.officer, case)
    alert = the_alert(case)
    told_by(world.eva, case, alert, outcome="not_reached", words="Elle ne répond pas.", contact_point_id=None)
    grants = dict.fromkeys([VIEW_CASE, codename("contact", "victim"), codename("identity", "victim")])
    with system_context(SystemContext.GRANTS):
        write_grants(case=case, agency=world.shelter.agency, grants=grants, side="victim")
    seen = as_(world.shelter).get(alert_page(case, alert)).content.decode()
    assert "Elle ne répond pas." in seen and "un autre service" in seen
    for kept in ("Leïla Amrani", "Cellule EVA A", "Marc Delvaux", "Zone de police A", world.eva.agency.duty_phone):
        assert kept not in seen, kept
    assert "Leïla Amrani" in as_(world.officer).get(alert_page(case, alert)).content.decode()


def test_who_reads_only_reads_the_alert_and_confirms_nothing(world, case):
    let_out(world.officer, case)
    alert = the_alert(case)
    assert as_(world.reader).get(alert_page(case, alert)).status_code == 200
    with pytest.raises(Refused):
        told_by(world.reader, case, alert, contact_point_id=None)


# --- where it stands ------------------------------------------------------------------------------------------
def test_it_stands_on_top_of_my_work_and_of_every_page_of_the_case(world, case, programme):
    let_out(programme, case)
    alert = the_alert(case)
    (owed,) = [each for each in owed_of(case) if each.agency_id == world.eva.agency_id]
    work = as_(world.eva).get(reverse("casework:my_work")).content.decode()
    assert f"/alerts/{owed.source_id}/" in work
    assert as_(world.eva).get(f"/cases/{case.pk}/custody/alerts/{owed.source_id}/").status_code == 200
    for by, shown in ((world.eva, True), (world.officer, True), (programme, False)):
        text = as_(by).get(reverse("cases:summary", args=[case.pk])).content.decode()
        assert (str(alert.pk) in text) is shown
    told_by(world.eva, case, alert)
    assert str(alert.pk) not in as_(world.eva).get(reverse("cases:summary", args=[case.pk])).content.decode()


def test_the_banner_is_one_query_whatever_there_is(world, case):
    client, page = as_(world.officer), reverse("cases:people", args=[case.pk])
    client.get(page)
    with CaptureQueriesContext(connection) as without:
        client.get(page)
    let_out(world.officer, case)
    with CaptureQueriesContext(connection) as with_one:
        client.get(page)
    assert len(with_one) <= len(without) + 1


def test_what_a_zone_reads_before_its_shift(world, case, programme):
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=2))
    for by, reads in ((world.officer, True), (world.other_officer, False), (programme, False), (world.stranger, False)):
        with acting_as(by):
            assert len(custody.expected_releases(by, until=now() + timedelta(days=7))) == reads
            assert len(custody.unconfirmed_alerts(by)) == reads
    with acting_as(world.officer):
        assert custody.expected_releases(world.officer, until=now() + timedelta(days=1)) == []


def test_notices_and_mails_say_nothing_of_a_release(world, case):
    from notifications.models import OutgoingMail

    let_out(world.officer, case)
    with system_context(SystemContext.NOTICES):
        for mail in OutgoingMail.objects.all():
            assert mail.template == "task_waiting" and mail.context == {}
    assert "release" not in NoticeKind.RELEASE_ALERT.label.lower()


def test_a_release_opens_a_closed_case_again(world, case):
    with system_context(SystemContext.REMINDERS):
        type(case).objects.filter(pk=case.pk).update(stage="closed", closed_at=now())
    let_out(world.officer, case)
    with acting_as(world.officer):
        found, _access = get_case(case.pk, world.officer)
    assert found.closed_at is None and found.stage != "closed"
    assert len(owed_of(case)) == 2


def test_a_case_without_anybody_on_her_side_still_reaches_somebody(world, case):
    from plans.release_asks import last_resort, who_is_asked

    assert who_is_asked(case)
    people = {each.user_id for each in last_resort(case)}
    assert world.police_manager.user_id in people and world.platform_admin.user_id in people
    assert world.officer.user_id not in people
