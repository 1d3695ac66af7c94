"""What the district does besides cases: posters with requests to be called back, short trainings every two months."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from agencies import posters, sessions
from agencies.models import Poster, TrainingCourse
from casework import trainings
from common.clock import BRUSSELS, local, travel
from common.holidays import is_legal_holiday
from common.ids import uuid7
from followups import callbacks
from followups.models import CallbackOutcome

from . import outreach_words as words
from .assessing import ago

if TYPE_CHECKING:
    from .district import District

THURSDAY = 4
CAME, DID_NOT_COME = ("samira", "nadia", "caroline"), ("karim",)
WILL_COME = ("leila", "julie", "tarik", "mathieu", "fatima")


def tell(district: "District") -> None:
    """All of it."""
    _posters(district)
    _sessions(district)


def _posters(district: "District") -> None:
    """Two posters of the cell; one request waits too long, one is taken, one was handled and is forgotten."""
    helene, leila = district.members["helene"], district.members["leila"]
    hung = []
    with district.act(helene, ago(district, 45, 11)):
        for place, postal_code in words.POSTERS:
            hung.append(posters.hang(by=helene, poster_id=uuid7(), place=place, postal_code=postal_code))
    _ask(hung[0], words.LATE, ago(district, 6, 21, 40))
    handled = _ask(hung[0], words.HANDLED, ago(district, 5, 8, 15))
    taken = _ask(hung[1], words.TAKEN, district.start - timedelta(hours=4))
    with district.act(helene, ago(district, 5, 11)):
        callbacks.take(by=helene, request_id=handled)
        callbacks.handle(by=helene, request_id=handled, outcome=CallbackOutcome.REACHED)
    with district.act(leila, district.start - timedelta(minutes=50)):
        callbacks.take(by=leila, request_id=taken)


def _ask(poster: Poster, typed: tuple[str, str], at: datetime):
    key = uuid7()
    with travel(at):
        callbacks.ask(poster=poster, key=key, number=typed[0], hours=typed[1], language="fr")
    return key


def _sessions(district: "District") -> None:
    """A session three weeks ago with its replay and who came, and the two that follow it."""
    delphine = district.members["delphine"]
    begins = datetime.combine(_thursday(local(district.start).date() - timedelta(days=21)), time(12, 15), BRUSSELS)
    with district.act(delphine, begins - timedelta(weeks=6)):
        course = TrainingCourse.objects.get(code="partner-violence")
        values = words.SESSION | {"course": course, "starts_at": begins}
        past, following, _later = sessions.announce(by=delphine, key=uuid7(), values=values, following=2)
    for session, keys, days in ((past, CAME + DID_NOT_COME, 4), (following, WILL_COME, -19)):
        for key in keys:
            by = district.members[key]
            with district.act(by, begins - timedelta(days=days)):
                sessions.enrol(by=by, session_id=session.pk)
    came = {district.members[key].user_id for key in CAME}
    with district.act(delphine, begins + timedelta(hours=3)):
        present = [row.pk for row in sessions.enrolled_in(past) if row.user_id in came]
        sessions.note_attendance(by=delphine, session_id=past.pk, came=present)
    with district.act(delphine, begins + timedelta(days=1)):
        trainings.publish_replay(by=delphine, session_id=past.pk, replay=words.REPLAY)


def _thursday(latest: date) -> date:
    """The last Thursday until that day that is no legal holiday."""
    day = latest - timedelta(days=(latest.isoweekday() - THURSDAY) % 7)
    while is_legal_holiday(day):
        day -= timedelta(days=7)
    return day
