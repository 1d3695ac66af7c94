"""Actions of a plan as tests begin with them: through the services, as a page would."""

from datetime import timedelta
from uuid import uuid4

from agencies.acting import acting_as
from agencies.models import Membership
from cases.models import Case, CasePerson
from casework import actions as services
from common.clock import now
from plans.actions import Said, Wanted
from plans.models import Action, ActionOwner, ActionStep

WORDS = "Passer chaque soir devant chez elle pendant deux semaines."


def wanted(case: Case, *owners: Membership, about: str = "victim", **changes) -> Wanted:
    """An action about a person of the case ("" for the case), due in three days."""
    person = CasePerson.objects.get(case=case, role=about).pk if about else None
    values = {
        "strand": "monitoring",
        "person_id": person,
        "words": WORDS,
        "due_at": now() + timedelta(days=3),
        "owner_ids": tuple(each.agency_id for each in owners),
    }
    return Wanted(**values | changes)


def plan_one(by: Membership, case: Case, *owners: Membership, key=None, ask=None, instead=None, **changes) -> Action:
    """An action planned by `by` for these services, itself where none is named."""
    with acting_as(by):
        return services.plan_action(
            by=by,
            case_id=case.pk,
            wanted=wanted(case, *(owners or ((by,) if ask is None else ())), **changes),
            request_key=key or uuid4(),
            ask_agency_id=ask.agency_id if ask else None,
            replaces_id=instead.pk if instead else None,
        ).action


def owner_of(action: Action, member: Membership) -> ActionOwner:
    with acting_as(member):
        return ActionOwner.objects.get(action=action, owner=member.agency_id)


def say(
    by: Membership, action: Action, outcome: str = "done", *, owner: ActionOwner | None = None, key=None, **changes
) -> ActionStep:
    """An answer in the name of `by`'s service, having seen the latest one unless `shown` says otherwise."""
    owner = owner or owner_of(action, by)
    with acting_as(by):
        latest = ActionStep.objects.filter(action=action).order_by("-at", "-pk").first()
        shown = changes.pop("shown", latest.pk if latest else None)
        values = {"outcome": outcome, "why": "" if outcome == "done" else "Il a déménagé."}
        return services.say_of_action(
            by=by,
            case_id=action.case_id,
            action_id=action.pk,
            owner_id=owner.pk,
            said=Said(**values | changes),
            shown=shown,
            request_key=key or uuid4(),
        )
