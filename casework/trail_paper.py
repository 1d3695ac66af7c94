"""What the printed trail of a case says: who has read and changed it, and what proves that nobody altered the list."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import state
from cases.models import Case
from common.clock import local, now
from common.templatetags.ui import written
from sharing.law import to_confirm

from . import trail


def document(
    case: Case,
    *,
    lines: list[dict[str, Any]],
    cut: bool,
    readers: list[trail.ReaderLine],
    more_readers: bool,
    intro: list[str],
    printer: str,
) -> dict[str, Any]:
    """The document as `pdf/case_trail.typ` takes it: text and lists of text."""
    printed_at = _moment(now())
    many = _("Only the latest %(rows)d rows stand here. Choose a period for the earlier ones.") % {
        "rows": trail.ON_PAPER
    }
    few = _("Only the latest %(readers)d readers stand here.") % {"readers": trail.MOST_READERS}
    return {
        "title": _("Who has read and changed the case %(reference)s") % {"reference": case.reference},
        "foot": _("MOVE, %(reference)s: readings and changes") % {"reference": case.reference},
        "intro": [_("Printed on %(when)s by %(who)s.") % {"when": printed_at, "who": printer}, *intro],
        "readers_title": _("Who has read"),
        "readers_heads": [_("Who"), _("From when to when"), _("What"), _("On which basis")],
        "readers": [
            [
                [one.who, one.agency],
                [_moment(one.first), _moment(one.last) if one.last != one.first else "", _times(one)],
                [", ".join(one.pages), ", ".join(one.fields)],
                one.bases or ["–"],
            ]
            for one in readers
        ],
        "no_readers": _("Nobody, of what was asked for."),
        "readers_cut": few if more_readers else "",
        "to_confirm": to_confirm(),
        "lines_title": _("One by one"),
        "lines_heads": [_("When"), _("Who"), _("What"), _("Basis")],
        "lines": [
            [
                [_moment(line["at"])],
                [line["who"], line["agency"]],
                [
                    _("%(what)s: %(objects)s") % {"what": line["what"], "objects": ", ".join(line["objects"])}
                    + _repeated(line["count"]),
                    ", ".join(line["fields"]),
                ],
                [line["basis"]],
            ]
            for line in lines
        ],
        "lines_cut": many if cut else "",
        "proof_title": _("Has this list been altered?"),
        "proof": _proof(),
    }


def _repeated(count: int) -> str:
    return f" ×{count}" if count > 1 else ""


def _times(one: trail.ReaderLine) -> str:
    """How often, and how many copies were taken out."""
    said = ngettext("%(count)d time", "%(count)d times", one.times) % {"count": one.times}
    if one.copies:
        copies = ngettext("%(count)d copy taken out", "%(count)d copies taken out", one.copies) % {"count": one.copies}
        said = f"{said}, {copies}"
    return said


def _proof() -> list[str]:
    """The state of the seals in sentences, for paper."""
    found = state.proof()
    said = [
        _(
            "Each row is written with its time and its transaction by the database and can neither be changed nor"
            " removed by the application. Each minute the new rows are sealed together: their digests give a root,"
            " chained to the one before, and the roots leave the database, so that a row changed, removed or inserted"
            " afterwards no longer fits. Keep this paper: the root below can be compared later with those that were"
            " sent away."
        )
    ]
    if found.seal is None:
        return [*said, _("Nothing has been sealed yet.")]
    said.append(_("Everything written before %(when)s is sealed.") % {"when": _moment(found.sealed_until)})
    said.append(
        _("Last seal: number %(number)d, %(when)s. Root: %(root)s")
        % {"number": found.seal.number, "when": _moment(found.seal.taken_at), "root": found.root}
    )
    said.append(_result(found))
    return said


def _result(proof: state.Proof) -> str:
    checked = proof.checked
    if checked is None:
        return _("The seals have never been checked yet.")
    values = {
        "when": _moment(checked.finished_at),
        "rows": checked.rows,
        "upto": checked.upto_number,
        "found": checked.found,
    }
    if checked.found:
        found = _(
            "Last check: %(when)s. Something is not in order (%(found)d); the data-protection officer follows it."
        )
        return found % values
    return _("Last check: %(when)s, %(rows)d rows up to seal %(upto)d. Nothing was altered.") % values


def _moment(at: datetime) -> str:
    return f"{written(local(at).date())}, {local(at):%H:%M:%S}"
