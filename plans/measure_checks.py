"""Active measures for this person: one audited question on the road, by any police zone and prosecutor, at any hour.

It reads in the cases of every agency, and answers with what matters on the road: which measures bind him, until when,
which zone follows. Never the case, never where she is. That somebody asked is on the trail of each case it answered
from; the name that was typed is written nowhere.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.enums import AgencyKind
from agencies.models import Agency, Membership
from audit.models import Action
from audit.services import record
from cases.access import kept_out
from cases.enums import Category, Side
from cases.likeness import Known, names_likeness
from cases.matching import thresholds
from cases.models import CasePerson
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from common.locks import lock
from common.names import initials, sort_key

from . import measure_perms as perms
from .dangers import on_the_road
from .measures import label, running_steps
from .models import MeasureState, MeasureStep

KIND = "plans.road_check"
MOST = 2000
"""Persons bound by a measure that one question compares, of those the birth date leaves."""
FEWEST_LETTERS = 2


class Why(TextChoices):
    """Why somebody asks."""

    CONTROL = "control", gettext_lazy("a check of identity or traffic")
    INTERVENTION = "intervention", gettext_lazy("an intervention under way")
    NEAR = "near", gettext_lazy("he is seen near a place or a person to protect")
    ARREST = "arrest", gettext_lazy("an arrest or a hearing")
    OTHER = "other", gettext_lazy("another police or judicial task")


class TooMany(Exception):
    """This person has asked as often as an hour allows."""


@dataclass(frozen=True)
class Wanted:
    """Whom somebody asks about, and why."""

    family_name: str = ""
    given_name: str = ""
    birth_date: date | None = None
    why: str = ""


@dataclass(frozen=True)
class OnTheRoad:
    """One measure, as the road needs it. `places` is empty and `ask` true where the order names an address of hers."""

    label: str
    notified: bool
    until: datetime | None
    places: str
    conditions: str
    ask: bool
    protects: list[str]
    zone: str
    phone: str
    dangers: list[str]


@dataclass(frozen=True)
class Answer:
    """What is known: the measures, or that several persons fit and the birth date is needed."""

    measures: list[OnTheRoad]
    several: bool = False
    undated: bool = False


def check(*, by: Membership, wanted: Wanted) -> Answer:
    """The measures that bind this person now. Raises Refused, RuleBroken by field, TooMany."""
    if not perms.may_check_on_the_road(by):
        raise Refused(_("Police zones and prosecutors ask which measures bind a person."))
    if errors := _problems(wanted):
        raise RuleBroken(errors)
    _count(by)
    with system_context(SystemContext.MEASURES_CHECK):
        steps = _found(by, wanted)
        # with the birth date they are one person, however their names were spelled
        several = wanted.birth_date is None and len({_same(step.measure.about) for step in steps}) > 1
        told = [] if several else _told(steps)
    record(action=Action.SEARCHED, object_kind=KIND, object_id=uuid7(), reason=wanted.why)
    for case_id in sorted({step.case_id for step in steps} if told else ()):
        record(
            action=Action.READ,
            case_id=case_id,
            object_kind=KIND,
            object_id=case_id,
            fields=(f"{Category.JUDICIAL}:{Side.CASE}",),
            reason=wanted.why,
        )
    undated = any(step.measure.about.person.birth_date is None for step in steps) or wanted.birth_date is None
    return Answer(told, several, bool(told) and undated)


def _problems(wanted: Wanted) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for name in ("family_name", "given_name"):
        typed = getattr(wanted, name)
        letters = [sign for sign in sort_key(typed) if sign.isalpha()]
        if len(letters) < FEWEST_LETTERS or any(sign in typed for sign in "*%?_"):
            errors[name] = [_("Write the whole name, as it stands on the identity document.")]
    if wanted.birth_date and wanted.birth_date > local(now()).date():
        errors["birth_date"] = [_("The birth date cannot be in the future.")]
    if wanted.why not in Why.values:
        errors["why"] = [_("Say why you ask.")]
    return errors


def _count(by: Membership) -> None:
    """One question after the other for the same person; the trail is what is counted."""
    lock(f"road check {by.user_id}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT plans_measure_checks()")
        (made,) = cursor.fetchone()
    if made >= settings.MEASURE_CHECKS:
        record(action=Action.REFUSED, object_kind=KIND)
        raise TooMany


def _found(by: Membership, wanted: Wanted) -> list[MeasureStep]:
    """Where the measures that bind this person stand, in every case this officer is not kept out of by a conflict of
    interest. A case restricted to named persons answers too: the measure is there to be kept.
    """
    steps = running_steps(now()).filter(measure__about__isnull=False, measure__hers=False)
    if wanted.birth_date:
        dated = Q(measure__about__person__birth_date=wanted.birth_date)
        steps = steps.filter(dated | Q(measure__about__person__birth_date=None))
    steps = steps.annotate(out=kept_out(case="case", user=by.user_id, outside=True)).filter(out=False)
    rows = steps.select_related("measure__about__person", "measure__agency", "case__lead_agency")
    return [row for row in rows.order_by("-recorded_at")[:MOST] if _is(row.measure.about, wanted)]


def _is(case_person: CasePerson, wanted: Wanted) -> bool:
    """The names are those typed, whatever the accents, hyphens, particles and order, and no birth date is another."""
    person = case_person.person
    known = Known(person.given_name, person.family_name, person.birth_date, frozenset())
    asked = Known(wanted.given_name, wanted.family_name, wanted.birth_date, frozenset())
    family, given = names_likeness(asked, known)
    if wanted.birth_date and person.birth_date and wanted.birth_date != person.birth_date:
        return False
    return min(family, given) >= thresholds().exact


def _same(case_person: CasePerson) -> tuple[str, ...]:
    """One person over several cases: the same words of the names and the same birth date."""
    person = case_person.person
    words = sorted(sort_key(person.full_name).replace("-", " ").split())
    return (*words, str(person.birth_date or ""))


def _told(steps: list[MeasureStep]) -> list[OnTheRoad]:
    wanted: set[UUID] = {pk for step in steps for pk in step.measure.protects}
    dangers = on_the_road({step.case_id for step in steps})
    persons = {each.pk: each.person for each in CasePerson.objects.filter(pk__in=wanted).select_related("person")}
    lines = []
    for step in steps:
        measure = step.measure
        zone = _zone(step)
        names = [initials(persons[pk].given_name, persons[pk].family_name) for pk in measure.protects if pk in persons]
        lines.append(
            OnTheRoad(
                label(measure),
                step.state != MeasureState.ORDERED,
                step.ends_at,
                "" if measure.her_address else measure.places,
                "" if measure.her_address else measure.conditions,
                measure.her_address,
                [each for each in names if each],
                zone.short_name,
                zone.duty_phone or zone.professional_phone,
                dangers.get(step.case_id, []),
            )
        )
    return lines


def _zone(step: MeasureStep) -> Agency:
    """Which service to call: the police that leads the case, else the police that asked, else who asked."""
    lead, asked = step.case.lead_agency, step.measure.agency
    police = [each for each in (lead, asked) if each.kind == AgencyKind.POLICE]
    return police[0] if police else asked
