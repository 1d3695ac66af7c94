"""What a service types of a situation, and the situation recorded as its own act."""

from datetime import timedelta

from agencies.acting import acting_as
from agencies.models import Membership
from cases.models import Case
from casework.situations import record_situation
from common.clock import BRUSSELS, now
from reports.models import SITUATION, ReportDraft, Situation
from reports.services import start_draft


def situation_data(**changes) -> dict:
    """A whole, valid situation, as the form sends it."""
    data = {
        "met_at": (now() - timedelta(minutes=10)).astimezone(BRUSSELS).strftime("%Y-%m-%dT%H:%M"),
        "alone": "yes",
        "source": "she_told",
        "signs": ["fear", "injuries"],
        "words_heard": "« Je ne peux pas rentrer avec ça », dit-elle en montrant son téléphone.",
        "may_contact": "yes",
        "victim_given_name": "Amina",
        "victim_phone": "0470 55 66 77",
        "victim_phone_safe": "yes",
        "victim_phone_say": "la consultation",
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def begin(by: Membership, case: Case | None = None) -> ReportDraft:
    """An empty draft of this person."""
    with acting_as(by):
        return start_draft(by=by, kind=SITUATION, joins_case=case)


def make_situation(by: Membership, case: Case | None = None, **changes) -> Situation:
    """A situation recorded, in a case of its own or in `case`."""
    with acting_as(by):
        draft = start_draft(by=by, kind=SITUATION, joins_case=case)
        return record_situation(by=by, draft_id=draft.pk, data=situation_data(**changes))
