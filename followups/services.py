"""What is due: planned in the transaction of the act it follows from, settled once, never forgotten by a queue."""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

from agencies.models import Agency, Membership
from cases.models import Case, CasePerson

from . import schedule
from .models import FollowUp, FollowUpKind, FollowUpPolicy


def policy_for(kind: FollowUpKind) -> FollowUpPolicy:
    """The latest published policy of a kind. Raises LookupError without any."""
    found = FollowUpPolicy.objects.filter(kind=kind).order_by("-version").first()
    if found is None:
        raise LookupError(f"no follow-up policy for {kind}; run load_reference")
    return found


def as_schedule(policy: FollowUpPolicy) -> schedule.Policy:
    """The stored policy as the pure calculation takes it."""
    return schedule.Policy(
        days=policy.days or 0,
        counting=policy.counting,
        escalate_after_hours=tuple(policy.escalate_after_hours),
        version=str(policy.version),
    )


def plan(
    *,
    by: Membership,
    case: Case,
    kind: FollowUpKind,
    agency: Agency,
    source_id: UUID,
    due_at: datetime,
    about: CasePerson | None = None,
    policy: FollowUpPolicy | None = None,
    report_reference: str = "",
) -> FollowUp:
    """Owe `kind` to `agency` by `due_at` (UTC), once per `source_id` (the row of the act it follows from)."""
    return FollowUp.objects.create(
        case=case,
        kind=kind,
        about=about,
        source_id=source_id,
        report_reference=report_reference,
        agency=agency,
        planned_by_agency=by.agency,
        policy=policy or policy_for(kind),
        due_at=due_at,
        remind_at=due_at,
    )


def plan_j2(
    *,
    by: Membership,
    case: Case,
    about: CasePerson,
    agency: Agency,
    report_id: UUID,
    met_at: datetime,
    reference: str,
) -> FollowUp:
    """The J+2 contact, counted from when she was met; late typing makes it due at once."""
    policy = policy_for(FollowUpKind.J2_CONTACT)
    return plan(
        by=by,
        case=case,
        kind=FollowUpKind.J2_CONTACT,
        agency=agency,
        source_id=report_id,
        due_at=schedule.due_at(met_at, as_schedule(policy)),
        about=about,
        policy=policy,
        report_reference=reference,
    )


def load_policies() -> int:
    """Publish followups/reference/policies.json where it is newer than what is stored; returns how many were added."""
    wanted = json.loads((Path(__file__).parent / "reference" / "policies.json").read_text())
    added = 0
    for row in wanted["policies"]:
        key = {"kind": row["kind"], "version": wanted["version"]}
        if not FollowUpPolicy.objects.filter(**key).exists():
            FollowUpPolicy.objects.create(
                **key,
                days=row["days"],
                counting=row["counting"],
                escalate_after_hours=row["escalate_after_hours"],
                provenance=wanted["provenance"],
                verified_on=wanted["verified_on"],
            )
            added += 1
    return added
