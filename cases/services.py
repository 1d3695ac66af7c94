"""Verbs on a case: open it, name people, write down how to reach them, note, and say what happened."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from agencies.models import Agency, Membership
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from common.names import mentions, sort_key
from common.once import insert_once
from common.phones import normalise

from .access import CaseAccess, keep_own_work
from .enums import ROLE_SIDE, Category, ContactKind, EventCode, Gender, Level, Origin, PersonRole, Safe, Stage
from .matching import drop_phone_key, rewrite_keys, write_keys, write_phone_key
from .models import Case, CaseEvent, CasePerson, ContactPoint, Note, Person
from .perms import internal_by_default, may_change_contact, may_rectify, may_write_note

NOT_AUTHOR = gettext_lazy("Only the service that wrote this record corrects it.")


def open_case(*, by: Membership, classification: str = "") -> Case:
    """A new case led by the acting agency. Nobody sees it until a sharing decision says so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_reference_seq')")
        number = cursor.fetchone()[0]
    opened_at = now()
    return Case.objects.create(
        reference=f"MOVE-{local(opened_at).year}-{number:06d}",
        lead_agency=by.agency,
        classification=classification,
        opened_at=opened_at,
    )


def add_person(
    *,
    by: Membership,
    case: Case,
    role: str,
    given_name: str = "",
    family_name: str = "",
    birth_date: date | None = None,
    gender: str = "",
    languages: Sequence[str] = (),
    interpreter_needed: bool = False,
    relationship: str = "",
) -> CasePerson:
    """A new person in this role. Raises RuleBroken for a birth date in the future or a gender that is none."""
    _check_birth_date(birth_date)
    if gender and gender not in Gender.values:
        raise RuleBroken({"gender": [_("Choose one of the answers.")]})
    person = Person.objects.create(
        given_name=given_name.strip(),
        family_name=family_name.strip(),
        sort_name=sort_key(f"{family_name} {given_name}"),
        birth_date=birth_date,
        gender=gender,
        languages=list(languages),
        interpreter_needed=interpreter_needed,
        agency=by.agency,
    )
    case_person = CasePerson.objects.create(
        case=case,
        person=person,
        role=role,
        side=ROLE_SIDE[PersonRole(role)],
        relationship=relationship.strip(),
        agency=by.agency,
    )
    write_keys(case_person)
    return case_person


def correct_person(
    *,
    access: CaseAccess,
    case_person: CasePerson,
    given_name: str,
    family_name: str,
    birth_date: date | None,
) -> Person:
    """Put the right names and birth date in the place of wrong ones; what they were stays with who calls.

    Raises Refused for who does not write for the agency that named the person, RuleBroken by field for a birth date in
    the future, a name that is too long or gone, and when nothing changes.
    """
    if not may_rectify(access, case_person.agency_id):
        raise Refused(NOT_AUTHOR)
    _check_birth_date(birth_date)
    person = Person.objects.select_for_update(of=("self",)).get(pk=case_person.person_id)
    before = (person.given_name, person.family_name, person.birth_date)
    after = (given_name.strip(), family_name.strip(), birth_date)
    if after == before:
        raise RuleBroken({"given_name": [_("This is what is written already.")]})
    if any(before[:2]) and not any(after[:2]):
        raise RuleBroken({"family_name": [_("Write the name.")]})
    person.given_name, person.family_name, person.birth_date = after
    person.sort_name = sort_key(f"{person.family_name} {person.given_name}")
    check(person)
    person.save(update_fields=["given_name", "family_name", "birth_date", "sort_name"])
    case_person.person = person
    rewrite_keys([case_person])
    return person


def _check_birth_date(birth_date: date | None) -> None:
    if birth_date and birth_date > local(now()).date():
        raise RuleBroken({"birth_date": [_("The birth date cannot be in the future.")]})


def add_contact_point(
    *,
    by: Membership,
    case_person: CasePerson,
    kind: str,
    value: str,
    safe: str,
    hours: str = "",
    may_sms: bool = False,
    may_leave_message: bool = False,
    say: str = "",
    must_not_answer: str = "",
    origin: str = Origin.PERSON,
) -> ContactPoint:
    """A way to reach a person, with its rules. Raises RuleBroken when a phone is no phone."""
    if kind == ContactKind.PHONE:
        try:
            value = normalise(value)
        except ValueError as error:
            raise RuleBroken({"value": [str(error)]}) from None
    elif not value.strip():
        raise RuleBroken({"value": [_("Write the number or the address.")]})
    point = ContactPoint.objects.create(
        case=case_person.case,
        case_person=case_person,
        side=case_person.side,
        kind=kind,
        value=value.strip(),
        safe=safe,
        hours=hours.strip(),
        may_sms=may_sms,
        may_leave_message=may_leave_message,
        say=say.strip(),
        must_not_answer=must_not_answer.strip(),
        origin=origin,
        agency=by.agency,
        recorded_by=by.user,
    )
    write_phone_key(point)
    return point


def change_contact(
    *,
    by: Membership,
    access: CaseAccess,
    case_person: CasePerson,
    replaces: ContactPoint | None = None,
    kind: str,
    value: str,
    safe: str,
    **rules: Any,
) -> ContactPoint:
    """Write down a way to reach a person, in the place of `replaces` when given: that one ends, it is not edited.

    `rules` are those of `add_contact_point`. Raises Refused when the agency may not, RuleBroken when a colleague has
    already replaced it or the value is no phone.
    """
    if not may_change_contact(access, case_person.side):
        raise Refused(_("Your agency may not change how this person is reached."))
    if kind not in ContactKind.values or safe not in Safe.values:
        raise RuleBroken({"kind" if kind not in ContactKind.values else "safe": [_("Choose one of the answers.")]})
    if replaces is not None:
        current = ContactPoint.objects.select_for_update(of=("self",)).get(pk=replaces.pk, case_person=case_person)
        if current.ended_at is not None:
            raise RuleBroken(_("A colleague has just replaced this contact. Look at the new one first."))
        current.ended_at = now()
        current.save(update_fields=["ended_at"])
        drop_phone_key(current)
    point = add_contact_point(by=by, case_person=case_person, kind=kind, value=value, safe=safe, **rules)
    log_event(
        by=by,
        case=case_person.case,
        code=EventCode.CONTACT_CHANGED,
        category=Category.CONTACT,
        side=case_person.side,
        payload={"contact": str(point.pk)},
    )
    return point


def write_note(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    category: str,
    side: str,
    facts: str = "",
    statements: str = "",
    appreciation: str = "",
    internal: bool | None = None,
    key: UUID | None = None,
) -> Note:
    """A note of the acting agency. Sending the same `key` again gives the same note.

    `internal` None leaves it to the kind of agency: what a cell that calls victims writes stays inside.

    Raises Refused when it may not add to the case, RuleBroken when all is empty or the subject is not its own.
    """
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    key = key or uuid7()
    mine = Note.objects.filter(pk=key, case=case, author=by.user)
    if (already := mine.first()) is not None:
        return already
    if not may_write_note(access, category, side):
        raise RuleBroken({"about": [_("Choose what the note is about.")]})
    if internal is None:
        internal = internal_by_default(by.agency)
    note = Note(
        pk=key,
        case=case,
        category=category,
        side=side,
        internal=internal,
        facts=facts.strip(),
        statements=statements.strip(),
        appreciation=appreciation.strip(),
        agency=by.agency,
        author=by.user,
    )
    check(note)
    note, new = insert_once(note, mine=mine)
    if not new:
        return note
    keep_own_work(case=case, agency=by.agency)
    if not internal:
        log_event(
            by=by,
            case=case,
            code=EventCode.NOTE_WRITTEN,
            category=category,
            side=side,
            payload={"note": str(note.pk)},
        )
    return note


def set_classification(*, case: Case, code: str) -> None:
    """What the case is known by from now on, "vc", "vif" or ""; the verification of a report is the record."""
    if case.classification != code:
        case.classification = code
        case.save(update_fields=["classification"])


def set_level(*, case: Case, level: str, provisional: bool, at: datetime | None, reassess_by: datetime | None) -> Case:
    """The level the case is known by from now on. The conclusion or the signature that gives it is the record."""
    case.level = Level(level) if level else ""
    case.level_provisional = provisional
    case.level_at = at
    case.reassess_by = reassess_by
    case.save(update_fields=["level", "level_provisional", "level_at", "reassess_by"])
    return case


def set_reassess_by(*, case: Case, at: datetime) -> None:
    """The first moment by which the case is assessed again. What is owed then is the record."""
    if case.reassess_by != at:
        case.reassess_by = at
        case.save(update_fields=["reassess_by"])


def monitor(*, case: Case, since: datetime | None) -> Case:
    """Under close monitoring `since` then, or no longer (None); the act of the coordination is the record."""
    case.monitored_since = since
    case.save(update_fields=["monitored_since"])
    return case


def addresses_closed(*, case: Case, since: datetime | None) -> None:
    """Addresses are closed by opposing reports `since` then, or no longer (None); the link between the cases, its
    review and its end are the record.
    """
    if case.opposing_since != since:
        case.opposing_since = since
        case.save(update_fields=["opposing_since"])


def advance(*, case: Case, stage: Stage) -> Case:
    """Note how far the work on the case has come; it never goes back. The act that leads there is the record."""
    order = list(Stage)
    current = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if order.index(Stage(current.stage)) < order.index(stage):
        current.stage = stage
        current.closed_at = now() if stage == Stage.CLOSED else None
        current.save(update_fields=["stage", "closed_at"])
        case.stage, case.closed_at = current.stage, current.closed_at
    return case


def close(*, case: Case) -> Case:
    """No longer worked on from now on; the closing is the record."""
    case.stage, case.closed_at, case.supervised_until = Stage.CLOSED, now(), None
    case.save(update_fields=["stage", "closed_at", "supervised_until"])
    return case


def supervise(*, case: Case, until: datetime) -> Case:
    """Under supervision until then; the supervised closing is the record."""
    case.stage, case.closed_at, case.supervised_until = Stage.SUPERVISED, None, until
    case.save(update_fields=["stage", "closed_at", "supervised_until"])
    return case


def reopen(*, case: Case) -> Case:
    """Worked on again; the reopening is the record."""
    case.stage, case.closed_at, case.supervised_until = Stage.FOLLOWED, None, None
    case.save(update_fields=["stage", "closed_at", "supervised_until"])
    return case


def lead(*, case: Case, agency: Agency, person: User | None) -> Case:
    """Led by this agency from now on, `person` the reference person in it; the answer to the offer is the record."""
    case.lead_agency, case.reference_person = agency, person
    case.save(update_fields=["lead_agency", "reference_person"])
    return case


def refer_to(*, case: Case, person: User | None) -> Case:
    """`person` is the reference person of the case from now on."""
    case.reference_person = person
    case.save(update_fields=["reference_person"])
    return case


def log_event(
    *,
    by: Membership | None,
    case: Case,
    code: EventCode,
    category: str,
    side: str,
    payload: Mapping[str, Any] | None = None,
    next_agency: Agency | None = None,
    next_act: str = "",
    next_due_at: datetime | None = None,
) -> CaseEvent:
    """A line of the timeline; `by` None when the system acts. `payload` holds identifiers and codes only."""
    event = CaseEvent.objects.create(
        case=case,
        code=code,
        category=category,
        side=side,
        agency=by.agency if by else None,
        user=by.user if by else None,
        payload=dict(payload or {}),
        next_agency=next_agency,
        next_act=next_act,
        next_due_at=next_due_at,
    )
    if by is not None:
        keep_own_work(case=case, agency=by.agency)
    return event


def names_somebody(access: CaseAccess, text: str) -> bool:
    """Whether `text` names a person of the case, of those the acting agency may read."""
    persons = Person.objects.filter(case_persons__case=access.case_id)
    return mentions(text, (name for person in persons for name in (person.given_name, person.family_name)))


def check(instance: Any) -> None:
    """Run a model's own validation and turn its words into RuleBroken; nothing is saved."""
    values = {field.name: getattr(instance, field.attname) for field in instance._meta.concrete_fields}
    # PostgreSQL's text holds no NUL, and the questions validation asks it neither
    if unheld := [name for name, value in values.items() if isinstance(value, str) and "\x00" in value]:
        raise RuleBroken({name: [ProhibitNullCharactersValidator.message] for name in unheld})
    # a column that may be NULL may be left empty, whether or not a form would offer it
    left_empty = [f.name for f in instance._meta.concrete_fields if f.null and getattr(instance, f.attname) is None]
    try:
        instance.full_clean(exclude=left_empty, validate_unique=False)
    except ValidationError as error:
        raise RuleBroken(
            {("" if name == "__all__" else name): messages for name, messages in error.message_dict.items()}
        ) from None
