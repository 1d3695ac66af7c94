"""Why an agency sees what it sees: consents, decisions, and the sum of the live ones as permission rows."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from agencies.models import Agency, Membership
from audit.models import Action
from audit.services import record
from cases import access as case_access
from cases.enums import Category, ParticipationSide, PersonRole
from cases.models import Case, CasePerson
from cases.services import check
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken

from .grants import (
    JUDICIAL_ORIGIN,
    of_judicial_origin,
    permission_of,
    refused_to,
    total,
    usual_side,
)
from .models import (
    Basis,
    Consent,
    ConsentRecipient,
    ConsentWithdrawal,
    SharingDecision,
    SharingDefault,
    SharingRevocation,
    WayIn,
)
from .perms import may_revoke, may_withdraw

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
    if closed := JUDICIAL_ORIGIN & set(categories):
        raise RuleBroken({"categories": [judicial_refusal(closed)]})
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


def judicial_refusal(categories: Iterable[str]) -> str:
    """Why these stay closed, in words."""
    what = ", ".join(str(Category(category).label) for category in sorted(categories))
    return _("Police and justice records stay closed without a prosecutor's authorisation: %(what)s.") % {"what": what}


def check_basis(
    *,
    case: Case,
    by_agency_id: UUID,
    recipient: Agency,
    basis: str,
    grants: Iterable[str],
    consent: Consent | None,
    legal_text: str,
    necessity: str,
) -> None:
    """Raise RuleBroken, by field, when the basis does not carry what it would open."""
    grants = list(grants)
    errors: dict[str, list[str]] = {}
    if basis not in Basis.values:
        errors["basis"] = [_("Choose on what basis this is shared.")]
    if not necessity.strip():
        errors["necessity"] = [_("Say why the recipient needs it.")]
    if basis == Basis.OWN_RECORD:
        if recipient.pk != by_agency_id:
            errors["basis"] = [_("An agency opens on its own record to nobody but itself.")]
    elif closed := of_judicial_origin(grants, recipient_kind=recipient.kind):
        errors["grants"] = [judicial_refusal({item.split(":")[0] for item in closed})]
    if basis == Basis.LEGAL_OBLIGATION and not legal_text.strip():
        errors["legal_text"] = [_("Write the text the obligation rests on.")]
    if basis == Basis.CONSENT and (problem := _consent_problem(case, recipient, grants, consent)):
        errors["consent"] = [problem]
    if errors:
        raise RuleBroken(errors)


def _consent_problem(case: Case, recipient: Agency, grants: Iterable[str], consent: Consent | None) -> str:
    if consent is None or consent.case_id != case.pk:
        return _("Sharing on consent needs the consent it rests on.")
    _lock_consent(consent)
    # who decides may not be able to read the consent: a referral is accepted before the case is seen
    with system_context(SystemContext.GRANTS):
        holds = Consent.objects.live().filter(pk=consent.pk).exists()
        named = ConsentRecipient.objects.filter(consent=consent, agency=recipient).exists()
    if not holds:
        return _("This consent has ended.")
    if not named:
        return _("This consent does not name the recipient.")
    pairs = [item.split(":") for item in grants]
    foreign = {
        category
        for category, side in pairs
        if category != Category.SUMMARY and (side != consent.side or category not in consent.categories)
    }
    if foreign:
        what = ", ".join(sorted(str(Category(category).label) for category in foreign))
        return _("This consent does not open: %(what)s.") % {"what": what}
    return ""


def _lock_consent(consent: Consent) -> None:
    """A consent is withdrawn before or after a decision rests on it, never in between."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"consent {consent.pk}"])


@dataclass(frozen=True)
class Decider:
    """Who answers for a decision that takes effect by another's act: a referral sent by one, accepted by the other."""

    user: User
    agency: Agency


def decide(
    *,
    by: Membership | Decider,
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

    `side` proposes the recipient's place in the case; who works with him stays on his side. Raises RuleBroken when the
    basis does not carry what it would open, or for what the perpetrator's side is always refused.
    """
    check_basis(
        case=case, by_agency_id=by.agency.pk, recipient=recipient, basis=basis, grants=grants, consent=consent,
        legal_text=legal_text, necessity=necessity,
    )  # fmt: skip
    side = side_with(case=case, agency=recipient, proposed=side)
    if refused_to(side) & {permission_of(item) for item in grants}:
        raise RuleBroken(
            {
                "grants": [
                    _(
                        "This service works with the presumed perpetrator: how to reach the victim and who follows"
                        " her are never opened to it."
                    )
                ]
            }
        )
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
        starts_at=_begun(now()),
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


def _begun(at: datetime) -> datetime:
    """`at`, or the database's present where its clock is behind: a decision holds from its own transaction on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT least(%s, statement_timestamp())", [at])
        return cursor.fetchone()[0]


def revoke(*, by: Membership, decision: SharingDecision, reason: str) -> SharingRevocation:
    """End a decision before its time; the access it gave ends with this transaction, other live bases hold.

    Ending it twice gives the first end. Raises Refused, or RuleBroken without a reason.
    """
    if not may_revoke(by, decision):
        raise Refused(_("Only the agency that decided this sharing can end it."))
    case_access.lock_grants(case=decision.case, agency=decision.recipient)
    if (already := SharingRevocation.objects.filter(decision=decision).first()) is not None:
        return already
    revocation = SharingRevocation(
        case=decision.case, decision=decision, reason=reason.strip(), agency=by.agency, revoked_by=by.user
    )
    check(revocation)
    revocation.save(force_insert=True)
    record(
        action=Action.DECIDED,
        case_id=decision.case_id,
        object_kind="sharing.SharingRevocation",
        object_id=decision.pk,
        fields=decision.grants,
    )
    recompute(case=decision.case, agency=decision.recipient)
    return revocation


def withdraw_consent(*, by: Membership, access: case_access.CaseAccess, consent: Consent) -> ConsentWithdrawal:
    """Write down that the person changed their mind: what rests on this consent alone ends with this transaction.

    Withdrawing twice gives the first withdrawal. Raises Refused for who is neither the agency that recorded it nor on
    the person's side.
    """
    if not may_withdraw(access, consent):
        raise Refused(_("Only the agency that recorded this consent, or one that works with the person, can end it."))
    _lock_consent(consent)
    with system_context(SystemContext.GRANTS):
        # every agency it opened to, also those the acting one may not know of, always in the same order
        agencies = list(
            Agency.objects.filter(
                pk__in=SharingDecision.objects.filter(consent=consent).values_list("recipient", flat=True)
            ).order_by("pk")
        )
    if (already := ConsentWithdrawal.objects.filter(consent=consent).first()) is not None:
        return already
    withdrawal = ConsentWithdrawal.objects.create(
        case=consent.case, consent=consent, agency=by.agency, recorded_by=by.user
    )
    record(
        action=Action.DECIDED,
        case_id=consent.case_id,
        object_kind="sharing.ConsentWithdrawal",
        object_id=consent.pk,
        fields=consent.categories,
    )
    for agency in agencies:
        recompute(case=consent.case, agency=agency)
    return withdrawal


def participation_side(*, case: Case, agency: Agency) -> str:
    """The agency's side in this case: his, as soon as any decision ever put it there; else the latest one's."""
    usual = proposed_side(agency)
    if usual == ParticipationSide.PERPETRATOR:
        return usual
    with system_context(SystemContext.GRANTS):
        sides = list(
            SharingDecision.objects.filter(case=case, recipient=agency)
            .order_by("-decided_at", "-pk")
            .values_list("side", flat=True)
        )
    if ParticipationSide.PERPETRATOR in sides:
        return ParticipationSide.PERPETRATOR
    return sides[0] if sides else usual


def side_with(*, case: Case, agency: Agency, proposed: str) -> str:
    """The side the agency takes with a further decision that proposes `proposed`."""
    held = participation_side(case=case, agency=agency)
    return held if held == ParticipationSide.PERPETRATOR else proposed


def proposed_side(agency: Agency) -> str:
    """What an agency's usual side proposes for a case."""
    return usual_side(kind=agency.kind, side=agency.side)


def recompute(*, case: Case, agency: Agency) -> None:
    """Rewrite the agency's permission rows as the sum of its live decisions, its own work included."""
    case_access.lock_grants(case=case, agency=agency)
    with system_context(SystemContext.GRANTS):
        decisions = list(
            SharingDecision.objects.live().filter(case=case, recipient=agency).select_related("consent").order_by("pk")
        )
    side = participation_side(case=case, agency=agency)
    grants = total(
        (decision.opening() for decision in decisions),
        side=side,
        keeps_own_work=case_access.keeps_own_work(case=case, agency=agency),
    )
    case_access.write_grants(case=case, agency=agency, grants=grants, side=side)


def load_defaults() -> int:
    """Publish what sharing/reference/defaults.json adds to what is stored; returns how many were added."""
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
