"""Interpreters of the district: the list of their service, a request confirmed, one that waits, one by exception."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agencies import interpreters
from agencies.models import Interpreter
from cases.access import for_case
from cases.enums import PersonRole, Stage
from cases.models import CasePerson
from common.ids import uuid7
from referrals import interpreting
from referrals.models import InterpreterRequest

from . import referring_words as words
from .assessing import ago
from .plans import Work

if TYPE_CHECKING:
    from .district import District


def tell(district: "District") -> None:
    """All of it."""
    amina = district.members["amina"]
    with district.act(amina, ago(district, 50, 9)):
        for values in words.INTERPRETERS:
            interpreters.add(by=amina, values=values, key=uuid7())
    works = [
        work
        for work in district.told
        if work.plan.zone == "zp_aurore" and work.plan.contact == "reached" and work.plan.stage != Stage.CLOSED
    ]
    confirmed, waiting, excepted = works[-3:]
    _agreed(district, confirmed, ago(district, -2, 10), words.CONFIRMED_REQUEST)
    _ask(district, waiting, ago(district, -3, 14), words.WAITING_REQUEST)
    _agreed(district, excepted, ago(district, -4, 11), words.EXCEPTION_REQUEST, exception=words.EXCEPTION)


def _ask(district: "District", work: Work, when: datetime, wanted: Mapping[str, Any]) -> InterpreterRequest:
    """Yesterday, for a moment to come."""
    with district.act(work.cell, max(ago(district, 1, 10), work.at)):
        subject = CasePerson.objects.get(case=work.case, role=PersonRole.VICTIM)
        asked = interpreting.Asked(subject_id=subject.pk, to_agency_id=district.agencies["mots"].pk, at=when, **wanted)
        access = for_case(work.case, work.cell)
        return interpreting.ask(by=work.cell, case=work.case, access=access, asked=asked, request_key=uuid7())


def _agreed(
    district: "District", work: Work, when: datetime, wanted: Mapping[str, Any], *, exception: str = ""
) -> None:
    """The first who fits is proposed and taken: of the same origin and without a certificate only by exception."""
    request, ioana = _ask(district, work, when, wanted), district.members["ioana"]
    with district.act(ioana, max(ago(district, 1, 11, 30), request.asked_at)):
        first: Interpreter = interpreting.fit_for(request)[0]
        interpreting.propose(
            by=ioana,
            request_id=request.pk,
            interpreter_id=first.pk,
            of_community=bool(exception),
            knows_somebody=False,
            out_of_area=False,
        )
    with district.act(work.cell, max(ago(district, 1, 15), request.asked_at)):
        proposal = interpreting.latest(interpreting.find(by=work.cell, request_id=request.pk))
        interpreting.confirm(
            by=work.cell,
            request_id=request.pk,
            proposal_id=proposal.pk,
            reason=exception,
            agreed=bool(exception),
        )
