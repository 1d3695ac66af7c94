"""The acts the tests of detention and release start from, each done by somebody through the services."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import get_case
from cases.enums import PersonRole
from cases.models import Case, CasePerson
from casework import detaining, releasing
from common.acting import SystemContext, system_context
from common.clock import now
from followups.models import FollowUp, FollowUpKind
from notifications.models import Notice
from plans import custody_writing, release_telling
from plans.custody import unconfirmed_alerts_of
from plans.models import Detention, Release, ReleaseAlert, ReleaseTelling, ReleaseWish

HIS = ("identity:perpetrator", "contact:perpetrator", "perpetrator_work:perpetrator")
"""What a programme that works with him usually holds: nothing judicial, nothing of hers."""


def him_of(by: Membership, case: Case) -> CasePerson:
    with acting_as(by):
        return CasePerson.objects.get(case=case, role=PersonRole.PRESUMED_PERPETRATOR)


def her_of(by: Membership, case: Case) -> CasePerson:
    with acting_as(by):
        return CasePerson.objects.get(case=case, role=PersonRole.VICTIM)


def lock_up(by: Membership, case: Case, **changes) -> Detention:
    """He is detained since yesterday; the service that writes it is asked."""
    given = {
        "case_person_id": changes.pop("case_person_id") if "case_person_id" in changes else him_of(by, case).pk,
        "kind": "warrant",
        "since": now() - timedelta(days=1),
        "place": "Prison fictive de Saint-Gilles",
        "owner_id": by.agency_id,
        "request_key": uuid4(),
    }
    with acting_as(by):
        return detaining.detain(by=by, case_id=case.pk, **(given | changes))


def say(by: Membership, case: Case, detention: Detention, answer: str, *, seen: UUID | None = None, **changes):
    given = {"answer": answer, "request_key": uuid4(), "seen": seen} | changes
    with acting_as(by):
        return detaining.answer(by=by, case_id=case.pk, detention_id=detention.pk, **given)


def let_out(by: Membership, case: Case, *, kind: str = "happened", at: datetime | None = None, **changes) -> Release:
    """He is out since a minute ago."""
    given = {
        "case_person_id": changes.pop("case_person_id") if "case_person_id" in changes else him_of(by, case).pk,
        "kind": kind,
        "released_at": at or now() - timedelta(minutes=1),
        "words": "",
        "request_key": uuid4(),
    }
    with acting_as(by):
        return releasing.enter_release(by=by, case_id=case.pk, **(given | changes))


def wish(by: Membership, case: Case, what: str = "wants", **changes) -> ReleaseWish:
    her = changes.pop("case_person_id") if "case_person_id" in changes else her_of(by, case).pk
    given = {"case_person_id": her, "wish": what, "words": "", "request_key": uuid4()} | changes
    with acting_as(by):
        found, access = get_case(case.pk, by)
        return custody_writing.write_wish(by=by, case=found, access=access, **given)


def told_by(by: Membership, case: Case, alert: ReleaseAlert, outcome: str = "her", **changes) -> ReleaseTelling:
    """She was told on her number, which was checked again."""
    with acting_as(by):
        found, access = get_case(case.pk, by)
        points = release_telling.numbers_for(found, access)
        given = {
            "outcome": outcome,
            "how": "call" if outcome == "her" else "",
            "contact_point_id": points[0].pk if points and outcome == "her" else None,
            "number_verified": outcome == "her",
            "alone_asked": outcome == "her",
            "words": "sa sœur" if outcome == "trusted" else "",
            "request_key": uuid4(),
        }
        return releasing.tell(by=by, case_id=case.pk, alert_id=alert.pk, **(given | changes))


def alerts(case: Case) -> list[ReleaseAlert]:
    """Every alert of the case, whoever may read it."""
    with system_context(SystemContext.REMINDERS):
        return list(ReleaseAlert.objects.filter(case=case).order_by("opened_at", "pk"))


def the_alert(case: Case) -> ReleaseAlert:
    (found,) = unconfirmed_alerts_of(case)
    return found


def owed_of(case: Case, kind: str = FollowUpKind.RELEASE, *, settled: bool = False) -> list[FollowUp]:
    """What is owed in the case, of every service."""
    with system_context(SystemContext.REMINDERS):
        rows = FollowUp.objects.filter(case=case, kind=kind, settled_at__isnull=not settled)
        return list(rows.select_related("agency").order_by("pk"))


def notices_of_kind(kind: str) -> list[Notice]:
    with system_context(SystemContext.NOTICES):
        return list(Notice.objects.filter(kind=kind).order_by("created_at", "pk"))
