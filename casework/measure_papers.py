"""The sheets of a measure, filled in from what is known: the request for who decides, the notification for him.

Our own wording, for a jurist to confirm. On the notification stands what he may read: neither where she is, nor why it
was asked for, nor our reference; the facts are left for the authority to write.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.access import CaseAccess
from cases.enums import Category, ContactKind, Side
from cases.models import Case, CasePerson, ContactPoint
from cases.perms import shows_person
from common.clock import local
from common.templatetags.ui import written
from plans.measure_rules import ban_until
from plans.measures import Current
from plans.models import MeasureAct, MeasureKind
from reports.models import Report
from reports.shown import sections_of

Row = tuple[str, str]


class Paper(StrEnum):
    REQUEST = "request"
    NOTIFICATION = "notification"


NAMES = {Paper.REQUEST: "demande.pdf", Paper.NOTIFICATION: "notification.pdf"}
"""What the file is called: it stays in the history of the browser."""


def report_for(current: Current, access: CaseAccess) -> Report | None:
    """The report the request rests on: the one it was begun from, else the latest one, where it is read."""
    rows = Report.objects.filter(access.readable(), case=current.measure.case_id).select_related("agency")
    own = rows.filter(pk=current.measure.report_id).first() if current.measure.report_id else None
    return own or rows.order_by("-met_at", "-pk").first()


def paper(
    kind: Paper, *, case: Case, current: Current, access: CaseAccess, sections: Collection[str] = ()
) -> dict[str, Any]:
    """The document as `pdf/measure.typ` and its preview take it; what is not known is a line to write on."""
    build = _request if kind == Paper.REQUEST else _notification
    return {
        "notice": _("Draft to be checked and signed. It is not an official form; to be confirmed by a jurist."),
        "sign": [_("Place and day"), _("Name, function and signature")],
        **build(case, current, access, sections),
    }


def _request(case: Case, current: Current, access: CaseAccess, sections: Collection[str]) -> dict[str, Any]:
    measure = current.measure
    report = report_for(current, access)
    known = _known(case, access)
    blocks = [
        _block(_("What is asked for"), _measure_rows(current) + [(_("Why"), measure.reasons)]),
        _block(_("Whom it binds"), _person(known.get(measure.about_id)) + [(_("Address"), _his_address(case, access))]),
        _block(_("Whom it protects"), [row for pk in measure.protects for row in _person(known.get(pk))]),
    ]
    if not measure.hers:
        blocks.append(
            _block(
                _("Places"),
                [
                    (_("As the order is to name them"), measure.places),
                    (_("Not to be told to him"), measure.kept_places),
                ],
            )
        )
    if report is not None:
        rows = [
            (_("Report number"), report.pv_number),
            (pgettext("report", "Recorded by"), report.agency.name),
            (_("The facts happened on"), _moment(report.occurred_at)),
            (_("Where"), " ".join(filter(None, [report.place, report.postal_code]))),
        ]
        blocks.append(_block(_("The report"), rows, texts=_texts(report, access, sections)))
    return {
        "title": _("Request for a protection measure"),
        "intro": _(
            "For the authority that decides. It holds information on the victim: never for the presumed perpetrator."
        ),
        "foot": report.pv_number if report else "",
        "blocks": blocks,
    }


def _notification(case: Case, current: Current, access: CaseAccess, sections: Collection[str]) -> dict[str, Any]:
    measure, step = current.measure, current.step
    known = _known(case, access)
    ordered = next((each for each in current.steps if each.act == MeasureAct.ORDER), None)
    names = [known[pk].person.full_name for pk in measure.protects if pk in known]
    ban = measure.kind == MeasureKind.RESIDENCE_BAN
    end = step.ends_at or (ban_until(step.starts_at) if ban and step.starts_at else None)
    rows = [
        (_("Measure"), current.label),
        (_("Ordered by"), ordered.get_authority_display() if ordered else ""),
        (_("Ordered on"), _moment(ordered.at) if ordered else ""),
        (_("Persons you may not contact"), ", ".join(filter(None, names))),
        (_("Places you may not go to"), measure.places),
        (_("Conditions"), measure.conditions),
        (_("Notified on"), _moment(step.starts_at)),
        (_("It lasts until"), _moment(end)),
    ]
    if ban:
        rows.append((_("Hearing at the family court"), _moment(step.hearing_at)))
    blocks = [
        _block(_("To whom"), _person(known.get(measure.about_id)) + [(_("Address"), "")]),
        _block(_("What is ordered"), rows, note=_("The facts and the penalties are written by the authority.")),
        _block(_("Facts, in short"), [("", "")]),
    ]
    if ban:
        blocks.append(
            _block(
                _("What you have to do"),
                [(_("Address where you can be reached, within 24 hours"), ""), (_("Given to"), "")],
                note=_("To be confirmed by a jurist: law of 15 May 2012 on the temporary residence ban."),
            )
        )
    return {
        "title": _("Notification of a measure"),
        "intro": _("This measure holds from the moment you are told of it. A copy is left with you."),
        "foot": "",
        "blocks": blocks,
    }


def _block(title: str, rows: list[Row], *, note: str = "", texts: list[Row] | None = None) -> dict[str, Any]:
    return {"title": title, "rows": [list(row) for row in rows], "note": note, "texts": [list(t) for t in texts or []]}


def _measure_rows(current: Current) -> list[Row]:
    step = current.step
    return [
        (_("Measure"), current.label),
        (_("Conditions"), current.measure.conditions),
        (_("Where it stands"), f"{step.get_state_display()}, {_moment(step.at)}"),
    ]


def _known(case: Case, access: CaseAccess) -> dict[Any, CasePerson]:
    persons = CasePerson.objects.filter(case=case).select_related("person")
    return {each.pk: each for each in persons if shows_person(access, each)}


def _person(found: CasePerson | None) -> list[Row]:
    person = found.person if found else None
    return [
        (_("Name"), person.full_name if person else ""),
        (_("Born on"), written(person.birth_date) if person and person.birth_date else ""),
    ]


def _his_address(case: Case, access: CaseAccess) -> str:
    """His, where it is read; nobody else's."""
    if not access.can(Category.CONTACT, Side.PERPETRATOR):
        return ""
    points = ContactPoint.objects.filter(
        case=case, side=Side.PERPETRATOR, kind=ContactKind.ADDRESS, ended_at=None
    ).order_by("-recorded_at")
    point = points.first()
    return point.value if point else ""


def _texts(report: Report, access: CaseAccess, sections: Collection[str]) -> list[Row]:
    """What was written in the sections chosen, as it was written."""
    found = []
    for section in sections_of(report, access):
        if section["key"] not in sections:
            continue
        said = [f"{label}: {text}" if label else str(text) for label, text in section["answers"]]
        found.append((str(section["title"]), "\n".join(said) or (_("Not known.") if section["unknown"] else "")))
    return found


def _moment(at: Any) -> str:
    return f"{written(local(at).date())}, {local(at):%H:%M}" if at else ""
