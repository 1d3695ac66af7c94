"""A word of its own in every free text of every row bound to a case, and who may read it.

The words are written by the owner over a story that was told through the services: whatever a test tells, now or
later, is marked without a line here. A model without a rule in READS is read by whom the second lock lets read it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from string import ascii_lowercase
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from agencies.acting import acting_as
from agencies.models import Membership
from agencies.perms import may_oversee, may_see_cases
from cases.access import CaseAccess, for_case
from cases.enums import Category, ContactKind, EventCode, ParticipationSide, Side
from cases.models import Case, CaseEvent, CasePerson, ContactPoint, Note, Person
from cases.perms import NOTE_CATEGORIES
from common.acting import SystemContext, system_context
from common.names import sort_key
from referrals.models import InterpreterRequest, Referral
from reports.models import ReportDraft
from riskassessment.turning import HERS
from sharing.models import Consent
from tests.ground.test_acting import OURS

WORD = re.compile(r"zq[a-z]{4}qz", re.IGNORECASE)
PHONE = re.compile(r"(?:\+32|\b0)[\s./()-]*4(?:[\s./()-]*\d){8}")
BESIDE = (Person, ReportDraft)
"""Rows of no case that carry something of one all the same."""

NOT_TYPED = {
    "cases.Case.reference": "given by the machine; all that is said of a case outside",
    "cases.Case.classification": "a code",
    "cases.Person.sort_name": "follows the names",
    "cases.CaseEvent.payload": "identifiers and codes only",
    "cases.CaseEvent.next_act": "a code",
    "riskassessment.Assessment.indicative_level": "a level",
    "riskassessment.Assessment.outcome": "counted from the answers",
    "riskassessment.Assessment.content_hash": "a digest",
    "riskassessment.CoordinationRequest.level": "a level",
    "followups.FollowUp.outcome": "a code",
    "cases.MatchKey.kind": "a code",
    "cases.MatchKey.digest": "a keyed digest, which nobody reads back",
    "cases.Appointment.interpreter_language": "a code",
    "referrals.ServiceGap.postal_code": "four digits",
    "referrals.ServiceGap.rule": "names a pathway",
    "reports.Report.rights_language": "a code",
    "reports.Attachment.content_type": "found in the content of the file",
    "reports.Attachment.sha256": "a digest",
    "reports.Attachment.stored": "where the encrypted content lies",
    "reports.AttachmentScan.signature": "what the antivirus calls what it found",
    "sharing.MatchNotice.pair": "a digest",
    "sharing.MatchedPersons.verdict": "a code",
    "sharing.Consent.side": "a side",
    "sharing.SubjectAnswer.digest": "a digest",
    "sharing.SubjectCheck.covers": "a digest",
    "sharing.SubjectCheckWords.findings": "codes",
    "sharing.Consent.language": "a code",
    "notifications.Notice.path": "an address of the application",
    "notifications.Notice.dedupe_key": "made of a code and an identifier",
    "notifications.OutgoingMail.template": "a name of a template",
    "notifications.OutgoingMail.last_error": "a code",
    "notifications.OutgoingMail.language": "a code",
    "notifications.OutgoingMail.to": "the address of a colleague",
    "notifications.OutgoingMail.context": "neutral words, checked by the mails themselves",
}
"""Text columns that nobody types, each with its reason."""

LONG = 60
"""Items of a list that are shorter are codes: pairs, languages."""

UNREADABLE = {"cases.NameWord"}
"""Models whose table the application has no privilege on; they repeat what others hold."""

READERS_OF_TRAILS = {"audit"}
"""Rooms whose rows are written by the machine about others' rows: field names and identifiers, masked values."""


def bound_models() -> list[type[models.Model]]:
    """Every model of ours whose rows belong to a case, by whatever way, and those beside."""
    rooms = OURS - READERS_OF_TRAILS
    ours = [model for model in apps.get_models() if model._meta.app_label in rooms]
    ours = [model for model in ours if model._meta.label not in UNREADABLE]
    found = {Case, *BESIDE}
    while more := {model for model in ours if model not in found and _leads_to(model, found - set(BESIDE))}:
        found |= more
    return sorted(found, key=lambda model: model._meta.label)


def _leads_to(model: type[models.Model], targets: set) -> bool:
    named = {field.name for field in model._meta.concrete_fields}
    return "case_id" in named or any(field.related_model in targets for field in model._meta.concrete_fields)


def text_columns(model: type[models.Model]) -> list[models.Field]:
    """Columns that hold words of no closed list."""
    return [field for field in model._meta.concrete_fields if _is_text(field) and label(field) not in NOT_TYPED]


def _is_text(field: models.Field) -> bool:
    inner = field.base_field if isinstance(field, ArrayField) else field
    if isinstance(field, ArrayField) and (inner.max_length or LONG) < LONG:
        return False
    if getattr(inner, "choices", None) or field.primary_key or field.is_relation:
        return False
    return isinstance(inner, models.CharField | models.TextField | models.JSONField) or "JSON" in type(inner).__name__


def label(field: models.Field) -> str:
    return f"{field.model._meta.label}.{field.name}"


# --- planting -------------------------------------------------------------------------------------------------------
@dataclass
class Canary:
    """One text of one row, and the word or number that stands in it; `given` where something stood there before."""

    column: str
    row: models.Model
    word: str
    given: bool


@dataclass
class Garden:
    canaries: dict[str, Canary] = field(default_factory=dict)

    def columns(self) -> set[str]:
        return {canary.column for canary in self.canaries.values()}

    def found_in(self, text: str) -> set[str]:
        """The words of the garden that stand in a text."""
        found = {word.lower() for word in WORD.findall(text)} & set(self.canaries)
        for number in PHONE.findall(text):
            digits = "+32" + re.sub(r"\D", "", number.removeprefix("+32")).lstrip("0")
            if digits in self.canaries:
                found.add(digits)
        return found


def plant(owner: Any) -> Garden:
    """Write a word of its own in every free text of every row bound to a case; committed rows only."""
    garden, words, numbers = Garden(), _words(), iter(range(10**6))
    for model in bound_models():
        columns = text_columns(model)
        rows = list(_all_rows(model))
        if not rows:
            continue
        table = model._meta.db_table
        owner.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        for column in columns:
            filled = [row for row in rows if column.value_from_object(row)]
            for row in filled or rows:
                for word, value in _value(column, row, column.value_from_object(row), words, numbers):
                    garden.canaries[word] = Canary(label(column), row, word, bool(filled))
                    setattr(row, column.attname, value)
                stored = column.get_db_prep_save(getattr(row, column.attname), connection)
                owner.execute(f'UPDATE "{table}" SET "{column.column}" = %s WHERE id = %s', [stored, row.pk])
                if isinstance(row, Person):
                    name = sort_key(f"{row.family_name} {row.given_name}")
                    owner.execute("UPDATE cases_person SET sort_name = %s WHERE id = %s", [name, row.pk])
        owner.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    return garden


def _words() -> Iterator[str]:
    for letters in product(ascii_lowercase, repeat=4):
        yield f"zq{''.join(letters)}qz"


def _value(column: models.Field, row: models.Model, old: Any, words: Iterator, numbers: Iterator) -> Iterator[tuple]:
    """(word, the whole new value of the column), once for each text the column holds."""
    if isinstance(row, ContactPoint) and column.name == "value" and row.kind == ContactKind.PHONE:
        number = f"+324{next(numbers) + 80_000_000:08d}"
        yield number, number
    elif isinstance(column, ArrayField):
        word = next(words)
        yield word, [word]
    elif "JSON" in type(column).__name__:
        yield from _in_json(old or {}, words)
    else:
        word = next(words)
        yield word, word


FREE = re.compile(r"[^\d\W]{3,}.*\s", re.DOTALL)


def _in_json(old: dict, words: Iterator) -> Iterator[tuple]:
    """Each free text inside: sentences, comments, names."""
    new = dict(old)
    for key, held in old.items():
        if isinstance(held, dict) and "comment" in held:
            word = next(words)
            new = new | {key: held | {"comment": word}}
            yield word, new
        elif isinstance(held, str) and (FREE.search(held) or key.endswith("name")):
            word = next(words)
            new = new | {key: word}
            yield word, new


def _all_rows(model: type[models.Model]) -> Iterable[models.Model]:
    """Every row, read by the system context that its policy lets in, or by the members of the story."""
    for context in SystemContext:
        with system_context(context):
            if rows := list(model._base_manager.all()):
                return rows
    found = {}
    for membership in Membership.objects.live().select_related("agency", "user"):
        with acting_as(membership):
            found |= {row.pk: row for row in model._base_manager.all()}
    return list(found.values())


# --- who may read it --------------------------------------------------------------------------------------------------
def may_read(canary: Canary, membership: Membership) -> bool:
    """Whether this member, acting for this agency, may read the text: by its rule, else by the second lock."""
    row, model = canary.row, type(canary.row)
    if not Membership.objects.live().filter(pk=membership.pk).exists():
        return False
    if may_oversee(membership) and model._meta.label in OVERSEEN:
        return True
    rule = READS.get(canary.column) or READS.get(model._meta.label)
    with acting_as(membership):
        case_id = getattr(row, "case_id", None)
        case = Case.objects.filter(pk=case_id).first() if case_id else None
        access = for_case(case, membership) if case else CaseAccess(case_id, membership.agency_id)
        read = rule(row, access, membership) if rule else model._base_manager.filter(pk=row.pk).exists()
        return bool(read) and not _kept_from(canary, access, membership)


def _kept_from(canary: Canary, access: CaseAccess, membership: Membership) -> bool:
    """Whether it is of the other side's work, and another service's: whatever was granted, whatever the lock says."""
    if getattr(canary.row, "agency_id", None) == membership.agency_id:
        return False
    kept = KEPT_FROM.get(access.side, frozenset())
    return bool({canary.column, type(canary.row)._meta.label} & kept)


BY_DIGEST = {"casework:answer_letter"}
"""Addresses found by a digest, in whose place a word is planted: nothing is found there any more."""

OVERSEEN = ("sharing.BreakGlass", "sharing.BreakGlassReview", "sharing.SafetyIncident", "sharing.IncidentStep")
"""What the data-protection officer follows in every agency, the words typed for them included."""


def _by_category(row: Any, access: CaseAccess, membership: Membership) -> bool:
    return access.shows(row)


def _assessment(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """A draft is its agency's alone."""
    return access.shows(row) and (row.signed_at is not None or row.agency_id == membership.agency_id)


def _person(row: Person, access: CaseAccess, membership: Membership) -> bool:
    return any(
        _place(place, for_case(place.case, membership), membership)
        for place in CasePerson.objects.filter(person=row).select_related("case")
    )


def _place(row: CasePerson, access: CaseAccess, membership: Membership) -> bool:
    return bool(access) and (access.can(Category.IDENTITY, row.side) or row.agency_id == membership.agency_id)


def _contact(row: ContactPoint, access: CaseAccess, membership: Membership) -> bool:
    return access.can(Category.CONTACT, row.side)


def _knows_side(access: CaseAccess, side: str) -> bool:
    """Whether the services on this side may be known."""
    his = side == ParticipationSide.PERPETRATOR
    return access.can(Category.NETWORK, Side.PERPETRATOR if his else Side.VICTIM)


def _decision(row: Any, access: CaseAccess, membership: Membership) -> bool:
    return bool(access) and (membership.agency_id in (row.recipient_id, row.agency_id) or _knows_side(access, row.side))


def _consent(row: Any, access: CaseAccess, membership: Membership) -> bool:
    if not access:
        return False
    with system_context(SystemContext.GRANTS):
        opens = row.decisions.filter(recipient=membership.agency_id).exists()
    both = access.can(Category.NETWORK, row.side) and access.can(Category.IDENTITY, row.side)
    return row.agency_id == membership.agency_id or opens or both


def _revocation(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """Why it was ended: for the two services of the decision."""
    with system_context(SystemContext.GRANTS):
        decision = row.decision
    return bool(access) and membership.agency_id in (decision.recipient_id, decision.agency_id)


def _necessity(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """His side reads the words of its own decisions alone: those of others may tell who follows her."""
    own = membership.agency_id in (row.recipient_id, row.agency_id)
    return _decision(row, access, membership) and (own or access.can(Category.NETWORK, Side.VICTIM))


def _what_was_wrong(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """Told to who had received it; who came later reads beside the record what is right."""
    readable = type(row).objects.filter(pk=row.pk).exists()  # a colleague kept out of the case is not told
    received = row.recipients.filter(agency=membership.agency_id).exists()
    return readable and (row.agency_id == membership.agency_id or received)


def _coordination_request(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """For who asked, in a case they see, and for the coordination, which answers before it sees the case."""
    asked = row.agency_id == membership.agency_id and (row.case_id is None or bool(access))
    return may_see_cases(membership) and (asked or row.coordination_id == membership.agency_id)


def _nobody(row: Any, access: CaseAccess, membership: Membership) -> bool:
    return False


def _turning_point(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """What she does or lives through is read on his side by nobody, whatever was decided."""
    his_side = access.side == ParticipationSide.PERPETRATOR
    return access.shows(row) and not (his_side and row.kind in HERS)


def _her_part(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """Her rights, her declaration, who accompanies her to the hearing: of a complaint, and never on his side."""
    his_side = access.side == ParticipationSide.PERPETRATOR
    return access.shows(row) and row.kind == "police_complaint" and not his_side


def _own_service(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """Remarks of a colleague: for the service they are made in."""
    return access.shows(row) and row.agency_id == membership.agency_id


def _own_draft(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """Whoever writes it, for the service it is written in, as long as they add to the case."""
    return access.contribute and (row.author_id, row.agency_id) == (membership.user_id, membership.agency_id)


def _feedback(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """Whoever wrote it, and the service it is for, as long as the consent it rests on holds."""
    if not Referral.objects.between(membership).filter(pk=row.referral_id).exists():
        return False
    with system_context(SystemContext.GRANTS):
        holds = row.consent_id is None or Consent.objects.live().filter(pk=row.consent_id).exists()
    return holds or row.agency_id == membership.agency_id


def _exception(row: Any, access: CaseAccess, membership: Membership) -> bool:
    """Why somebody comes all the same: for the service that asked, never for the interpreters."""
    asked = InterpreterRequest.objects.filter(proposals__exception=row.pk, from_agency=membership.agency_id)
    return may_see_cases(membership) and asked.exists()


KEPT_FROM = {
    ParticipationSide.PERPETRATOR: frozenset(
        {
            "reports.Report.children_impact",
            "reports.Report.orientation",
            "reports.Situation.children_impact",
            "plans.SafetyPlan",
            "plans.ReleaseWish",
            "plans.ReleaseTelling",
            "plans.StaffDangerWords",
            "plans.PlanAgreement",
            "plans.MonitoringPeriod",
            "plans.MonitoringAct",
            "plans.AlertAnswer",
            "plans.MeasureBreach",
            "plans.ProtectionMeasure.kept_places",
            "plans.ProtectionMeasure.reasons",
        }
    ),
    ParticipationSide.VICTIM: frozenset({"plans.Mandate", "plans.TherapeuticPlan"}),
}
"""What is never read on a side unless its own service wrote it: how she is kept safe, how he is worked with."""


READS: dict[str, Callable[[Any, CaseAccess, Membership], bool]] = {
    "cases.Person": _person,
    "cases.CasePerson": _place,
    "cases.ContactPoint": _contact,
    "cases.Note": _by_category,
    "cases.CaseExclusion": _nobody,
    "reports.Report": _by_category,
    "reports.Situation": _by_category,
    "reports.Report.declaration_words": _her_part,
    "reports.Report.rights_later": _her_part,
    "reports.Report.accompanied_by": _her_part,
    "reports.ReportVerification": _own_service,
    "riskassessment.Assessment": _assessment,
    "riskassessment.Conclusion": _by_category,
    "riskassessment.TurningPoint": _turning_point,
    "riskassessment.AssessmentReview": _by_category,
    "riskassessment.CoordinationRequest": _coordination_request,
    "referrals.ReferralDraft": _own_draft,
    "referrals.ReferralFeedback": _feedback,
    "referrals.InterpreterException": _exception,
    "sharing.Consent": _consent,
    "sharing.SharingDecision": _decision,
    "sharing.SharingDecision.necessity": _necessity,
    "sharing.SharingRevocation": _revocation,
    "sharing.Rectification.wrong": _what_was_wrong,
}


def note_everything(by: Membership, case: Case) -> None:
    """A note of every category and side, whatever its author may see itself, with its line in the timeline."""
    with acting_as(by):
        for category, side in product(NOTE_CATEGORIES, Side):
            shared = {"case": case, "category": category, "side": side, "agency": by.agency}
            note = Note(facts="x", statements="x", appreciation="x", author=by.user, **shared)
            note.save(force_insert=True)
            payload = {"note": str(note.pk)}
            CaseEvent.objects.create(code=EventCode.NOTE_WRITTEN, user=by.user, payload=payload, **shared)
