"""The training calendar: who announces, who comes, what it opens, and what whoever is enrolled is told."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.urls import reverse

from agencies import calendar_file, sessions
from agencies.acting import acting_as
from agencies.enums import Role
from agencies.models import Membership, TrainingCourse, TrainingEnrolment, TrainingRecord, TrainingSession
from agencies.training import is_trained
from casework import trainings
from common.clock import BRUSSELS, now, travel
from common.errors import Refused, RuleBroken
from common.templatetags.ui import local_time
from notifications.models import Notice
from notifications.services import mark_read
from tests.actors import as_
from tests.factories import make_agency, make_member

COURSE = "criticality"


@pytest.fixture
def coordinator(db):
    return make_member(make_agency("coordination"), role=Role.COORDINATOR, given_name="Anne")


@pytest.fixture
def nurse(db):
    return make_member(make_agency("hospital"), given_name="Nora")


def values(**changed):
    return {
        "title": "Webinaire",
        "course": TrainingCourse.objects.get(code=COURSE),
        "about": "",
        "starts_at": now() + timedelta(days=10),
        "minutes": 45,
        "place": "",
        "link": "https://example.org/salle",
        "kinds": [],
        "seats": None,
    } | changed


def announce(by, following=0, **changed):
    with acting_as(by):
        return sessions.announce(by=by, key=uuid4(), values=values(**changed), following=following)[0]


def enrol(member, session):
    with acting_as(member):
        return sessions.enrol(by=member, session_id=session.pk)


def come(by, session, *enrolments):
    with acting_as(by):
        return sessions.note_attendance(by=by, session_id=session.pk, came=[each.pk for each in enrolments])


def after(session):
    return travel(session.starts_at + timedelta(minutes=30))


# --- the moments, without a database ----------------------------------------------------------------------
def test_two_months_apart_the_same_weekday_at_the_same_hour():
    first = datetime(2027, 1, 14, 12, 30, tzinfo=BRUSSELS)  # a Thursday, in winter
    moments = sessions.every_two_months(first, 5)
    assert [(each.date(), each.hour, each.minute) for each in moments] == [
        (date(2027, 3, 11), 12, 30),
        (date(2027, 5, 13), 12, 30),
        (date(2027, 7, 15), 12, 30),
        (date(2027, 9, 16), 12, 30),
        (date(2027, 11, 18), 12, 30),  # the 11th is a legal holiday, the nearest Thursday is not
    ]
    assert moments[1].utcoffset() != first.utcoffset(), "the hour is Belgian, whatever the season"


def test_a_legal_holiday_is_passed_over():
    christmas = sessions.every_two_months(datetime(2026, 10, 23, 9, tzinfo=BRUSSELS), 1)[0]
    assert christmas.date() == date(2027, 1, 8), "neither the 25th of December nor the first of January"


def test_the_days_around_the_new_year_are_passed_over_and_a_weekend_that_was_chosen_is_not_repeated():
    eve = sessions.every_two_months(datetime(2026, 10, 29, 9, tzinfo=BRUSSELS), 1)[0]
    assert eve.date() == date(2027, 1, 7), "not the 31st of December"
    after = sessions.every_two_months(datetime(2027, 3, 6, 9, tzinfo=BRUSSELS), 2)  # a Saturday
    assert [each.date() for each in after] == [date(2027, 5, 10), date(2027, 7, 5)]


def test_the_file_of_a_calendar_says_nothing_and_is_folded():
    content = calendar_file.event(
        uid="x",
        title="Formation",
        starts_at=datetime(2027, 1, 14, 12, 30, tzinfo=BRUSSELS),
        minutes=45,
        where="Salle B, rue Haute; " + "é" * 90 + "\r\nATTENDEE:x",
        written_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
    lines = content.split(b"\r\n")
    assert all(len(line) <= calendar_file.LINE for line in lines) and b"DTSTART:20270114T113000Z" in lines
    assert b"DTEND:20270114T121500Z" in lines and b"SUMMARY:Formation" in lines
    assert not [line for line in lines if line.startswith(b"ATTENDEE")] and b"Salle B\\, rue Haute\\;" in content


# --- announcing -------------------------------------------------------------------------------------------
def test_announced_once_however_often_it_is_sent(coordinator):
    key = uuid4()
    with acting_as(coordinator):
        for _again in range(2):
            sessions.announce(by=coordinator, key=key, values=values(), following=2)
    assert TrainingSession.objects.count() == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("title", "x" * 10_000),
        ("about", "a\x00"),
        ("link", "javascript:alert(1)"),
        ("link", "https://" + "x" * 300),
        ("starts_at", None),
        ("minutes", 0),
        ("minutes", None),
        ("seats", 0),
        ("seats", 10_000),
        ("kinds", ["castle"]),
    ],
)
def test_what_is_refused_is_said_by_its_field(coordinator, field, value):
    with pytest.raises(RuleBroken) as broken:
        announce(coordinator, **{field: value})
    assert field in broken.value.errors


def test_a_session_has_a_place_and_is_to_come(coordinator):
    with pytest.raises(RuleBroken) as broken:
        announce(coordinator, link="", starts_at=now() - timedelta(minutes=1))
    assert set(broken.value.errors) == {"place", "starts_at"}


def test_others_announce_nothing_and_keep_nothing(coordinator, nurse):
    elsewhere = make_member(make_agency("coordination"), role=Role.COORDINATOR)
    with pytest.raises(Refused):
        announce(nurse)
    session = announce(coordinator)
    for member in (nurse, elsewhere):
        with acting_as(member), pytest.raises(Refused):
            trainings.cancel(by=member, session_id=session.pk)
    with acting_as(elsewhere), pytest.raises(Http404):
        sessions.enrol(by=elsewhere, session_id=uuid4())


# --- enrolling --------------------------------------------------------------------------------------------
def test_enrolled_once_and_the_seat_is_free_again(coordinator, nurse):
    session = announce(coordinator, seats=1)
    first = enrol(nurse, session)
    assert enrol(nurse, session).pk == first.pk
    other = make_member(nurse.agency)
    with pytest.raises(Refused):
        enrol(other, session)
    with acting_as(nurse):
        for _again in range(2):
            sessions.leave(by=nurse, session_id=session.pk)
    assert enrol(other, session) and TrainingEnrolment.objects.filter(session=session).count() == 2


def test_for_other_kinds_begun_or_cancelled_is_refused_with_what_to_do(coordinator, nurse):
    for_police = announce(coordinator, kinds=["police"])
    begun, cancelled = announce(coordinator), announce(coordinator)
    with acting_as(coordinator):
        trainings.cancel(by=coordinator, session_id=cancelled.pk)
    for session in (for_police, cancelled):
        with pytest.raises(Refused):
            enrol(nurse, session)
    with after(begun), pytest.raises(Refused):
        enrol(nurse, begun)


# --- what opens -------------------------------------------------------------------------------------------
def test_whoever_came_is_trained_and_no_longer_when_it_was_a_mistake(coordinator, nurse):
    session, other = announce(coordinator), make_member(nurse.agency)
    mine, theirs = enrol(nurse, session), enrol(other, session)
    with pytest.raises(Refused):
        come(coordinator, session, mine)
    with after(session):
        assert come(coordinator, session, mine) == 1 and come(coordinator, session, mine) == 1
        assert is_trained(nurse.user, COURSE) and not is_trained(other.user, COURSE)
        assert come(coordinator, session, theirs) == 1
        assert is_trained(other.user, COURSE) and not is_trained(nurse.user, COURSE)
        come(coordinator, session, mine, theirs)
    assert is_trained(nurse.user, COURSE) and TrainingRecord.objects.filter(user=nurse.user).count() == 2


def test_a_session_that_only_informs_opens_nothing(coordinator, nurse):
    session = announce(coordinator, course=None)
    mine = enrol(nurse, session)
    with after(session):
        come(coordinator, session, mine)
    mine.refresh_from_db()
    assert mine.attended and mine.record is None and not is_trained(nurse.user, COURSE)


def test_nobody_writes_down_their_own(coordinator, nurse):
    session = announce(coordinator)
    own, foreign = enrol(coordinator, session), enrol(nurse, announce(coordinator))
    with after(session):
        with pytest.raises(Refused):
            come(coordinator, session, own)
        with pytest.raises(Http404):
            come(coordinator, session, foreign)
    assert not is_trained(coordinator.user, COURSE) and not is_trained(nurse.user, COURSE)


# --- who is told ------------------------------------------------------------------------------------------
def told(member):
    with acting_as(member):
        return Notice.objects.filter(recipient=member.user).count()


def test_whoever_is_enrolled_is_told_of_what_changes_for_them(coordinator, nurse):
    session, left = announce(coordinator), make_member(nurse.agency)
    enrol(nurse, session)
    enrol(left, session)
    with acting_as(left):
        sessions.leave(by=left, session_id=session.pk)
    with acting_as(coordinator):
        same = values(starts_at=session.starts_at, about="Plus")
        trainings.change(by=coordinator, session_id=session.pk, values=same)
    assert told(nurse) == 0
    with acting_as(coordinator):
        trainings.change(by=coordinator, session_id=session.pk, values=values(minutes=60))
        for _again in range(2):
            trainings.cancel(by=coordinator, session_id=session.pk)
    assert told(nurse) == 2 and told(left) == 0


def test_whoever_it_is_for_is_told_once_of_all_that_is_announced(coordinator, nurse):
    officer = make_member(make_agency("police"))
    gone = make_member(nurse.agency)
    with acting_as(coordinator):
        Membership.objects.filter(pk=gone.pk).update(
            starts_at=now() - timedelta(days=9), ends_at=now() - timedelta(days=1)
        )
        key = uuid4()
        for _again in range(2):
            trainings.announce(by=coordinator, key=key, values=values(kinds=["hospital"]), following=3)
    assert (told(nurse), told(officer), told(gone), told(coordinator)) == (1, 0, 0, 0)
    with acting_as(nurse):
        (notice,) = Notice.objects.all()
        assert (notice.kind, notice.path, notice.case_id) == ("training_announced", reverse("trainings:calendar"), None)
        assert "Webinaire" not in str(notice.get_kind_display())
    with acting_as(coordinator):
        trainings.announce(by=coordinator, key=uuid4(), values=values())
    assert (told(nurse), told(officer)) == (1, 1), "the one not read yet says it already"
    with acting_as(nurse):
        mark_read(by=nurse)
    with acting_as(coordinator):
        trainings.announce(by=coordinator, key=uuid4(), values=values())
    assert (told(nurse), told(officer)) == (2, 1)


def test_a_replay_is_told_and_only_after_the_session(coordinator, nurse):
    session = announce(coordinator)
    enrol(nurse, session)

    def publish(link="https://example.org/replay"):
        with acting_as(coordinator):
            trainings.publish_replay(by=coordinator, session_id=session.pk, replay=link)

    with pytest.raises(Refused):
        publish()
    with after(session):
        with pytest.raises(RuleBroken):
            publish("ftp://example.org")
        publish()
        publish()
    assert told(nurse) == 1


def test_what_has_begun_or_is_cancelled_is_no_longer_changed(coordinator):
    session, cancelled = announce(coordinator), announce(coordinator)
    with acting_as(coordinator):
        trainings.cancel(by=coordinator, session_id=cancelled.pk)
        with pytest.raises(Refused):
            trainings.change(by=coordinator, session_id=cancelled.pk, values=values())
    with after(session), acting_as(coordinator), pytest.raises(Refused):
        trainings.change(by=coordinator, session_id=session.pk, values=values())


def test_no_fewer_seats_than_people(coordinator, nurse):
    session = announce(coordinator)
    enrol(nurse, session)
    enrol(make_member(nurse.agency), session)
    with acting_as(coordinator), pytest.raises(RuleBroken) as broken:
        trainings.change(by=coordinator, session_id=session.pk, values=values(seats=1))
    assert list(broken.value.errors) == ["seats"]


def readable(answered):
    return answered.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


# --- pages ------------------------------------------------------------------------------------------------
def test_the_pages_from_announcing_to_attendance(coordinator, nurse, django_assert_max_num_queries):
    site, hers = as_(coordinator), as_(nurse)
    sent = {
        "title": "Webinaire",
        "starts_at": (now() + timedelta(days=5)).astimezone(BRUSSELS).strftime("%Y-%m-%dT%H:%M"),
        "minutes": "45",
        "link": "https://example.org/salle",
        "course": str(TrainingCourse.objects.get(code=COURSE).pk),
        "following": "2",
        "key": str(uuid4()),
    }
    assert site.post(reverse("trainings:new"), sent | {"title": ""}).status_code == 422
    assert site.post(reverse("trainings:new"), sent).status_code == 302
    assert site.post(reverse("trainings:new"), sent).status_code == 302 and TrainingSession.objects.count() == 3
    session = TrainingSession.objects.order_by("starts_at").first()
    page = reverse("trainings:session", args=[session.pk])
    assert "example.org/salle" not in hers.get(page).content.decode(), "who is not enrolled does not join"
    hers.post(reverse("trainings:enrol", args=[session.pk]))
    enrolled = hers.get(page)
    assert "example.org/salle" in enrolled.content.decode() and enrolled.context["people"] == []
    entry = hers.get(reverse("trainings:entry", args=[session.pk]))
    assert entry["Content-Type"].startswith("text/calendar") and b"Webinaire" not in entry.content
    assert b"example.org/salle" in entry.content
    assert nurse.user.full_name in site.get(page).content.decode()
    listed = hers.get(reverse("trainings:calendar"))
    assert local_time(session.starts_at).replace("\u00a0", " ") in readable(listed)
    assert [line["enrolled"] for line in listed.context["coming"]] == [True, False, False]
    with django_assert_max_num_queries(25):
        hers.get(reverse("trainings:calendar"))


def test_what_is_sent_by_hand_is_no_error_of_ours(coordinator):
    site, session = as_(coordinator), announce(coordinator)
    with after(session):
        sent = site.post(reverse("trainings:attendance", args=[session.pk]), {"came": "not-an-id"})
    assert sent.status_code == 404
    wrong = {"title": "\x00", "minutes": "x", "course": str(uuid4()), "kinds": "castle", "following": "99", "key": "z"}
    assert site.post(reverse("trainings:new"), wrong).status_code == 422
