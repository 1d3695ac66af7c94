"""What is typed for a referral, and why it cannot be sent as it is; each answer by field, in words for the sender."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from agencies.enums import AgencyKind, Need
from agencies.models import Agency, Membership
from agencies.services import POSTAL_CODE
from cases.access import CaseAccess
from cases.enums import PersonRole, Side
from cases.models import CasePerson
from cases.services import names_somebody
from common.clock import now
from common.errors import text_problem
from common.languages import LANGUAGES
from sharing.models import Basis, GivenHow

from . import perms
from .models import OPEN, AskedBy, Referral

RECEIVERS = ("to_agency", "to_agency_2", "to_agency_3", "to_agency_4")
"""The fields that name a service; several are asked at once or in this order."""

REASON_LENGTH = 500
EXPLAINED_LENGTH = 2000


@dataclass(frozen=True)
class Asked:
    """What was typed: identifiers as UUID or None, the rest as text; `valid_until` an aware moment or None.

    `told` says that what is usually explained was. `also` names further services, at the places after the first of
    RECEIVERS; `in_order` asks the next one when the one before has said no. `rule` and `missing_kind` say by which
    pathway it was proposed, where it was.
    """

    subject_id: UUID | None = None
    to_agency_id: UUID | None = None
    need: str = ""
    urgency: str = ""
    reason: str = ""
    basis: str = ""
    legal_text: str = ""
    given_how: str = ""
    language: str = "fr"
    explained: str = ""
    told: bool = False
    purpose: str = ""
    valid_until: datetime | None = None
    also: tuple[UUID | None, ...] = ()
    in_order: bool = False
    postal_code: str = ""
    asked_by: str = AskedBy.SERVICE
    mandated: bool = False
    interpreter_language: str = ""
    childcare: bool = False
    accompaniment: bool = False
    transport: bool = False
    rule: str = ""
    missing_kind: str = ""

    def receivers(self) -> list[tuple[str, UUID | None]]:
        """(field, service) for each service asked, in order; the first one even when nothing is chosen."""
        further = zip(RECEIVERS[1:], self.also, strict=False)
        return [(RECEIVERS[0], self.to_agency_id), *((field, pk) for field, pk in further if pk)]


# --- texts that begin by themselves ------------------------------------------------------------------------------
BEGUN = ("reason", "purpose", "explained")
"""Texts that need not be typed: left empty they begin from the need and from what was ticked, and are shown before
anything is sent.
"""


def filled(asked: Asked) -> Asked:
    """The same with what was left empty: why and for what purpose from the need, what was explained from its tick. What
    had begun from another need follows the one chosen now.
    """
    consent = asked.basis == Basis.CONSENT
    return replace(
        asked,
        reason=_begun(asked.reason, _("What is needed: %(need)s."), asked.need),
        purpose=_begun(asked.purpose, _("To get help: %(need)s"), asked.need) if consent else asked.purpose,
        explained=usual_words() if consent and asked.told and not asked.explained.strip() else asked.explained,
    )


def _begun(typed: str, words: str, need: str) -> str:
    of_each = {value: words % {"need": label} for value, label in Need.choices}
    text = typed.strip()
    return typed if text and text not in of_each.values() else of_each.get(need, words % {"need": ""})


def usual_words() -> str:
    """What somebody is told before they agree, as it is written down when it is ticked."""
    return _("Who will see what and until when, that they may say no, and that they may change their mind at any time.")


def begun_texts(asked: Asked) -> dict[str, str]:
    """Those texts, as the draft keeps them for the sender to change."""
    return {name: text for name in BEGUN if (text := getattr(asked, name))}


# --- to whom ------------------------------------------------------------------------------------------------


def receivers_of(by: Membership, asked: Asked) -> dict[str, Agency | None]:
    """The active service each field names, None where it names none. One query."""
    wanted = asked.receivers()
    found = Agency.objects.to_refer_to(by.agency_id).in_bulk([pk for _field, pk in wanted if pk])
    return {field: found.get(pk) for field, pk in wanted}


def receiver_problems(*, by: Membership, asked: Asked, agencies: dict[str, Agency | None]) -> dict[str, list[str]]:
    """Why a service cannot be asked, by the field that names it: closed, full, not for that area, named twice."""
    errors: dict[str, list[str]] = {}
    seen: set[UUID] = set()
    for field, agency in agencies.items():
        problem = _receiver_problem(by, agency, asked.postal_code.strip().upper())
        if not problem and agency.pk in seen:
            problem = _("This service is already named above.")
        if problem:
            errors[field] = [problem]
        elif agency:
            seen.add(agency.pk)
    return errors


def _receiver_problem(by: Membership, agency: Agency | None, postal_code: str) -> str:
    if agency is None:
        return _("Choose a service.")
    if agency.pk == by.agency_id:
        return _("A service cannot refer to itself.")
    if not perms.takes_referrals(agency, sender_id=by.agency_id):
        return _("This service takes no referrals at the moment. Choose another one.")
    if not perms.has_room(agency):
        return _("This service is full: it takes nobody at the moment. Choose another one.")
    if not perms.serves(agency, postal_code):
        return _("This service does not work in %(area)s. Choose one that does.") % {"area": postal_code}
    return ""


def standing(access: CaseAccess, asked: Asked) -> dict[str, Referral]:
    """The referrals of this need of this person that are not over, by the field that names their service; of those
    the acting agency may know of.
    """
    wanted = {pk: field for field, pk in asked.receivers() if pk}
    if asked.need not in Need.values or not asked.subject_id or not wanted:
        return {}
    found = Referral.objects.of_case(access).filter(
        OPEN, subject=asked.subject_id, need=asked.need, to_agency__in=list(wanted)
    )
    return {wanted[referral.to_agency_id]: referral for referral in found}


def twice(found: dict[str, Referral]) -> dict[str, list[str]]:
    """What to say of those that stand already, by field."""
    return {
        field: [
            _("This need has already been sent to this service and is not over (%(state)s). Choose another one.")
            % {"state": referral.get_state_display()}
        ]
        for field, referral in found.items()
    }


# --- what is carried along, and what allows it --------------------------------------------------------------


def carried_problems(by: Membership, asked: Asked, subject: CasePerson | None) -> dict[str, list[str]]:
    """Why what goes along cannot, by field: area, who asked, mandate, interpreter, pathway."""
    errors: dict[str, list[str]] = {}
    if asked.postal_code and not POSTAL_CODE.fullmatch(asked.postal_code):
        errors["postal_code"] = [_("Write a postal code, such as 1210.")]
    if asked.asked_by not in AskedBy.values:
        errors["asked_by"] = [_("Choose who asked for it.")]
    if asked.interpreter_language and asked.interpreter_language not in dict(LANGUAGES):
        errors["interpreter_language"] = [_("Choose the language of the interpreter.")]
    if asked.mandated and not perms.may_mandate(by.agency):
        errors["mandated"] = [_("Only a judicial authority mandates. Write without a mandate.")]
    elif asked.mandated and subject is not None and subject.side != Side.PERPETRATOR:
        errors["mandated"] = [_("Nobody but the presumed perpetrator is under a mandate. She and her children choose.")]
    if asked.rule and (len(asked.rule) > 60 or not asked.rule.isprintable()):
        errors["rule"] = [_("This pathway is not known.")]
    if asked.missing_kind and asked.missing_kind not in AgencyKind.values:
        errors["missing_kind"] = [_("This pathway is not known.")]
    return errors


def reason_problem(access: CaseAccess, reason: str) -> str:
    """Why the reason cannot stand, or "": nothing, too long, a name of the case."""
    if problem := text_problem(reason, most=REASON_LENGTH, missing=_("Say why, without names.")):
        return problem
    if names_somebody(access, reason):
        return _(
            "The reason names somebody of the case. The service reads it before it accepts: write it without names."
        )
    return ""


def basis_problems(asked: Asked, subject: CasePerson | None, agencies: Iterable[Agency]) -> dict[str, list[str]]:
    """Why what is said to allow it does not, by field: no consent, not a whole one, a law that binds nobody here."""
    if asked.basis not in (Basis.CONSENT, Basis.LEGAL_OBLIGATION):
        return {"basis": [_("Choose on what basis this is shared.")]}
    if asked.basis == Basis.LEGAL_OBLIGATION:
        if any(asked.basis not in perms.bases_for(agency, mandated=asked.mandated) for agency in agencies):
            return {"basis": [_("To this service a person is sent with their agreement only.")]}
        problem = text_problem(asked.legal_text, most=300, missing=_("Write the text the obligation rests on."))
        return {"legal_text": [problem]} if problem else {}
    errors: dict[str, list[str]] = {}
    if subject is not None and subject.role == PersonRole.CHILD:
        errors["basis"] = [
            _("A child is not asked to consent. Refer the victim for herself and her children, or cite the law.")
        ]
    if asked.given_how not in GivenHow.values:
        errors["given_how"] = [_("Say how the consent was given.")]
    if asked.language not in dict(LANGUAGES):
        errors["language"] = [_("Choose the language it was explained in.")]
    explained = text_problem(asked.explained, most=EXPLAINED_LENGTH, missing=_("Say what was explained to the person."))
    if explained:
        errors["explained"] = [explained]
    if problem := text_problem(asked.purpose, most=300, missing=_("Say for what purpose.")):
        errors["purpose"] = [problem]
    if asked.valid_until is None:
        errors["valid_until"] = [_("Say until when.")]
    elif asked.valid_until <= now():
        errors["valid_until"] = [_("The end of the consent is already past.")]
    elif asked.valid_until > now() + timedelta(days=2 * 366):
        errors["valid_until"] = [_("A consent holds two years at most; ask again then.")]
    return errors
