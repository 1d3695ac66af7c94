"""Who is detained in the district, who came out, and who was told: each stands on a case that was told before."""

from datetime import timedelta
from typing import TYPE_CHECKING

from agencies.models import Membership
from cases.access import get_case
from cases.enums import PersonRole
from cases.models import Case, CasePerson
from casework import detaining, releasing
from common.clock import local
from common.ids import uuid7
from plans import custody, custody_writing, release_telling
from plans.models import Detention, DetentionKind, ReleaseKind, StillDetained, TellingHow, Told, Wish

from .plans import Work

if TYPE_CHECKING:
    from .district import District

PRISON = "Prison fictive de Beaumarais"
WISH = "Oui, à toute heure. Si je ne réponds pas : ma sœur, qui a les consignes."
CONDITIONS = "Libération sous conditions : ne pas se présenter chez elle, suivre le programme."


def tell(district: "District") -> None:
    """One is detained and she wishes to be told; of one nobody knows; one came out yesterday and she was told within
    three hours; one comes out in two days. One release of the zone of Marc Delvaux waits for somebody to tell her.
    """
    marc = district.members["marc"]
    works = [each for each in district.told if _reached(district, each)]
    ours = [each for each in works if each.officer.agency_id == marc.agency_id]
    others = [each for each in works if each not in ours[-1:]]
    if len(others) < 4 or not ours:
        return
    start, alone = district.start, ours[-1]
    held, unknown, out, soon = others[-4:]
    _detain(district, held, days=6, kind=DetentionKind.WARRANT, court_in=5)
    with district.act(held.cell, start - timedelta(days=4)):
        case, access = get_case(held.case.pk, held.cell)
        her = custody.victims_of(case, access)
        custody_writing.write_wish(
            by=held.cell, case=case, access=access, case_person_id=her[0].pk, wish=Wish.WANTS, words=WISH,
            request_key=uuid7(),
        )  # fmt: skip
    lost = _detain(district, unknown, days=9, kind=DetentionKind.SENTENCE, court_in=30)
    with district.act(unknown.officer, start - timedelta(hours=5)):
        detaining.answer(
            by=unknown.officer, case_id=unknown.case.pk, detention_id=lost.pk, answer=StillDetained.UNKNOWN,
            request_key=uuid7(), seen=None,
        )  # fmt: skip
    _detain(district, out, days=8, kind=DetentionKind.WARRANT)
    _release(district, out, hours=24, kind=ReleaseKind.HAPPENED)
    _told(district, out, hours=21)
    _detain(district, soon, days=5, kind=DetentionKind.POLICE_CUSTODY)
    _release(district, soon, hours=6, kind=ReleaseKind.PLANNED, ahead=48)
    _detain(district, alone, days=3, kind=DetentionKind.WARRANT)
    _release(district, alone, hours=1.5, kind=ReleaseKind.HAPPENED)


def _reached(district: "District", work: Work) -> bool:
    """Whether the cell may call her in an open case, the whole time these acts take."""
    if work.plan.contact != "reached" or work.at > district.start - timedelta(days=10):
        return False
    with district.act(work.cell, district.start):
        case = Case.objects.visible_to(work.cell).filter(pk=work.case.pk, closed_at=None).first()
        if case is None or case.restricted:
            return False
        found, access = get_case(case.pk, work.cell)
        return access.contribute and bool(release_telling.numbers_for(found, access))


def _him(by: Membership, case: Case) -> CasePerson:
    return CasePerson.objects.filter(case=case, role=PersonRole.PRESUMED_PERPETRATOR).order_by("created_at")[0]


def _detain(
    district: "District", work: Work, *, days: int, kind: DetentionKind, court_in: int | None = None
) -> Detention:
    by = work.officer
    with district.act(by, district.start - timedelta(days=days)) as at:
        return detaining.detain(
            by=by,
            case_id=work.case.pk,
            case_person_id=_him(by, work.case).pk,
            kind=kind,
            since=at - timedelta(hours=3),
            place=PRISON,
            next_judicial_on=local(district.start).date() + timedelta(days=court_in) if court_in else None,
            owner_id=by.agency_id,
            request_key=uuid7(),
        )


def _release(district: "District", work: Work, *, hours: float, kind: ReleaseKind, ahead: float = 0) -> None:
    """Written so many hours ago; planned `ahead` hours from the start."""
    by = work.officer
    with district.act(by, district.start - timedelta(hours=hours)) as at:
        releasing.enter_release(
            by=by,
            case_id=work.case.pk,
            case_person_id=_him(by, work.case).pk,
            kind=kind,
            released_at=district.start + timedelta(hours=ahead) if ahead else at - timedelta(minutes=20),
            words=CONDITIONS,
            request_key=uuid7(),
        )


def _told(district: "District", work: Work, *, hours: float) -> None:
    by = work.cell
    with district.act(by, district.start - timedelta(hours=hours)):
        case, access = get_case(work.case.pk, by)
        releasing.tell(
            by=by,
            case_id=case.pk,
            alert_id=custody.unconfirmed_alerts_of(case)[0].pk,
            outcome=Told.HER,
            how=TellingHow.CALL,
            contact_point_id=release_telling.numbers_for(case, access)[0].pk,
            number_verified=True,
            alone_asked=True,
            request_key=uuid7(),
        )
