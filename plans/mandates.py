"""Mandates: what an authority imposes on him, prolonged, reported on, ended."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from cases.access import CaseAccess
from cases.enums import EventCode
from cases.services import check
from common.errors import RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once
from common.templatetags.ui import local_when

from . import programme_rules as rules
from .models import (
    IssuerKind,
    Mandate,
    MandateEnd,
    MandateEnding,
    MandateReport,
    Programme,
)
from .programme import authored, of_key, refuse_unless_kept, tell_timeline, today

LONGEST = 4_000
LONGEST_NAME = 200
LONGEST_MANDATE = timedelta(days=5 * 366)
MOST_DAYS_BETWEEN_REPORTS = 366


@dataclass(frozen=True, kw_only=True)
class Mandated:
    """A mandate as it was typed: "" and None where nothing was said."""

    issuer_kind: str = ""
    issuer_id: UUID | None = None
    issuer_name: str = ""
    number: str = ""
    conditions: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    reports_to: str = ""
    report_every_days: int | None = None


def mandate_problems(typed: Mandated) -> dict[str, list[str]]:
    """What is wrong with a mandate as it was typed, by field."""
    errors: dict[str, list[str]] = {}
    if typed.issuer_kind not in IssuerKind.values:
        errors["issuer_kind"] = [_("Say who mandates.")]
    elif typed.issuer_id is None and not typed.issuer_name.strip():
        errors["issuer_id"] = [_("Choose the authority, or write its name.")]
    elif typed.issuer_id is not None and _authority(typed) is None:
        errors["issuer_id"] = [_("Choose an authority of this kind, or write its name.")]
    texts = (("issuer_name", LONGEST_NAME, ""), ("number", LONGEST_NAME, ""), ("reports_to", 1_000, ""))
    conditions = ("conditions", LONGEST, _("Write the conditions: they are what the authority is told about."))
    for name, most, missing in (*texts, conditions):
        if problem := text_problem(getattr(typed, name), most=most, missing=missing):
            errors[name] = [problem]
    if typed.starts_on is None:
        errors["starts_on"] = [_("Say from which day on.")]
    elif abs(typed.starts_on - today()) > LONGEST_MANDATE:
        errors["starts_on"] = [_("This day is too far away.")]
    if typed.ends_on is not None and typed.starts_on is not None:
        if typed.ends_on < typed.starts_on:
            errors["ends_on"] = [_("The mandate ends before it begins.")]
        elif typed.ends_on - typed.starts_on > LONGEST_MANDATE:
            errors["ends_on"] = [_("This day is too far away.")]
    every = typed.report_every_days
    if every is not None and not 1 <= every <= MOST_DAYS_BETWEEN_REPORTS:
        errors["report_every_days"] = [_("Between 1 and %(most)d days.") % {"most": MOST_DAYS_BETWEEN_REPORTS}]
    return errors


def _authority(typed: Mandated) -> Agency | None:
    return Agency.objects.active().filter(pk=typed.issuer_id, kind=typed.issuer_kind).first()


def authorities() -> list[Agency]:
    """Services with an account that may mandate; whether they take part in the case is not said."""
    return list(Agency.objects.active().filter(kind__in=rules.MANDATING).order_by("name", "pk"))


def add_mandate(
    *,
    by: Membership,
    access: CaseAccess,
    programme: Programme,
    typed: Mandated,
    request_key: UUID,
    replaces_id: UUID | None = None,
) -> Mandate:
    """Another mandate of a programme, or a prolongation: it replaces one from the day after that one's end on.

    Raises Refused, Http404, and RuleBroken by field, also where it is prolonged or ended already.
    """
    refuse_unless_kept(access, programme)
    mine = of_key(Mandate, by, programme, request_key)
    if (already := mine.first()) is not None:
        return already
    lock(f"programme {programme.pk}")
    former = None
    if replaces_id is not None:
        own = Mandate.objects.filter(pk=replaces_id, programme=programme)
        former = own.select_related("end__author", "replaced_by__author").first()
        if former is None:
            raise Http404
        _refuse_over(former)
        typed = Mandated(
            issuer_kind=former.issuer_kind,
            issuer_id=former.issuer_id,
            issuer_name=former.issuer_name,
            number=typed.number or former.number,
            conditions=typed.conditions,
            starts_on=former.ends_on + timedelta(days=1) if former.ends_on else None,
            ends_on=typed.ends_on,
            reports_to=typed.reports_to,
            report_every_days=typed.report_every_days,
        )
    errors = mandate_problems(typed)
    if former is not None:
        if former.ends_on is None:
            raise RuleBroken(_("This mandate has no last day: there is nothing to prolong."))
        if typed.ends_on is not None and typed.ends_on <= former.ends_on:
            errors["ends_on"] = [_("A prolongation ends after the mandate it prolongs.")]
    if errors:
        raise RuleBroken(errors)
    mandate, new = write_mandate(by, programme, typed, request_key=request_key, replaces=former)
    if new:
        step = "prolonged" if former else "mandated"
        tell_timeline(by, programme.case, EventCode.PROGRAMME_MOVED, {"programme": str(programme.pk), "step": step})
    return mandate


def write_mandate(
    by: Membership, programme: Programme, typed: Mandated, *, request_key: UUID, replaces: Mandate | None
) -> tuple[Mandate, bool]:
    values = {name: value.strip() if isinstance(value, str) else value for name, value in vars(typed).items()}
    mandate = Mandate(
        case_id=programme.case_id,
        programme=programme,
        replaces=replaces,
        request_key=request_key,
        **values,
        **authored(by),
    )
    check(mandate)
    return insert_once(mandate, mine=of_key(Mandate, by, programme, request_key))


def end_mandate(
    *, by: Membership, access: CaseAccess, mandate: Mandate, ended_on: date | None, reason: str
) -> MandateEnd:
    """A mandate is over, from the day after `ended_on`. Saying the same again gives the first answer.

    Raises Refused, and RuleBroken by field, or where somebody has ended or prolonged it meanwhile.
    """
    refuse_unless_kept(access, mandate.programme)
    lock(f"programme {mandate.programme_id}")
    already = MandateEnd.objects.filter(mandate=mandate).first()
    if already is not None and (already.ended_on, already.reason) == (ended_on, reason):
        return already
    _refuse_over(Mandate.objects.select_related("end", "replaced_by").get(pk=mandate.pk))
    errors: dict[str, list[str]] = {}
    if reason not in MandateEnding.values:
        errors["reason"] = [_("Say why it ends.")]
    if ended_on is None:
        errors["ended_on"] = [_("Say what its last day is.")]
    elif ended_on > today():
        errors["ended_on"] = [_("This day has not come yet.")]
    elif ended_on < mandate.starts_on:
        errors["ended_on"] = [_("The mandate ends before it begins.")]
    if errors:
        raise RuleBroken(errors)
    end = MandateEnd(case_id=mandate.case_id, mandate=mandate, ended_on=ended_on, reason=reason, **authored(by))
    check(end)
    end.save(force_insert=True)
    payload = {"programme": str(mandate.programme_id), "step": "mandate_ended"}
    tell_timeline(by, mandate.programme.case, EventCode.PROGRAMME_MOVED, payload)
    return end


def _refuse_over(mandate: Mandate) -> None:
    if (end := getattr(mandate, "end", None)) is not None:
        values = {"who": end.author.full_name, "day": local_when(end.at, "on")}
        raise RuleBroken(_("%(who)s has already ended this mandate, %(day)s.") % values)
    if (next_one := getattr(mandate, "replaced_by", None)) is not None:
        values = {"who": next_one.author.full_name, "day": local_when(next_one.at, "on")}
        raise RuleBroken(_("%(who)s has already prolonged this mandate, %(day)s: change that one.") % values)


def report_given(
    *, by: Membership, access: CaseAccess, mandate: Mandate, given_on: date | None, request_key: UUID
) -> MandateReport:
    """A report on attendance and conditions was given to the authority. Raises Refused, RuleBroken by field."""
    refuse_unless_kept(access, mandate.programme)
    mine = MandateReport.objects.filter(request_key=request_key, mandate=mandate, author=by.user)
    if (already := mine.first()) is not None:
        return already
    if given_on is None or not mandate.starts_on <= given_on <= today():
        raise RuleBroken({"given_on": [_("Between the first day of the mandate and today.")]})
    report = MandateReport(
        case_id=mandate.case_id, mandate=mandate, given_on=given_on, request_key=request_key, **authored(by)
    )
    check(report)
    return insert_once(report, mine=mine)[0]
