"""The draft of a declaration of an injured party, filled in from a complaint. Our own wording, for a jurist to confirm.

Where she lives and how she is reached are never printed: she writes the address she chooses herself. Nor is the
reference of the case: the file it goes into may be read by him.
"""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from cases.access import CaseAccess
from cases.enums import PersonRole
from cases.models import CasePerson
from cases.perms import shows_person
from common.clock import local
from common.templatetags.ui import written

from .models import Report
from .shown import violence


def paper(report: Report, access: CaseAccess) -> dict[str, Any]:
    """The document as `pdf/declaration.typ` takes it; what is not known is left to be written by hand."""
    persons = CasePerson.objects.filter(case=report.case_id).select_related("person").order_by("created_at")
    known = [each for each in persons if shows_person(access, each)]
    hers = next((each for each in known if each.role == PersonRole.VICTIM), None)
    his = [each for each in known if each.role == PersonRole.PRESUMED_PERPETRATOR]
    happened = local(report.occurred_at) if report.occurred_at else None
    return {
        "title": _("Declaration of an injured party"),
        "notice": _("Draft of a form, to be confirmed by a jurist. It is not the official form."),
        "foot": report.pv_number,
        "intro": _(
            "I declare that I was injured by the facts below. I ask to be told what becomes of them: whether they are"
            " closed without further action and why, whether an inquiry is opened, and on which day a court hears them."
        ),
        "blocks": [
            {
                "title": _("Who declares"),
                "rows": [
                    (_("Family name"), hers.person.family_name if hers else ""),
                    (_("Given name"), hers.person.given_name if hers else ""),
                    (_("Born on"), _day(hers.person.birth_date if hers else None)),
                    (_("Address to write to"), ""),
                    (_("Lawyer, if there is one"), ""),
                ],
                "note": _(
                    "This address may be read in the file one day. It may be another one than where you live:"
                    " your lawyer’s, for example."
                ),
            },
            {
                "title": _("The facts"),
                "rows": [
                    (_("Report number"), report.pv_number),
                    (_("Recorded by"), report.agency.name),
                    (_("Recorded on"), written(local(report.recorded_at).date())),
                    (_("The facts happened on"), f"{written(happened.date())}, {happened:%H:%M}" if happened else ""),
                    (_("Where"), " ".join(filter(None, [report.place, report.postal_code]))),
                    (_("Kinds of violence"), ", ".join(violence(report))),
                    (_("Presumed perpetrator"), ", ".join(filter(None, (each.person.full_name for each in his)))),
                ],
                "note": "",
            },
            {
                "title": _("What I suffered"),
                "rows": [(_("Injuries, fear, damage"), ""), (_("Papers joined"), "")],
                "note": "",
            },
        ],
        "sign": [_("Place and day"), _("Signature")],
    }


def _day(day: date | None) -> str:
    return written(day) if day else ""
