"""The shift sheet of a police zone: what holds tonight in its own cases, and until when the sheet may be used.

Nothing but what this member reads of each case. The sheet is read by the whole shift: a case that is restricted, or in
which somebody of the zone has a conflict of interest, never stands on it. No address and no number of anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies import handouts
from agencies.enums import AgencyKind
from agencies.models import Membership
from agencies.perms import may_see_cases
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, grants_of, participants
from cases.enums import Category, Side
from cases.models import Case, CasePerson
from cases.page import short_names
from common.clock import now
from common.templatetags.ui import moment, written
from plans import custody, dangers, measures
from plans.models import StaffDanger

KIND = "casework.briefing"
FIELDS = ("judicial:case", "judicial:perpetrator", "summary:case")
MOST = 200
"""Cases on one sheet."""


def may_brief(membership: Membership | None) -> bool:
    """Read and print the shift sheet: whoever reads cases in a police zone."""
    return may_see_cases(membership) and membership.agency.kind == AgencyKind.POLICE


@dataclass(frozen=True)
class Entry:
    """One line of the sheet. `him` and `her` are as far as this member reads who they are: her initials alone."""

    case: Case
    him: str
    her: str
    what: str
    detail: str = ""
    when: str = ""
    url: str = ""

    @property
    def who(self) -> str:
        """Whom the line is about, in a few words."""
        return self.him or _("name not open to your zone")


@dataclass(frozen=True)
class Sheet:
    """What holds now, by part, and until when the sheet may be used."""

    made_at: datetime
    until: datetime
    alerts: Sequence[Entry]
    releases: Sequence[Entry]
    dangers: Sequence[Entry]
    measures: Sequence[Entry]
    checklist: handouts.Paper
    left_out: int
    cut: bool

    @property
    def parts(self) -> list[tuple[str, str, str, Sequence[Entry]]]:
        """(key, title, what to say where there is none, lines), the most urgent first."""
        days = settings.BRIEFING_RELEASE_DAYS
        return [
            (
                "alerts",
                _("Released: nobody has confirmed that she was told"),
                _("No release waits for a confirmation."),
                self.alerts,
            ),
            (
                "releases",
                ngettext("Releases expected within %(days)d day", "Releases expected within %(days)d days", days)
                % {"days": days},
                _("No release is expected, as far as your zone reads."),
                self.releases,
            ),
            (
                "dangers",
                _("Dangers for professionals"),
                _("No danger is flagged. That nothing is flagged does not mean that there is none."),
                self.dangers,
            ),
            (
                "measures",
                _("Measures that protect now"),
                _("No measure that your zone reads is in force."),
                self.measures,
            ),
        ]

    @property
    def cases(self) -> list[UUID]:
        """The cases that stand on it."""
        found = (entry.case.pk for _key, _title, _none, entries in self.parts for entry in entries)
        return list(dict.fromkeys(found))


def sheet(by: Membership, language: str) -> Sheet:
    """The shift sheet of the acting zone now. A constant number of queries."""
    made_at = now()
    alerts = custody.unconfirmed_alerts(by)
    releases = custody.expected_releases(by, until=made_at + timedelta(days=settings.BRIEFING_RELEASE_DAYS))
    named = {row.case_id for row in (*alerts, *releases)}
    protecting = measures.running_steps(made_at).values("case")
    flagged = StaffDanger.objects.filter(dangers.holding_today()).values("case")
    holding = Q(closed_at=None) & (Q(pk__in=protecting) | Q(pk__in=flagged))
    rows = list(Case.objects.visible_to(by).filter(holding | Q(pk__in=named)).order_by("pk")[: MOST + 1])
    kept, left_out = _for_the_shift(by, rows[:MOST])
    cases = {case.pk: case for case in kept}
    accesses = grants_of(list(cases), by)
    him, her = _his_names(accesses), short_names(accesses.values())

    def entry(case_id: UUID, what: str, page: str, *, detail: str = "", when: str = "") -> Entry:
        url = reverse(page, args=[case_id])
        return Entry(cases[case_id], him.get(case_id, ""), _of_her(accesses, her, case_id), what, detail, when, url)

    return Sheet(
        made_at=made_at,
        until=made_at + timedelta(hours=settings.BRIEFING_HOURS),
        alerts=[
            entry(
                row.case_id,
                _("confirm that she was told"),
                "casework:custody",
                when=_("release: %(when)s") % {"when": moment(row.released_at)},
            )
            for row in alerts
            if row.case_id in accesses
        ],
        releases=[
            entry(row.case_id, _("release planned"), "casework:custody", when=moment(row.released_at))
            for row in releases
            if row.case_id in accesses
        ],
        dangers=[
            entry(case_id, each.title, "plans:dangers", detail=each.precautions, when=_until(each.danger.until_on))
            for case_id, found in dangers.in_cases(accesses.values()).items()
            for each in found
        ],
        measures=sorted(
            (
                entry(case_id, each.label, "casework:measures", detail=each.step.get_state_display(), when=_ends(each))
                for case_id, found in measures.active_in(by, list(accesses)).items()
                for each in found
            ),
            key=lambda line: line.case.reference,
        ),
        checklist=handouts.paper("checklist", language=language),
        left_out=left_out,
        cut=len(rows) > MOST,
    )


def _for_the_shift(by: Membership, cases: Sequence[Case]) -> tuple[list[Case], int]:
    """Those that the whole shift may read of, and how many are left out."""
    people = participants(cases)
    colleagues = set(Membership.objects.live().filter(agency=by.agency_id).values_list("user_id", flat=True))
    closed = set(people.restricted) | {case_id for case_id, user_id in people.excluded if user_id in colleagues}
    kept = [case for case in cases if case.pk not in closed]
    return kept, len(cases) - len(kept)


def _his_names(accesses: Mapping[UUID, CaseAccess]) -> dict[UUID, str]:
    """Who he is, with his birth date, where that is open. One query."""
    known = [case_id for case_id, access in accesses.items() if access.can(Category.IDENTITY, Side.PERPETRATOR)]
    rows = CasePerson.objects.filter(case__in=known, side=Side.PERPETRATOR).select_related("person")
    found: dict[UUID, list[str]] = {}
    for row in rows.order_by("created_at", "pk"):
        name = row.person.full_name or _("name not known")
        born = row.person.birth_date
        found.setdefault(row.case_id, []).append(f"{name} ({written(born)})" if born else name)
    return {case_id: ", ".join(names) for case_id, names in found.items()}


def _of_her(accesses: Mapping[UUID, CaseAccess], names: Mapping[UUID, str], case_id: UUID) -> str:
    """Her initials: `short_names` gives his where hers are closed."""
    return names.get(case_id, "") if accesses[case_id].can(Category.IDENTITY, Side.VICTIM) else ""


def _until(day: date) -> str:
    return _("until %(day)s") % {"day": written(day)}


def _ends(current: measures.Current) -> str:
    ends = current.step.ends_at
    return _("until %(day)s") % {"day": moment(ends)} if ends else _("no end is written")


def record_read(found: Sheet, by: Membership, *, action: Action) -> None:
    """That the sheet was read, or taken away: on the trail of the zone, and of each case that stands on it."""
    record(action=Action.LISTED, object_kind=KIND, object_id=by.agency_id, fields=[str(pk) for pk in found.cases])
    if action == Action.EXPORTED:
        for case_id in found.cases:
            record(action=action, case_id=case_id, object_kind=KIND, object_id=case_id, fields=FIELDS)


# --- on paper ---------------------------------------------------------------------------------------------------
def document(found: Sheet, by: Membership) -> dict[str, Any]:
    """The sheet as `pdf/briefing.typ` takes it: text and lists of text."""
    until = moment(found.until)
    return {
        "title": _("Shift sheet"),
        "foot": _("MOVE · %(zone)s · to be destroyed after %(when)s") % {"zone": by.agency.short_name, "when": until},
        "zone": by.agency.short_name,
        "until": _("May be used until %(when)s. Then destroy it.") % {"when": until},
        "intro": [
            _("Printed on %(when)s by %(who)s.") % {"when": moment(found.made_at), "who": by.user.full_name},
            _("Only what your zone reads of its own cases. No address and no number stands here."),
            *left_out_words(found),
        ],
        "heads": [_("Who"), _("What"), _("When"), _("Case")],
        "parts": [
            {"title": title, "none": none, "rows": [_cells(entry) for entry in entries]}
            for _key, title, none, entries in found.parts
        ],
        "checklist": {
            "title": found.checklist.content.title,
            "sections": [
                {"title": section.title, "lines": list(section.lines)} for section in found.checklist.content.sections
            ],
            "yes": found.checklist.labels.get("yes", ""),
            "foot": found.checklist.labels.get("foot", "") if found.checklist.draft else "",
        },
    }


def left_out_words(found: Sheet) -> list[str]:
    """What does not stand on the sheet, in sentences."""
    said = []
    if found.left_out:
        words = ngettext(
            "%(count)d case does not stand here: not every colleague may read it.",
            "%(count)d cases do not stand here: not every colleague may read them.",
            found.left_out,
        )
        said.append(words % {"count": found.left_out})
    if found.cut:
        said.append(_("Only %(count)d cases stand here: look at the others in the list of cases.") % {"count": MOST})
    return said


def _cells(entry: Entry) -> list[list[str]]:
    her = [_("protects %(initials)s") % {"initials": entry.her}] if entry.her else []
    return [[entry.who, *her], [entry.what, entry.detail], [entry.when], [entry.case.reference]]
