"""What is written of protection measures: asked for or ordered, each step a row, who was told, what was not respected.

What follows in other rooms (who is reminded of its end, what turns, the timeline, who is noticed) stands in
`casework.measures`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess, keep_own_work
from cases.enums import Category, ContactKind, Side
from cases.models import Case, ContactPoint
from cases.services import check
from common.clock import now
from common.errors import Refused, RuleBroken, StaleVersion, text_problem
from common.locks import lock
from common.names import sort_key
from common.once import insert_once
from common.templatetags.ui import local_when
from reports.models import Report, TrackingAct

from . import measure_perms as perms
from .measure_rules import Standing, Typed, holds_since, start_of, step_problems
from .measure_states import BEGINNINGS, acts_from
from .measures import current_steps, reports_of, who_may_be_bound, who_may_be_protected
from .models import (
    DeclaredAddress,
    HowTold,
    MeasureAct,
    MeasureBreach,
    MeasureKind,
    MeasureStep,
    MeasureTold,
    ProtectionMeasure,
    ToldWhom,
)
from .models.measures import HERS

LONGEST = 4000
LONGEST_NAME = 100
TEXTS = ("places", "kept_places", "conditions", "reasons")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A measure as it was typed. `his_to_know` says that he knows the address of hers that stands in what he reads."""

    kind: str = ""
    hers: bool = False
    name: str = ""
    about: UUID | None = None
    protects: tuple[UUID, ...] = ()
    places: str = ""
    kept_places: str = ""
    conditions: str = ""
    reasons: str = ""
    his_to_know: bool = False


def begin(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    wanted: Wanted,
    typed: Typed,
    request_key: UUID,
    report: Report | None = None,
    board_act: TrackingAct | None = None,
) -> tuple[ProtectionMeasure, MeasureStep, bool]:
    """A measure is asked for, or was ordered already: (it, its first step, whether it is new). The same `request_key`
    gives the first one, and so does the same measure of the board.

    Raises Refused, RuleBroken by field.
    """
    if not perms.may_write_measures(access, by.agency):
        raise Refused(_("Protection measures are written by police and justice services that work on the case."))
    mine = ProtectionMeasure.objects.filter(case=case)
    same = Q(request_key=request_key, author=by.user_id) | (Q(board_act=board_act) if board_act else Q(pk__in=[]))
    if (already := mine.filter(same).first()) is not None:
        return already, already.steps.get(supersedes=None), False
    wanted = replace(wanted, **{name: getattr(wanted, name).strip() for name in (*TEXTS, "name")})
    errors = _problems(case, access, wanted)
    if typed.act not in BEGINNINGS:
        errors["act"] = [_("Say whether it is asked for or ordered already.")]
    else:
        errors |= step_problems(wanted.kind, None, typed, now=now())
    if errors:
        raise RuleBroken(errors)
    measure = ProtectionMeasure(
        case=case,
        kind=wanted.kind,
        hers=wanted.hers or wanted.kind in HERS,
        name=wanted.name if wanted.kind == MeasureKind.OTHER else "",
        about_id=wanted.about,
        protects=list(wanted.protects),
        her_address=bool(_address_in(case, access, wanted)),
        report=report,
        board_act=board_act,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
        **{name: getattr(wanted, name) for name in TEXTS},
    )
    check(measure)
    measure, new = insert_once(measure, mine=mine.filter(same))
    if not new:
        return measure, measure.steps.get(supersedes=None), False
    first = _write(by, measure, None, typed, request_key)
    keep_own_work(case=case, agency=by.agency)
    return measure, first, True


def step(
    *,
    by: Membership,
    access: CaseAccess,
    measure: ProtectionMeasure,
    typed: Typed,
    shown: UUID | None,
    request_key: UUID,
) -> tuple[MeasureStep, bool]:
    """What becomes of a measure: (the step, whether it is new). `shown` is where the page showed it to stand.

    Raises Refused, RuleBroken by field, StaleVersion naming who wrote what in between.
    """
    if not perms.may_write_measures(access, by.agency):
        raise Refused(_("Protection measures are written by police and justice services that work on the case."))
    lock(f"measure {measure.pk}")
    sent = MeasureStep.objects.filter(request_key=request_key, measure=measure, author=by.user_id)
    if (already := sent.first()) is not None:
        return already, False
    last = current_steps().select_related("author").get(measure=measure)
    if last.pk != shown:
        raise StaleVersion(_stale(last))
    if typed.act in (MeasureAct.EXTEND, MeasureAct.HEARING) and typed.at is None:
        typed = replace(typed, at=now())
    if typed.act not in acts_from(last.state, measure.kind):
        raise RuleBroken(
            {"act": [_("This cannot follow: the measure is %(state)s.") % {"state": last.get_state_display()}]}
        )
    errors = step_problems(measure.kind, standing(last), typed, now=now())
    if problem := text_problem(typed.text, most=LONGEST):
        errors.setdefault("text", []).append(problem)
    if errors:
        raise RuleBroken(errors)
    return _write(by, measure, last, typed, request_key), True


def standing(last: MeasureStep) -> Standing:
    """A step as the rules take it."""
    return Standing(last.state, last.at, last.starts_at, last.ends_at, last.hearing_at)


def tell(
    *,
    by: Membership,
    access: CaseAccess,
    measure: ProtectionMeasure,
    whom: str,
    how: str,
    at: datetime | None,
    words: str,
    request_key: UUID,
) -> tuple[MeasureTold, bool]:
    """Somebody was told of a measure. Raises Refused, RuleBroken by field."""
    if not perms.may_tell(access, whom or ToldWhom.PERPETRATOR):
        raise Refused(_("You can read this measure but not write who was told of it."))
    errors: dict[str, list[str]] = {}
    if whom not in ToldWhom.values:
        errors["whom"] = [_("Say who was told.")]
    elif whom == ToldWhom.PERPETRATOR and measure.hers:
        errors["whom"] = [_("He never learns of this measure.")]
    if how not in HowTold.values:
        errors["how"] = [_("Say how.")]
    if problem := _past(at):
        errors["at"] = [problem]
    if problem := text_problem(words, most=LONGEST):
        errors["words"] = [problem]
    return _row(by, MeasureTold, measure, request_key, errors, whom=whom, how=how, at=at, words=words.strip())


def breach(
    *,
    by: Membership,
    access: CaseAccess,
    measure: ProtectionMeasure,
    report_id: UUID | None,
    at: datetime | None,
    words: str,
    request_key: UUID,
) -> tuple[MeasureBreach, bool]:
    """A measure was not respected. A report of the case says it, or words do until there is one.

    Raises Refused, RuleBroken by field.
    """
    if not perms.may_note_breach(access):
        raise Refused(_("You can read this case but not add to it."))
    errors: dict[str, list[str]] = {}
    report = None
    if report_id is not None:
        report = reports_of(measure.case, access).filter(pk=report_id).first()
        if report is None:
            errors["report"] = [_("Choose one of the reports of this case.")]
        elif measure.breaches.filter(report=report).exclude(request_key=request_key).exists():
            errors["report"] = [_("This report stands with the measure already.")]
        else:
            at = at or report.occurred_at or report.met_at
    if problem := _past(at):
        errors["at"] = [problem]
    elif measure.made_at and at < _first_moment(measure):
        errors["at"] = [_("The measure did not exist yet.")]
    if problem := text_problem(
        words, most=LONGEST, missing="" if report else _("Say what happened, or choose a report.")
    ):
        errors["words"] = [problem]
    return _row(by, MeasureBreach, measure, request_key, errors, report=report, at=at, words=words.strip())


def declare_address(
    *,
    by: Membership,
    access: CaseAccess,
    measure: ProtectionMeasure,
    address: str,
    given_at: datetime | None,
    request_key: UUID,
) -> tuple[DeclaredAddress, bool]:
    """The address a removed person gave. Raises Refused, RuleBroken by field."""
    if not perms.may_write_address(access, by.agency):
        raise Refused(_("Police and justice services write down the address he gave."))
    errors: dict[str, list[str]] = {}
    if measure.kind != MeasureKind.RESIDENCE_BAN:
        errors[""] = [_("An address is asked of who may not live at home any more.")]
    if problem := text_problem(address, most=300, missing=_("Write the address he gave.")):
        errors["address"] = [problem]
    if problem := _past(given_at):
        errors["given_at"] = [problem]
    return _row(by, DeclaredAddress, measure, request_key, errors, address=address.strip(), given_at=given_at)


# --- inside -----------------------------------------------------------------------------------------------------
def _row(
    by: Membership, model: type, measure: ProtectionMeasure, request_key: UUID, errors: Mapping, **values: Any
) -> tuple[Any, bool]:
    mine = model.objects.filter(request_key=request_key, measure=measure, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, False
    if errors:
        raise RuleBroken(errors)
    row = model(
        case_id=measure.case_id, measure=measure, request_key=request_key, agency=by.agency, author=by.user, **values
    )
    check(row)
    row, new = insert_once(row, mine=mine)
    keep_own_work(case=measure.case, agency=by.agency)
    return row, new


def _write(
    by: Membership, measure: ProtectionMeasure, last: MeasureStep | None, typed: Typed, request_key: UUID
) -> MeasureStep:
    since = holds_since(measure.kind, standing(last) if last else None, typed)
    row = MeasureStep(
        case_id=measure.case_id,
        measure=measure,
        kind=measure.kind,
        act=typed.act,
        state=since.state,
        at=typed.at,
        authority=typed.authority,
        starts_at=since.starts_at,
        ends_at=since.ends_at,
        hearing_at=since.hearing_at,
        judged_at=start_of(typed.judged_on) if typed.judged_on else None,
        text=typed.text.strip(),
        supersedes=last,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(row)
    mine = MeasureStep.objects.filter(request_key=request_key, measure=measure, author=by.user_id)
    return insert_once(row, mine=mine)[0]


def _stale(last: MeasureStep) -> str:
    values = {"what": last.get_act_display(), "when": local_when(last.recorded_at)}
    if last.author is None:
        return _("The end of the measure was reached in the meantime, %(when)s. Nothing of yours is saved.") % values
    words = _("%(who)s wrote in the meantime, %(when)s: %(what)s. Nothing of yours is saved.")
    return words % (values | {"who": last.author.full_name})


def _past(at: datetime | None) -> str:
    if at is None:
        return _("Say when.")
    return _("This moment has not come yet.") if at > now() else ""


def _first_moment(measure: ProtectionMeasure) -> datetime:
    return measure.steps.filter(supersedes=None).values_list("at", flat=True).get()


def _problems(case: Case, access: CaseAccess, wanted: Wanted) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if wanted.kind not in MeasureKind.values:
        errors["kind"] = [_("Choose the measure.")]
    other = wanted.kind == MeasureKind.OTHER
    if other and (problem := text_problem(wanted.name, most=LONGEST_NAME, missing=_("Name the measure."))):
        errors["name"] = [problem]
    hers = wanted.hers or wanted.kind in HERS
    if wanted.hers and not other and wanted.kind not in HERS:
        errors["hers"] = [_("He is told of this measure: it cannot be kept from his side.")]
    bound = {each.pk for each in who_may_be_bound(case, access)}
    if wanted.about is None and not hers:
        errors["about"] = [_("Say whom the measure binds.")]
    elif wanted.about is not None and wanted.about not in bound:
        errors["about"] = [_("Choose one of the persons of this case.")]
    if not set(wanted.protects) <= {each.pk for each in who_may_be_protected(case, access)}:
        errors["protects"] = [_("Choose among the persons of this case.")]
    for name in TEXTS:
        if problem := text_problem(getattr(wanted, name), most=LONGEST):
            errors[name] = [problem]
    if wanted.kind in (MeasureKind.RESIDENCE_BAN, MeasureKind.NO_APPROACH) and not wanted.places:
        errors.setdefault("places", [_("Say which place, as the order names it.")])
    if not errors and not hers and not wanted.his_to_know and (name := _address_in(case, access, wanted)):
        errors[name] = [_("She is reached at this address, and he will read it. Write it below instead.")]
        errors["his_to_know"] = [_("Or say that he knows it already: the home they shared.")]
    return errors


def _address_in(case: Case, access: CaseAccess, wanted: Wanted) -> str:
    """The field he reads in which an address of hers stands, as far as the writer reads her addresses; or ""."""
    if not access.can(Category.CONTACT, Side.VICTIM):
        return ""
    points = ContactPoint.objects.filter(case=case, side=Side.VICTIM, kind=ContactKind.ADDRESS, ended_at=None)
    addresses = [key for point in points if len(key := sort_key(point.value)) > 3]
    for name in ("places", "conditions", "name"):
        typed = sort_key(getattr(wanted, name))
        if typed and any(address in typed for address in addresses):
            return name
    return ""
