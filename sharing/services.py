"""Why an agency sees what it sees: consents, decisions, and the sum of the live ones as permission rows."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from agencies.enums import AgencyKind
from agencies.models import Agency, Membership, Partnership, PartnershipMember
from audit.models import Action
from audit.services import record
from cases import access as case_access
from cases.enums import Category, ParticipationSide, PersonRole, Side
from cases.models import Case, CasePerson
from cases.restriction import tell_newcomer
from cases.services import check
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.locks import lock
from common.names import sort_key
from reports.models import Attachment

from . import bases
from .grants import (
    EMERGENCY,
    JUDICIAL_ORIGIN,
    closed_by_opposing,
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
    GivenBy,
    ProsecutorAuthorisation,
    Reach,
    SharingDecision,
    SharingDefault,
    SharingRevocation,
    SheetHanded,
    WayIn,
)
from .opposing import opposed
from .perms import GIVERS, may_revoke, may_withdraw

A_CHILDS_OWN = frozenset({Category.CHILDREN, Category.IDENTITY})
REFUSED_WITHDRAWAL = gettext_lazy(
    "Only the agency that recorded this consent, or one that works with the person, can end it."
)
MOST_AHEAD = timedelta(days=60)
"""How long before its start a sharing may be decided."""
BY_HAND = frozenset({WayIn.DECISION, WayIn.REQUEST})
"""Ways in that a person decides by themselves: all four principles are answered."""


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
    recipients: Sequence[Agency] = (),
    categories: Sequence[str],
    purpose: str,
    given_how: str,
    explained: str,
    language: str = "fr",
    valid_until: datetime | None = None,
    purposes: Sequence[str] = (),
    recipient_kinds: Sequence[str] = (),
    partnership: Partnership | None = None,
    given_by: str = GivenBy.SUBJECT,
    representative: CasePerson | None = None,
    representative_name: str = "",
    sheet: str = SheetHanded.NOT_YET,
    evidence: Attachment | None = None,
    request_key: UUID | None = None,
) -> Consent:
    """What a person agreed to share of their own. Raises RuleBroken, by field, when somebody else's data would open,
    when nobody would receive it, or when who gave it cannot: a partner, a child below the configured age.
    """
    errors: dict[str, list[str]] = {}
    if problem := _giver_problem(subject, given_by, representative, representative_name):
        errors["given_by"] = [problem]
    if subject.role == PersonRole.CHILD and set(categories) - A_CHILDS_OWN:
        errors["categories"] = [_("For a child, only what is about the child can be shared on this consent.")]
    if closed := JUDICIAL_ORIGIN & set(categories):
        errors["categories"] = [judicial_refusal(closed)]
    if not categories:
        errors["categories"] = [_("Say what may be shared.")]
    if not recipients and not recipient_kinds and partnership is None:
        errors["recipients"] = [_("Say with whom: name services, kinds of services or a partnership.")]
    if valid_until and valid_until <= now():
        errors["valid_until"] = [_("The end of the consent is already past.")]
    if errors:
        raise RuleBroken(errors)
    consent = Consent(
        case=subject.case,
        subject=subject,
        side=subject.side,
        given_by=given_by,
        representative=representative,
        representative_name=representative_name.strip(),
        given_how=given_how,
        language=language,
        explained=explained.strip(),
        purpose=purpose.strip(),
        purposes=list(purposes),
        categories=list(categories),
        recipient_kinds=list(recipient_kinds),
        partnership=partnership,
        valid_until=valid_until,
        sheet=sheet,
        evidence=evidence,
        request_key=request_key,
        agency=by.agency,
        recorded_by=by.user,
    )
    check(consent)
    consent.save(force_insert=True)
    for agency in recipients:
        ConsentRecipient.objects.create(case=subject.case, consent=consent, agency=agency)
    return consent


def _giver_problem(
    subject: CasePerson, given_by: str, representative: CasePerson | None, representative_name: str
) -> str:
    """Why this consent is nobody's to give, or ""."""
    if subject.role not in GIVERS:
        return _("Only the person concerned can consent, for what is their own.")
    if given_by == GivenBy.SUBJECT:
        if representative is not None or representative_name.strip():
            return _("Say whether the person or their legal representative consents.")
        if subject.role == PersonRole.CHILD and not old_enough(subject.person.birth_date):
            return _(
                "A child under %(age)d does not consent alone: a legal representative who is not the presumed"
                " perpetrator may."
            ) % {"age": settings.CHILD_CONSENT_AGE}
        return ""
    if given_by != GivenBy.REPRESENTATIVE:
        return _("Say who gives the consent: silence is not one.")
    if subject.side == Side.PERPETRATOR and subject.role != PersonRole.CHILD and representative is None:
        return "" if representative_name.strip() else _("Name the legal representative.")
    if representative is not None:
        if representative.case_id != subject.case_id or representative.pk == subject.pk:
            return _("Name the legal representative.")
        if representative.role == PersonRole.CHILD:
            return _("A child represents nobody.")
        if representative.side == Side.PERPETRATOR:
            return _("The presumed perpetrator consents for nobody but himself.")
        return ""
    if not representative_name.strip():
        return _("Name the legal representative.")
    if names_the_perpetrator(subject.case_id, representative_name):
        return _("The presumed perpetrator consents for nobody but himself.")
    return ""


def old_enough(birth_date: date | None) -> bool:
    """Whether a child may consent alone; not without a birth date."""
    if birth_date is None:
        return False
    return relativedelta(local(now()).date(), birth_date).years >= settings.CHILD_CONSENT_AGE


def names_the_perpetrator(case_id: UUID, name: str) -> bool:
    """Whether what was typed is the name of somebody on his side, whichever way round, as far as the agency knows."""
    persons = CasePerson.objects.filter(case=case_id, side=Side.PERPETRATOR).select_related("person")
    typed = set(sort_key(name).split())
    names = (set(sort_key(row.person.full_name).split()) for row in persons)
    return any(words and words <= typed for words in names)


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
    way_in: str = "",
    particulars: Mapping[str, Any] | None = None,
    partnership: Partnership | None = None,
    authorisation: ProsecutorAuthorisation | None = None,
    timeliness: str = "",
    security: str = "",
    reach: str = "",
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
    elif basis == Basis.PROSECUTOR_AUTHORISATION:
        if problem := _authorisation_problem(case, recipient, grants, authorisation):
            errors["authorisation"] = [problem]
    elif closed := set(of_judicial_origin(grants, recipient_kind=recipient.kind)) - (
        EMERGENCY if way_in == WayIn.BREAK_GLASS else frozenset()
    ):
        errors["grants"] = [judicial_refusal({item.split(":")[0] for item in closed})]
    if recipient.kind not in bases.RECIPIENTS.get(basis, {recipient.kind}):
        errors["recipient"] = [_("On this basis, only the prosecutor may be told.")]
    if basis == Basis.CONSULTATION and (problem := _consultation_problem(by_agency_id, recipient, partnership)):
        errors["partnership"] = [problem]
    if way_in in BY_HAND:
        errors |= bases.problems(basis, particulars or {})
        if not timeliness.strip():
            errors["timeliness"] = [_("Say why now, and not later.")]
        if not security.strip():
            errors["security"] = [_("Say how the information stays safe on the way and with the recipient.")]
        if reach not in Reach.values:
            errors["reach"] = [_("Say whether the recipient is inside the partnership or outside.")]
    if basis == Basis.LEGAL_OBLIGATION and not legal_text.strip():
        errors["legal_text"] = [_("Write the text the obligation rests on.")]
    if basis == Basis.CONSENT and (problem := _consent_problem(case, recipient, grants, consent)):
        errors["consent"] = [problem]
    if errors:
        raise RuleBroken(errors)


def _consent_problem(case: Case, recipient: Agency, grants: Iterable[str], consent: Consent | None) -> str:
    if consent is None or consent.case_id != case.pk:
        return _("Sharing on consent needs the consent it rests on.")
    lock_consent(consent)
    # who decides may not be able to read the consent: a referral is accepted before the case is seen
    with system_context(SystemContext.GRANTS):
        this_one = Consent.objects.filter(pk=consent.pk)
        holds, named = this_one.live().exists(), this_one.naming(recipient).exists()
    if not holds:
        return _("This consent has ended.")
    if not named:
        return _("This consent does not name the recipient.")
    pairs = [item.split(":") for item in grants]
    foreign = {
        category
        for category, side in pairs
        if category not in (Category.SUMMARY, Category.NETWORK)
        and (side != consent.side or category not in consent.categories)
    }
    if foreign:
        what = ", ".join(sorted(str(Category(category).label) for category in foreign))
        return _("This consent does not open: %(what)s.") % {"what": what}
    return ""


def _consultation_problem(by_agency_id: UUID, recipient: Agency, partnership: Partnership | None) -> str:
    """The act of a consultation says who may take part: both must."""
    if partnership is None:
        return _("Choose the consultation: the act that organises it says who may take part, for what and how.")
    lock_partnership(partnership.pk)
    parties = set(
        PartnershipMember.objects.live()
        .filter(partnership=partnership, agency__in=[by_agency_id, recipient.pk])
        .values_list("agency", flat=True)
    )
    if by_agency_id not in parties:
        return _("Your agency does not take part in this consultation.")
    if recipient.pk not in parties:
        return _("This service does not take part in this consultation.")
    return ""


def _authorisation_problem(
    case: Case, recipient: Agency, grants: Iterable[str], authorisation: ProsecutorAuthorisation | None
) -> str:
    if authorisation is None:
        return _("Name the prosecutor's authorisation it rests on.")
    lock_authorisation(authorisation.pk)
    with system_context(SystemContext.GRANTS):
        covering = ProsecutorAuthorisation.objects.covering(case=case, recipient=recipient).filter(pk=authorisation.pk)
        if not covering.exists():
            return _("This authorisation does not name the recipient, or not this case.")
        if not covering.live().exists():
            return _("This authorisation has ended.")
    beyond = {item.split(":")[0] for item in grants} - {*authorisation.categories, Category.SUMMARY, Category.NETWORK}
    if beyond:
        what = ", ".join(sorted(str(Category(category).label) for category in beyond))
        return _("This authorisation does not open: %(what)s.") % {"what": what}
    return ""


def lock_consent(consent: Consent) -> None:
    """A consent is withdrawn before or after a decision rests on it, never in between."""
    lock(f"consent {consent.pk}")


def lock_partnership(partnership_id: UUID) -> None:
    """A partnership, or a part in it, ends before or after a decision rests on it, never in between."""
    lock(f"partnership {partnership_id}")


def lock_authorisation(authorisation_id: UUID) -> None:
    """An authorisation is taken back before or after a decision rests on it, never in between."""
    lock(f"authorisation {authorisation_id}")


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
    particulars: Mapping[str, Any] | None = None,
    partnership: Partnership | None = None,
    authorisation: ProsecutorAuthorisation | None = None,
    accurate_on: date | None = None,
    timeliness: str = "",
    security: str = "",
    reach: str = "",
    source_id: UUID | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    request_key: UUID | None = None,
) -> SharingDecision:
    """Decide that `recipient` sees these "category:side" pairs, and make it so in the same transaction.

    `side` proposes the recipient's place in the case; who works with him stays on his side. Raises RuleBroken when the
    basis does not carry what it would open, or for what the perpetrator's side is always refused. What `starts_at` puts
    off opens then (`sharing.beginnings`).
    """
    check_basis(
        case=case, by_agency_id=by.agency.pk, recipient=recipient, basis=basis, grants=grants, consent=consent,
        legal_text=legal_text, necessity=necessity, way_in=way_in, particulars=particulars, partnership=partnership,
        authorisation=authorisation, timeliness=timeliness, security=security, reach=reach,
    )  # fmt: skip
    if problem := _start_problem(starts_at, ends_at, consent):
        raise RuleBroken({"starts_at": [problem]})
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
        partnership=partnership,
        authorisation=authorisation,
        legal_text=legal_text.strip(),
        particulars=bases.kept(basis, particulars or {}) or None,
        necessity=necessity.strip(),
        accurate_on=accurate_on or local(now()).date(),
        timeliness=timeliness.strip(),
        security=security.strip(),
        reach=reach,
        source_id=source_id,
        request_key=request_key,
        ends_at=ends_at,
        decided_by=by.user,
        agency=by.agency,
        decided_at=now(),
        starts_at=starts_at if starts_at and starts_at > now() else _begun(now()),
    )
    record(
        action=Action.DECIDED,
        case_id=case.pk,
        object_kind="sharing.SharingDecision",
        object_id=decision.pk,
        fields=decision.grants,
        reason=basis,
    )
    # with whom it works here counts in the cases that oppose this one too
    for each in sorted({case.pk, *opposed(case.pk)}):
        recompute(case=Case(pk=each), agency=recipient)
    tell_newcomer(case_id=case.pk, agency=recipient)
    if is_alert(decision):
        for alerted in _alerted:
            alerted(by=by, decision=decision)
    return decision


Alerted = Callable[..., object]
_alerted: list[Alerted] = []


def register_alert(alerted: Alerted) -> None:
    """Say what follows when a professional tells the prosecutor, secrecy lifted: `alerted(by=, decision=)`, in the
    transaction of the decision; there is one such answer.
    """
    _alerted[:] = [alerted]


def is_alert(decision: SharingDecision) -> bool:
    """Whether this is a professional's report to the prosecutor: decided by hand, on that basis and no other. What is
    said in a consultation, on a consent or on any other basis never is.
    """
    return (
        decision.basis == Basis.REPORT_TO_PROSECUTOR
        and decision.way_in in BY_HAND
        and decision.recipient.kind == AgencyKind.PROSECUTOR
    )


def _start_problem(starts_at: datetime | None, ends_at: datetime | None, consent: Consent | None) -> str:
    """Why a sharing cannot begin then, or ""."""
    if starts_at is None or starts_at <= now():
        return ""
    if starts_at > now() + MOST_AHEAD:
        return _("A sharing begins within %(days)d days: decide it when its time has come.") % {"days": MOST_AHEAD.days}
    if any(end <= starts_at for end in (ends_at, consent and consent.valid_until) if end):
        return _("This begins after its end.")
    return ""


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
    check(_revocation(by, decision, reason))
    revocation = end_decision(by=by, decision=decision, reason=reason)
    recompute(case=decision.case, agency=decision.recipient)
    return revocation


def _revocation(by: Membership, decision: SharingDecision, reason: str) -> SharingRevocation:
    return SharingRevocation(
        case_id=decision.case_id, decision=decision, reason=reason.strip(), agency=by.agency, revoked_by=by.user
    )


def end_decision(*, by: Membership, decision: SharingDecision, reason: str) -> SharingRevocation:
    """Write down that a decision ends before its time, on record: the only writer of these rows.

    Who calls has asked whether `by` may, and sums anew what the recipient sees; `by` may see neither decision nor case.
    """
    revocation = _revocation(by, decision, reason)
    revocation.save(force_insert=True)
    record(
        action=Action.DECIDED,
        case_id=decision.case_id,
        object_kind="sharing.SharingRevocation",
        object_id=decision.pk,
        fields=decision.grants,
    )
    return revocation


def withdraw_consent(*, by: Membership, access: case_access.CaseAccess, consent: Consent) -> ConsentWithdrawal:
    """Write down that the person changed their mind: what rests on this consent alone ends with this transaction.

    Withdrawing twice gives the first withdrawal. Raises Refused for who is neither the agency that recorded it nor on
    the person's side.
    """
    if not may_withdraw(access, consent):
        raise Refused(REFUSED_WITHDRAWAL)
    lock_consent(consent)
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
    """The agency's side in this case: his, as soon as any decision ever put it there; else the latest one's.

    Where it already takes part otherwise, a service on his side cannot put it there by a decision of its own: nobody
    but the agency itself would know why her number closed.
    """
    return sides_in(case, [agency])[agency.pk]


def sides_in(case: Case, agencies: Iterable[Agency]) -> dict[UUID, str]:
    """The same of several agencies, by id. One query, none for those who work with him anyway."""
    sides = {agency.pk: proposed_side(agency) for agency in agencies}
    others = [agency_id for agency_id, side in sides.items() if side != ParticipationSide.PERPETRATOR]
    if others:
        with system_context(SystemContext.GRANTS):
            decided = SharingDecision.objects.filter(case=case, recipient__in=others).order_by("decided_at", "pk")
            rows = list(decided.select_related("agency"))
        taking_part: set[UUID] = set()
        for row in rows:
            by_his = row.way_in in BY_HAND and proposed_side(row.agency) == ParticipationSide.PERPETRATOR
            put_there = row.side == ParticipationSide.PERPETRATOR and by_his and row.recipient_id in taking_part
            if sides[row.recipient_id] != ParticipationSide.PERPETRATOR and not put_there:
                sides[row.recipient_id] = row.side
            taking_part.add(row.recipient_id)
    return sides


def side_with(*, case: Case, agency: Agency, proposed: str) -> str:
    """The side the agency takes with a further decision that proposes `proposed`."""
    held = participation_side(case=case, agency=agency)
    return held if held == ParticipationSide.PERPETRATOR else proposed


def proposed_side(agency: Agency) -> str:
    """What an agency's usual side proposes for a case."""
    return usual_side(kind=agency.kind, side=agency.side)


def recompute(*, case: Case, agency: Agency) -> None:
    """Rewrite the agency's permission rows as the sum of its live decisions, its own work included.

    While an opposing report is reviewed, how to reach the other one stays out of the sum, whatever was decided.
    """
    case_access.lock_grants(case=case, agency=agency)
    with system_context(SystemContext.GRANTS):
        decisions = list(
            SharingDecision.objects.live()
            .filter(case=case, recipient=agency)
            .select_related("consent", "authorisation")
            .order_by("pk")
        )
    side = participation_side(case=case, agency=agency)
    grants = total(
        (decision.opening() for decision in decisions),
        side=side,
        keeps_own_work=case_access.keeps_own_work(case=case, agency=agency),
        closed=_closed(case=case, agency=agency, side=side),
    )
    case_access.write_grants(case=case, agency=agency, grants=grants, side=side)


def _closed(*, case: Case, agency: Agency, side: str) -> frozenset[str]:
    """The pairs that opposing reports close to the agency, which is on `side` in the case.

    Having ever taken part in the other case counts: who worked with somebody knows them still.
    """
    closed: frozenset[str] = frozenset()
    for other in opposed(case.pk):
        with system_context(SystemContext.GRANTS):
            took_part = SharingDecision.objects.filter(case=other, recipient=agency).exists()
        there = participation_side(case=Case(pk=other), agency=agency) if took_part else ""
        closed |= closed_by_opposing(kind=agency.kind, here=side, there=there)
    return closed


def load_defaults() -> int:
    """Publish what sharing/reference/defaults.json adds to what is stored; returns how many were added."""
    wanted = json.loads((Path(__file__).parent / "reference" / "defaults.json").read_text())
    added = 0
    for row in wanted["defaults"]:
        version = row.get("version", wanted["version"])
        key = {"way_in": row["way_in"], "agency_kind": row["agency_kind"], "version": version}
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
