"""What is owed, planned in the transaction of the act it follows from, and by which policy."""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

from accounts.models import User
from agencies.models import Agency, Membership, Unit
from cases.models import Case, CasePerson
from common.clock import now
from common.holidays import is_legal_holiday

from . import schedule
from .models import FollowUp, FollowUpKind, FollowUpPolicy


def policy_for(kind: str) -> FollowUpPolicy:
    """The latest published policy of a kind. Raises LookupError without any."""
    found = FollowUpPolicy.objects.filter(kind=kind).order_by("-version").first()
    if found is None:
        raise LookupError(f"no follow-up policy for {kind}; run load_reference")
    return found


def as_schedule(policy: FollowUpPolicy) -> schedule.Policy:
    """The stored policy as the pure calculation takes it."""
    return schedule.Policy(
        days=policy.days,
        counting=policy.counting,
        escalate_after_hours=tuple(policy.escalate_after_hours),
        remind_before_hours=policy.remind_before_hours,
        version=str(policy.version),
    )


def plan(
    *,
    by: Membership | None,
    case: Case,
    kind: FollowUpKind,
    agency: Agency,
    source_id: UUID,
    due_at: datetime,
    about: CasePerson | None = None,
    policy: FollowUpPolicy | None = None,
    report_reference: str = "",
    planned_by: Agency | None = None,
    assigned_to: User | None = None,
    remind_at: datetime | None = None,
    grid_id: UUID | None = None,
    unit: Unit | None = None,
) -> FollowUp:
    """Owe `kind` to `agency` by `due_at` (UTC), once per `source_id` (the row of the act it follows from).

    `by` is None when the system acts; `planned_by` then names an agency. Told from `remind_at` on, by itself when it
    is due, or before by the policy's hours. Who planned it sees its state: the acting agency, unless `planned_by` says
    otherwise where that agency must not learn who owes it.
    """
    policy = policy or policy_for(kind)
    return FollowUp.objects.create(
        case=case,
        kind=kind,
        about=about,
        source_id=source_id,
        grid_id=grid_id,
        report_reference=report_reference,
        agency=agency,
        unit=unit,
        planned_by_agency=planned_by or by.agency,
        assigned_to=assigned_to,
        policy=policy,
        due_at=due_at,
        remind_at=remind_at or schedule.first_reminder(now(), due_at, as_schedule(policy)),
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
    unit: Unit | None = None,
    person: User | None = None,
) -> FollowUp:
    """The J+2 contact, counted from when she was met; late typing makes it due at once.

    `unit` is the neighbourhood of the agency it belongs to, `person` who answers for it there.
    """
    policy = policy_for(FollowUpKind.J2_CONTACT)
    return plan(
        by=by,
        case=case,
        kind=FollowUpKind.J2_CONTACT,
        agency=agency,
        source_id=report_id,
        due_at=schedule.due_at(met_at, as_schedule(policy), is_holiday=is_legal_holiday),
        about=about,
        policy=policy,
        report_reference=reference,
        unit=unit,
        assigned_to=person,
    )


def plan_withdrawal_check(
    *, by: Membership, case: Case, about: CasePerson, agency: Agency, person: User | None, source_id: UUID
) -> FollowUp:
    """Ask her safely whether she was made to withdraw a consent: told at once, to `person` where one is named."""
    policy = policy_for(FollowUpKind.WITHDRAWAL_CHECK)
    return plan(
        by=by,
        case=case,
        kind=FollowUpKind.WITHDRAWAL_CHECK,
        agency=agency,
        source_id=source_id,
        due_at=schedule.due_at(now(), as_schedule(policy), is_holiday=is_legal_holiday),
        about=about,
        policy=policy,
        planned_by=agency,
        assigned_to=person,
        remind_at=now(),
    )


def load_policies() -> int:
    """Publish what followups/reference/policies.json adds to what is stored; returns how many were added."""
    wanted = json.loads((Path(__file__).parent / "reference" / "policies.json").read_text())
    added = 0
    for row in wanted["policies"]:
        key = {"kind": row["kind"], "version": row.get("version", wanted["version"])}
        if not FollowUpPolicy.objects.filter(**key).exists():
            FollowUpPolicy.objects.create(
                **key,
                days=row["days"],
                counting=row["counting"],
                escalate_after_hours=row["escalate_after_hours"],
                remind_before_hours=row.get("remind_before_hours", 0),
                provenance=wanted["provenance"],
                verified_on=wanted["verified_on"],
            )
            added += 1
    return added
