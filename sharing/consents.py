"""A consent written down on screen: of whom the agency may ask it, what may be named on it, and the act itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency, Membership, Partnership
from cases.access import CaseAccess
from cases.enums import Category, EventCode, ParticipationSide, PersonRole, Side
from cases.models import Case, CasePerson
from cases.services import log_event
from common.clock import now
from common.errors import Refused, RuleBroken
from common.languages import LANGUAGES
from reports.models import Attachment, FileState

from .models import (
    Consent,
    GivenBy,
    GivenHow,
    Purpose,
    SharingDecision,
    SheetHanded,
    WayIn,
)
from .perms import may_record_consent
from .services import default_grants, record_consent

LONGEST = relativedelta(years=2)
USUAL_DAYS = 180
MOST_SERVICES = 300
MOST_FILES = 30

ABOUT_ONESELF = (
    Category.IDENTITY,
    Category.CONTACT,
    Category.PSYCHOSOCIAL,
    Category.HEALTH,
    Category.MIGRATION,
)
OWN = {
    PersonRole.VICTIM: (*ABOUT_ONESELF, Category.CHILDREN),
    PersonRole.CHILD: (Category.IDENTITY, Category.CHILDREN),
    PersonRole.PRESUMED_PERPETRATOR: (*ABOUT_ONESELF, Category.PERPETRATOR_WORK),
    PersonRole.CONVICTED: (*ABOUT_ONESELF, Category.PERPETRATOR_WORK),
}
"""What each may share of their own. What police or justice wrote is in nobody's gift."""

WITH_VICTIMS = frozenset(
    {
        AgencyKind.EVA_CELL,
        AgencyKind.SAPV,
        AgencyKind.PROSECUTOR_VICTIM_RECEPTION,
        AgencyKind.VICTIM_SUPPORT,
        AgencyKind.SHELTER,
        AgencyKind.CPVS,
    }
)
"""Kinds whose name alone, on a paper of his, would say who follows her."""

KINDS = (
    AgencyKind.POLICE,
    AgencyKind.EVA_CELL,
    AgencyKind.SAPV,
    AgencyKind.PROSECUTOR,
    AgencyKind.PROSECUTOR_VICTIM_RECEPTION,
    AgencyKind.JUSTICE_HOUSE,
    AgencyKind.LEGAL_AID,
    AgencyKind.VICTIM_SUPPORT,
    AgencyKind.SHELTER,
    AgencyKind.PERPETRATOR_PROGRAMME,
    AgencyKind.ADDICTION,
    AgencyKind.CPAS,
    AgencyKind.MIGRANT_SERVICE,
    AgencyKind.HOSPITAL,
    AgencyKind.GENERAL_PRACTICE,
    AgencyKind.CPVS,
    AgencyKind.MENTAL_HEALTH,
    AgencyKind.CHILD_PROTECTION,
    AgencyKind.SCHOOL,
    AgencyKind.HOUSING,
)
"""Kinds a consent may name; the sheet has words for each in every language it is written in."""


@dataclass(frozen=True)
class Given:
    """What was typed. Empty where nothing was: every refusal is a sentence, by its field."""

    subject_id: UUID | None = None
    given_by: str = ""
    representative_id: UUID | None = None
    representative_name: str = ""
    given_how: str = ""
    language: str = ""
    explained: str = ""
    purposes: tuple[str, ...] = ()
    purpose: str = ""
    categories: tuple[str, ...] = ()
    recipients: tuple[UUID, ...] = ()
    kinds: tuple[str, ...] = ()
    partnership_id: UUID | None = None
    valid_until: datetime | None = None
    sheet: str = ""
    evidence_id: UUID | None = None


# --- what the form offers -----------------------------------------------------------------------------------------
def subjects(access: CaseAccess) -> list[CasePerson]:
    """Whose consent this agency may write down, in the order they were named."""
    persons = CasePerson.objects.filter(case=access.case_id).select_related("person").order_by("created_at", "pk")
    return [person for person in persons if may_record_consent(access, person)]


def representatives(access: CaseAccess) -> list[CasePerson]:
    """People of the case whom the agency knows by name and who may represent somebody: nobody of his side, no child."""
    persons = CasePerson.objects.filter(case=access.case_id).exclude(
        role__in=[PersonRole.CHILD, PersonRole.PRESUMED_PERPETRATOR, PersonRole.CONVICTED]
    )
    named = persons.select_related("person").order_by("created_at", "pk")
    return [person for person in named if access.can(Category.IDENTITY, person.side)]


def categories_of(persons: Iterable[CasePerson]) -> list[Category]:
    """What these people may share of their own, all together, in the order of the enumeration."""
    own = {category for person in persons for category in OWN.get(person.role, ())}
    return [category for category in Category if category in own]


def services(access: CaseAccess) -> list[Agency]:
    """Services a consent may name, by name. An agency of his side is offered none that works with victims."""
    found = Agency.objects.active().exclude(pk=access.agency_id)
    if access.side == ParticipationSide.PERPETRATOR:
        found = found.exclude(side=AgencySide.VICTIM).exclude(kind__in=WITH_VICTIMS)
    return list(found.order_by("name")[:MOST_SERVICES])


def kinds(access: CaseAccess) -> list[AgencyKind]:
    """Kinds of services a consent may name."""
    his = access.side == ParticipationSide.PERPETRATOR
    return [kind for kind in KINDS if not (his and kind in WITH_VICTIMS)]


def partnerships() -> list[Partnership]:
    """Partnerships that hold now, by name."""
    return list(Partnership.objects.live().order_by("name")[:MOST_SERVICES])


def evidence(access: CaseAccess) -> list[Attachment]:
    """The agency's own files of the case that may prove a consent, the latest first."""
    files = Attachment.objects.filter(case=access.case_id, agency=access.agency_id, removal=None)
    return list(files.exclude(state=FileState.REFUSED).order_by("-uploaded_at")[:MOST_FILES])


def usual_end() -> datetime:
    """When a consent ends unless the person says otherwise: the reference data of referrals."""
    found = default_grants(way_in=WayIn.REFERRAL, agency=Agency(kind=""))
    return now() + timedelta(days=found.valid_days or USUAL_DAYS)


# --- the act ------------------------------------------------------------------------------------------------------
def write_consent(
    *, by: Membership, case: Case, access: CaseAccess, given: Given, request_key: UUID
) -> tuple[Consent, bool]:
    """Write down what a person agreed to; (consent, whether it is new). The same `request_key` gives the same consent.

    It opens nothing by itself: each disclosure is a decision that rests on it. Raises Refused for who speaks for nobody
    of this case, RuleBroken by field.
    """
    offered = subjects(access)
    if not offered:
        raise Refused(_("Only a service that works with the person writes their consent down."))
    if (already := _written(by, case, request_key)) is not None:
        return already, False
    try:
        with transaction.atomic():
            return _record(by, access, given, offered, request_key), True
    except IntegrityError:
        if (already := _written(by, case, request_key)) is not None:
            return already, False
        raise RuleBroken(_("This page is too old. Check what is written here, then send it again.")) from None


def _written(by: Membership, case: Case, request_key: UUID) -> Consent | None:
    return Consent.objects.filter(case=case, agency=by.agency_id, request_key=request_key).first()


def _record(
    by: Membership, access: CaseAccess, given: Given, offered: Sequence[CasePerson], request_key: UUID
) -> Consent:
    subject = next((person for person in offered if person.pk == given.subject_id), None)
    errors = _problems(given)
    if subject is None:
        raise RuleBroken(errors | {"subject": [_("Choose who gives this consent.")]})
    errors |= _of_others(subject, given.categories)
    named = [agency for agency in services(access) if agency.pk in given.recipients]
    if len(named) < len(set(given.recipients)):
        errors["recipients"] = [_("Choose the services from the list.")]
    elif problem := _tells_him(access, subject, named, given.kinds):
        errors["recipients"] = [problem]
    representative = next((each for each in representatives(access) if each.pk == given.representative_id), None)
    if given.representative_id and representative is None:
        errors["given_by"] = [_("Name the legal representative.")]
    partnership = next((each for each in partnerships() if each.pk == given.partnership_id), None)
    if given.partnership_id and partnership is None:
        errors["partnership"] = [_("Choose a partnership from the list.")]
    proof = next((file for file in evidence(access) if file.pk == given.evidence_id), None)
    if given.evidence_id and (proof is None or proof.side not in (subject.side, Side.CASE)):
        errors["evidence"] = [_("Choose a file that is about this person.")]
    try:
        consent = record_consent(
            by=by,
            subject=subject,
            recipients=named,
            categories=given.categories,
            purpose=given.purpose.strip() or ", ".join(str(Purpose(each).label) for each in _purposes(given)) or "-",
            purposes=_purposes(given),
            given_how=given.given_how,
            explained=given.explained,
            language=given.language,
            valid_until=given.valid_until,
            recipient_kinds=[kind for kind in kinds(access) if kind in given.kinds],
            partnership=partnership,
            given_by=given.given_by,
            representative=representative,
            representative_name=given.representative_name,
            sheet=given.sheet,
            evidence=proof,
            request_key=request_key,
        )
    except RuleBroken as broken:
        raise RuleBroken(broken.errors | errors) from None
    if errors:
        raise RuleBroken(errors)
    log_consent(by=by, consent=consent, code=EventCode.CONSENT_RECORDED)
    return consent


def log_consent(*, by: Membership, consent: Consent, code: EventCode) -> None:
    """A line of the timeline that the other side does not read: hers with who follows her, his with who he is."""
    category = Category.IDENTITY if consent.side == Side.PERPETRATOR else Category.NETWORK
    log_event(
        by=by,
        case=consent.case,
        code=code,
        category=category,
        side=consent.side,
        payload={"consent": str(consent.pk)},
    )


def _purposes(given: Given) -> list[str]:
    return [purpose for purpose in Purpose.values if purpose in given.purposes]


def _problems(given: Given) -> dict[str, list[str]]:
    """What is missing, whoever consents."""
    errors = {}
    if given.given_by not in GivenBy.values:
        errors["given_by"] = [_("Say who gives the consent: silence is not one.")]
    if given.given_how not in GivenHow.values:
        errors["given_how"] = [_("Say how it was given.")]
    if given.language not in LANGUAGES:
        errors["language"] = [_("Say in which language.")]
    if not given.explained.strip():
        errors["explained"] = [_("Write what was explained: a consent without it is none.")]
    if not _purposes(given):
        errors["purposes"] = [_("Say for what.")]
    if not given.categories:
        errors["categories"] = [_("Say what may be shared.")]
    if not (given.recipients or given.kinds or given.partnership_id):
        errors["recipients"] = [_("Say with whom: name services, kinds of services or a partnership.")]
    if given.valid_until is None:
        errors["valid_until"] = [_("Say until when.")]
    elif given.valid_until <= now():
        errors["valid_until"] = [_("The end of the consent is already past.")]
    elif given.valid_until > now() + LONGEST:
        errors["valid_until"] = [_("A consent holds two years at most; it can be given again.")]
    if given.sheet not in SheetHanded.values:
        errors["sheet"] = [_("Say what became of the sheet.")]
    return errors


def _of_others(subject: CasePerson, categories: Sequence[str]) -> dict[str, list[str]]:
    """Nobody gives what is not their own."""
    foreign = [category for category in Category if category in categories and category not in OWN[subject.role]]
    if not foreign:
        return {}
    what = ", ".join(str(category.label) for category in foreign)
    return {"categories": [_("This person cannot share: %(what)s. It is not theirs to give.") % {"what": what}]}


def _tells_him(access: CaseAccess, subject: CasePerson, named: Sequence[Agency], named_kinds: Sequence[str]) -> str:
    """Why a consent of his cannot name these: he would learn who follows her. Or "".

    Only what this access may know counts: a refusal tells nothing new.
    """
    if subject.side != Side.PERPETRATOR:
        return ""
    hers = SharingDecision.objects.of_case(access).filter(
        side=ParticipationSide.VICTIM, recipient__in=[agency.pk for agency in named]
    )
    if (
        set(named_kinds) & WITH_VICTIMS
        or any(agency.kind in WITH_VICTIMS or agency.side == AgencySide.VICTIM for agency in named)
        or hers.exists()
    ):
        return _(
            "A consent of his cannot name a service that works with victims: he would learn who follows her."
            " Share on another basis."
        )
    return ""
