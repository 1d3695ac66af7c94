"""A safety plan as tests begin with it."""

from uuid import uuid4

from agencies.acting import acting_as
from cases.access import get_case
from cases.models import CasePerson
from common.clock import local, now
from plans import safety
from plans.models import SafetyPlan

CODE_WORD = "Je demanderai si le chat a mangé."


def write_plan(by, case, *, texts=None, replaces=None, key=None, **changes) -> SafetyPlan:
    with acting_as(by):
        found, access = get_case(case.pk, by)
        person = CasePerson.objects.get(case=found, role="victim")
        values = {"written_on": local(now()).date(), "read_back": True, "case_person_id": person.pk}
        return safety.write(
            by=by,
            case=found,
            access=access,
            texts={"word": CODE_WORD} if texts is None else texts,
            replaces=replaces.pk if replaces else None,
            request_key=key or uuid4(),
            **values | changes,
        )
