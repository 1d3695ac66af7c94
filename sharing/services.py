"""Why an agency sees what it sees: consents, decisions, and the sum of the live ones written to the permission table."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.utils.translation import gettext as _

from agencies.enums import AgencySide
from agencies.models import Agency, Membership
from audit.models import Action
from audit.services import record
from cases import access as case_access
from cases.enums import (
    CONTRIBUTE,
    REFUSED_TO_PERPETRATOR_SIDE,
    VIEW_CASE,
    VIEW_OWN_WORK,
    Category,
    ParticipationSide,
    PersonRole,
    Side,
    codename,
)
from cases.models import Case, CasePerson
from cases.services import check
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import RuleBroken

from .models import (
    Basis,
    Consent,
    ConsentRecipient,
    SharingDecision,
    SharingDefault,
    SharingRevocation,
    WayIn,
)

OWN_GIVERS = {PersonRole.VICTIM, PersonRole.PRESUMED_PERPETRATOR, PersonRole.CONVICTED}


def default_grants(*, way_in: WayIn, agency: Agency) -> SharingDefault:
    """What this way in opens to this kind of agency, by the latest reference data. Raises LookupError without any."""
    found = (
        SharingDefault.objects.filter(way_in=way_in, agency_kind__in=[agency.kind, ""])
        .order_by("-agency_kind", "-version")
        .first()
    )
    if found is None:
        raise LookupError(f"no sharing default for {way_in}; run load_reference")
    return found


def grants_for_side(grants: Iterable[str], subject_side: str) -> list[str]:
    """Defaults written for "subject" become those of the side the person is on; "category:side" otherwise as is."""
    return sorted({item.replace(":subject", f":{subject_side}") for item in grants})


def record_consent(
    *,
    by: Membership,
    subject: CasePerson,
    recipients: Sequence[Agency],
    categories: Sequence[str],
    purpose: str,
    given_how: str,
    explained: str,
    language: str = "fr",
    valid_until: datetime | None = None,
) -> Consent:
    """What a person agreed to share of their own. Raises RuleBroken when somebody else's data would open."""
    if subject.role not in OWN_GIVERS:
        raise RuleBroken({"subject": [_("Only the person concerned can consent, for what is their own.")]})
    if valid_until and valid_until <= now():
        raise RuleBroken({"valid_until": [_("The end of the consent is already past.")]})
    consent = Consent(
        case=subject.case,
        subject=subject,
        side=subject.side,
        given_how=given_how,
        language=language,
        explained=explained.strip(),
        purpose=purpose.strip(),
        categories=list(categories),
        valid_until=valid_until,
        agency=by.agency,
        recorded_by=by.user,
    )
    check(consent)
    consent.save(force_insert=True)
    for agency in recipients:
        ConsentRecipient.objects.create(case=subject.case, consent=consent, agency=agency)
    return consent


def check_basis(
    *,
    case: Case,
    recipient: Agency,
    basis: str,
    grants: Iterable[str],
    consent: Consent | None,
    legal_text: str,
    necessity: str,
) -> None:
    """Raise RuleBroken, by field, when the basis does not carry what it would open."""
    errors: dict[str, list[str]] = {}
    if basis not in Basis.values:
        errors["basis"] = [_("Choose on what basis this is shared.")]
    if not necessity.strip():
        errors["necessity"] = [_("Say why the recipient needs it.")]
    if basis == Basis.LEGAL_OBLIGATION and not legal_text.strip():
        errors["legal_text"] = [_("Write the text the obligation rests on.")]
    if basis == Basis.CONSENT:
        if consent is None:
            errors["consent"] = [_("Sharing on consent needs the consent it rests on.")]
        elif foreign := {
            item for item in grants
            if not item.startswith((f"{Category.NETWORK}:", f"{Category.SUMMARY}:"))
            and (item.split(":")[1] != consent.side or item.split(":")[0] not in consent.categories)
        }:  # fmt: skip
            errors["consent"] = [_("This consent does not open: %(what)s.") % {"what": ", ".join(sorted(foreign))}]
        elif not ConsentRecipient.objects.filter(consent=consent, agency=recipient).exists():
            errors["consent"] = [_("This consent does not name the recipient.")]
    if errors:
        raise RuleBroken(errors)


def decide(
    *,
    by: Membership,
    case: Case,
    recipient: Agency,
    side: str,
    way_in: WayIn,
    basis: Basis,
    grants: Sequence[str],
    necessity: str,
    contributes: bool = False,
    consent: Consent | None = None,
    legal_text: str = "",
    source_id: UUID | None = None,
    ends_at: datetime | None = None,
) -> SharingDecision:
    """Decide that `recipient` sees these "category:side" pairs, and make it so in the same transaction.

    The hard refusals hold whatever the decision. Raises RuleBroken when the basis does not carry it.
    """
    check_basis(
        case=case, recipient=recipient, basis=basis, grants=grants, consent=consent, legal_text=legal_text,
        necessity=necessity,
    )  # fmt: skip
    decision = SharingDecision.objects.create(
        case=case,
        recipient=recipient,
        side=side,
        way_in=way_in,
        basis=basis,
        grants=sorted(set(grants)),
        contributes=contributes,
        consent=consent,
        legal_text=legal_text.strip(),
        necessity=necessity.strip(),
        accurate_on=local(now()).date(),
        source_id=source_id,
        ends_at=ends_at,
        decided_by=by.user,
        agency=by.agency,
        decided_at=now(),
        starts_at=now(),
    )
    record(
        action=Action.DECIDED,
        case_id=case.pk,
        object_kind="sharing.SharingDecision",
        object_id=decision.pk,
        fields=decision.grants,
        reason=basis,
    )
    recompute(case=case, agency=recipient)
    return decision


def revoke(*, by: Membership, decision: SharingDecision, reason: str) -> SharingRevocation:
    """End a decision before its time; the access it gave ends with this transaction, other live bases hold."""
    revocation = SharingRevocation(
        case=decision.case, decision=decision, reason=reason.strip(), agency=by.agency, revoked_by=by.user
    )
    check(revocation)
    revocation.save(force_insert=True)
    recompute(case=decision.case, agency=decision.recipient)
    return revocation


def participation_side(*, case: Case, agency: Agency) -> str:
    """The agency's side in this case: his, as soon as any decision ever put it there; else the latest one's."""
    with system_context(SystemContext.GRANTS):
        sides = list(
            SharingDecision.objects.filter(case=case, recipient=agency)
            .order_by("-decided_at")
            .values_list("side", flat=True)
        )
    if ParticipationSide.PERPETRATOR in sides:
        return ParticipationSide.PERPETRATOR
    return sides[0] if sides else proposed_side(agency)


def proposed_side(agency: Agency) -> str:
    """What an agency's usual side proposes for a case."""
    return {
        AgencySide.VICTIM: ParticipationSide.VICTIM,
        AgencySide.PERPETRATOR: ParticipationSide.PERPETRATOR,
    }.get(agency.side, ParticipationSide.NEUTRAL)


def recompute(*, case: Case, agency: Agency) -> None:
    """Rewrite the agency's permission rows as the sum of its live decisions, its own work included.

    The end of a permission is the latest live end; the hard refusals are taken out last.
    """
    with system_context(SystemContext.GRANTS):
        decisions = list(
            SharingDecision.objects.live().filter(case=case, recipient=agency).select_related("consent").order_by("pk")
        )
    side = participation_side(case=case, agency=agency)
    grants: dict[str, datetime | None] = {}

    def add(name: str, end: datetime | None) -> None:
        if name not in grants:
            grants[name] = end
        elif grants[name] is not None:
            grants[name] = None if end is None else max(grants[name], end)

    for decision in decisions:
        ends = [end for end in (decision.ends_at, decision.consent and decision.consent.valid_until) if end]
        end = min(ends) if ends else None
        add(VIEW_CASE, end)
        for item in decision.grants:
            category, _separator, about = item.partition(":")
            add(codename(category, about), end)
        for name in network_of(side):
            add(name, end)
        if decision.contributes:
            add(CONTRIBUTE, end)
    if case_access.keeps_own_work(case=case, agency=agency):
        grants[VIEW_CASE] = None
        grants[VIEW_OWN_WORK] = None
    if side == ParticipationSide.PERPETRATOR:
        grants = {name: end for name, end in grants.items() if name not in REFUSED_TO_PERPETRATOR_SIDE}
    case_access.write_grants(case=case, agency=agency, grants=grants, side=side)


def network_of(side: str) -> tuple[str, ...]:
    """Whose services a participant may know of: the perpetrator's side never learns which service follows her."""
    his = codename(Category.NETWORK, Side.PERPETRATOR)
    return (his,) if side == ParticipationSide.PERPETRATOR else (codename(Category.NETWORK, Side.VICTIM), his)


def load_defaults() -> int:
    """Publish sharing/reference/defaults.json where it differs from what is stored; returns how many rows were added."""
    wanted = json.loads((Path(__file__).parent / "reference" / "defaults.json").read_text())
    added = 0
    for row in wanted["defaults"]:
        key = {"way_in": row["way_in"], "agency_kind": row["agency_kind"], "version": wanted["version"]}
        if not SharingDefault.objects.filter(**key).exists():
            SharingDefault.objects.create(
                **key,
                grants=row["grants"],
                contributes=row["contributes"],
                valid_days=row.get("valid_days"),
                provenance=wanted["provenance"],
                verified_on=wanted["verified_on"],
            )
            added += 1
    return added
