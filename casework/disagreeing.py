"""One grid says high or critical, another low: told once, to who receives the level, with the way to a meeting.

Neither the grids nor their services are named: who may not read a grid may not learn that it was filled in.
"""

from typing import Any
from uuid import UUID, uuid5

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.access import CaseAccess
from cases.answering import LEVEL, answers
from cases.enums import Category, EventCode, ParticipationSide, Side
from cases.models import Case, CaseEvent
from common.clock import now
from riskassessment.consulting_perms import may_ask_coordination
from riskassessment.moves import disagreeing

from .over_time import story_of

NAMESPACE = UUID("5f0d0b0e-1a52-4b3c-9a0e-6d1f2c9b7a41")


def tell(*, case: Case) -> None:
    """Write in the timeline that grids disagree, once for the same assessments, in nobody's name.

    Who signs may not receive the level of the case: what is written then is not theirs to read. It cannot be looked for
    either; its identifier, made of those of the assessments, is what keeps it from being written twice.
    """
    assessments = sorted(str(one) for one in disagreeing(story_of(case, again=True)))
    if not assessments:
        return
    event = CaseEvent(
        pk=uuid5(NAMESPACE, " ".join([str(case.pk), *assessments])),
        case=case,
        at=now(),
        code=EventCode.LEVELS_DISAGREE,
        category=Category.LEVEL,
        side=Side.CASE,
        payload={"assessments": assessments},
        next_agency=answers(case, reading=[LEVEL]),
        next_act="ask_coordination",
    )
    CaseEvent.objects.bulk_create([event], ignore_conflicts=True)


def alert(case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What a page says while grids disagree, to who receives the level and is not on his side; None otherwise. One
    query at most.
    """
    if access.side == ParticipationSide.PERPETRATOR:
        return None
    if not access.level or not case.level or not disagreeing(story_of(case)):
        return None
    label, page = _("See how the risk has moved"), "casework:over_time"
    if may_ask_coordination(access):
        label, page = _("Ask the coordination, or meet"), "casework:ask_coordination"
    return {"case": case, "label": label, "url": reverse(page, args=[case.pk])}
