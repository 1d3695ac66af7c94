"""What a decision would show its recipient, line by line, computed as its access will be. Nothing is stored.

Rooms do not know each other: `move` registers here what stands beside or above this one (the grids).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from agencies.models import Agency
from cases import timeline
from cases.access import CaseAccess
from cases.enums import CONTRIBUTE, VIEW_CASE, Category, EventCode, ParticipationSide, Side
from cases.models import Case, CaseEvent, CasePerson, ContactPoint, Note
from cases.page import safe_contact, with_last_call
from cases.perms import stage_told
from cases.words import about
from common.acting import SystemContext, system_context
from common.languages import names as language_names
from common.templatetags.ui import local_date, local_when
from reports.models import Attachment, FileState, Report, Situation
from reports.perms import HERS, reads_of_her

from .grants import JUDICIAL_ORIGIN, Opening, of_judicial_origin, permission_of, refused_to, total
from .models import SharingDecision
from .opposing import closed_as_told

MOST = 100
LISTED = tuple(category for category in Category if category not in (Category.SUMMARY, Category.NETWORK))
REPORT_FIELDS = (
    "place", "facts_context", "facts_words", "facts_gestures", "children_present", "children_impact", "risk_weapons",
    "risk_threats", "risk_antecedents", "measure", "measure_detail", "orientation",
)  # fmt: skip
SITUATION_FIELDS = ("words_heard", "signs_seen", "children_impact")
NOTE_FIELDS = ("facts", "statements", "appreciation")


@dataclass(frozen=True)
class Line:
    """One thing the recipient would read: a title, and (label, text) pairs."""

    category: str
    side: str
    title: str
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Closed:
    """What this decision leaves closed, and why."""

    what: list[str]
    why: str


@dataclass(frozen=True)
class Preview:
    """`new` is what this decision adds to what the recipient holds, as far as the sender may know."""

    new: CaseAccess
    opened: list[str]
    groups: list[tuple[str, list[Line]]]
    already: list[str]
    closed: list[Closed]
    until: datetime | None
    fingerprint: str


Source = Callable[[Case, CaseAccess], Iterable[Line]]
"""Lines of a case that an access shows; the access given holds only what is new."""

_sources: list[Source] = []


def register(source: Source) -> None:
    """Have the lines of a room that stands beside or above this one shown too."""
    if source not in _sources:
        _sources.append(source)


def preview(*, case: Case, access: CaseAccess, recipient: Agency, side: str, opening: Opening) -> Preview:
    """What this opening would show. Reads only what the sender may read: what it may open, it sees."""
    known = openings_known(case, access, recipient)
    opposed = closed_as_told(case, kind=recipient.kind, side=side)
    held, after = (total(openings, side=side, closed=opposed) for openings in (known, [*known, opening]))
    new = CaseAccess(case.pk, recipient.pk, {name: end for name, end in after.items() if name not in held}, side)
    to_be = CaseAccess(case.pk, recipient.pk, after, side)
    # the sources ask an access, and no access is one without its first permission
    asked = CaseAccess(case.pk, recipient.pk, {VIEW_CASE: None, **new.grants}, side)
    opens_case = VIEW_CASE in new.grants
    lines = [line for source in (*SOURCES, *_sources) for line in source(case, asked)]
    # what no timeline of a side tells is told by no preview either, whoever of the two stands on it
    hidden = timeline.kept_from(access.side) | timeline.kept_from(side)
    lines += _events(case, asked, hidden)
    groups = _grouped(lines)
    acts = [line for line in lines if line.category == Category.NETWORK]
    if services := [*_services(case, access, new), *acts]:
        groups.insert(0, (str(Category.NETWORK.label), services))
    if opens_case:
        to_his_side = ParticipationSide.PERPETRATOR in (access.side, side)
        groups.insert(0, (_("summary"), list(_summary(case, hidden, to_his_side=to_his_side))))
    opened = _opened(new, opens_case)
    fingerprint = _fingerprint(side, sorted(after), groups)
    return Preview(
        new=new,
        opened=opened,
        groups=groups,
        already=_words(CaseAccess(case.pk, recipient.pk, held, side)) if held else [],
        closed=list(_closed(access, to_be, recipient, opposed)),
        until=opening.ends_at,
        fingerprint=fingerprint,
    )


def openings_known(case: Case, access: CaseAccess, recipient: Agency) -> list[Opening]:
    """What the recipient holds already by decisions the sender may know of; the others are not told."""
    known = SharingDecision.objects.of_case(access).filter(recipient=recipient)
    if access.side == ParticipationSide.PERPETRATOR:
        known = known.filter(access.network())
    ids = list(known.values_list("pk", flat=True))
    if not ids:
        return []
    # whether they still hold depends on consents that the sender may not read
    with system_context(SystemContext.GRANTS):
        rows = SharingDecision.objects.live().filter(pk__in=ids).select_related("consent", "authorisation")
        return [decision.opening() for decision in rows]


# --- in words ---------------------------------------------------------------------------------------------------
def _words(access: CaseAccess) -> list[str]:
    return [about(category, side) for category, side in access.categories if category in LISTED]


def _opened(new: CaseAccess, opens_case: bool) -> list[str]:
    words = []
    if opens_case:
        words.append(_("summary of the case: reference, stage, dates"))
    if permission_of(f"{Category.NETWORK}:{Side.VICTIM}") in new.grants:
        words.append(_("which services take part, and the referrals between them"))
    elif permission_of(f"{Category.NETWORK}:{Side.PERPETRATOR}") in new.grants:
        words.append(_("which services work with the presumed perpetrator, and those only"))
    asked = CaseAccess(new.case_id, new.agency_id, {VIEW_CASE: None, **new.grants}, new.side)
    words += _words(asked)
    if CONTRIBUTE in new.grants:
        words.append(_("it can add its own notes"))
    return words


def _closed(access: CaseAccess, after: CaseAccess, recipient: Agency, opposed: frozenset[str]) -> Iterator[Closed]:
    """What stays closed, by reason: the hard refusals first."""
    refused, opposing, judicial, unseen, left = [], [], [], [], []
    for category in LISTED:
        for side in Side:
            pair = (category, side)
            if after.can(*pair) or (category == Category.PERPETRATOR_WORK and side != Side.PERPETRATOR):
                continue
            if permission_of(f"{category}:{side}") in refused_to(after.side):
                refused.append(pair)
            elif f"{category}:{side}" in opposed:
                opposing.append(pair)
            elif not access.can(*pair):
                if side != Side.CASE and category not in JUDICIAL_ORIGIN:
                    unseen.append(pair)
            elif of_judicial_origin([f"{category}:{side}"], recipient_kind=recipient.kind):
                judicial.append(pair)
            else:
                left.append(pair)
    follows = permission_of(f"{Category.NETWORK}:{Side.VICTIM}") in refused_to(after.side)
    for words, why in (
        (
            [*([_("which services follow the victim")] if follows else []), *_together(refused)],
            _("never, whatever is decided: this service works with the presumed perpetrator"),
        ),
        (_together(opposing), _("closed while opposing reports are reviewed, whatever is decided")),
        (_together(judicial), _("police and justice records: only on a prosecutor's authorisation that names them")),
        (_together(left), _("not chosen in this decision")),
        (_together(unseen), _("your service does not see it, and opens only what it sees itself")),
    ):
        if words:
            yield Closed(words, why)


def _together(pairs: list[tuple[Category, Side]]) -> list[str]:
    """Pairs in words, both sides of one category as the category alone."""
    words = []
    for category in dict.fromkeys(category for category, _side in pairs):
        sides = {side for found, side in pairs if found == category}
        if {Side.VICTIM, Side.PERPETRATOR} <= sides:
            words.append(str(category.label))
            sides = set()
        words += [about(category, side) for side in Side if side in sides]
    return words


def _fingerprint(side: str, permissions: list[str], groups: list[tuple[str, list[Line]]]) -> str:
    """Changes with anything of what was shown; keyed, so that it tells nothing of it."""
    shown = [[title, [[line.title, *line.words] for line in lines]] for title, lines in groups]
    return salted_hmac("sharing.preview", json.dumps([side, permissions, shown])).hexdigest()


def _grouped(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        found.setdefault((line.category, line.side), []).append(line)
    order = [(category.value, side.value) for category in LISTED for side in Side]
    return [(about(*pair), found[pair]) for pair in order if pair in found]


# --- the lines of this room and of those below --------------------------------------------------------------------
def rows(new: CaseAccess) -> Q:
    """Rows with `category` and `side` that this access opens."""
    wanted = Q(pk__in=[])
    for category, side in new.categories:
        wanted |= Q(category=category, side=side)
    return wanted


def _services(case: Case, access: CaseAccess, new: CaseAccess) -> Iterator[Line]:
    """The services the recipient would learn of, of those the sender may know itself."""
    opened = [
        side for side in (Side.VICTIM, Side.PERPETRATOR) if permission_of(f"{Category.NETWORK}:{side}") in new.grants
    ]
    if not opened:
        return
    known = SharingDecision.objects.of_case(access).filter(access.network()).exclude(recipient=new.agency_id)
    if Side.VICTIM not in opened:
        known = known.filter(side=ParticipationSide.PERPETRATOR)
    elif Side.PERPETRATOR not in opened:
        known = known.exclude(side=ParticipationSide.PERPETRATOR)
    ids = list(known.values_list("pk", flat=True))
    with system_context(SystemContext.GRANTS):
        live = SharingDecision.objects.live().filter(pk__in=ids).select_related("recipient")
        agencies = {decision.recipient for decision in live}
    for agency in sorted(agencies, key=lambda agency: agency.name)[:MOST]:
        yield Line(Category.NETWORK, Side.CASE, agency.name, (("", str(capfirst(agency.get_kind_display()))),))


def _summary(case: Case, hidden: Q, *, to_his_side: bool) -> Iterator[Line]:
    facts = (
        (_("Reference"), case.reference),
        (_("Stage"), str(stage_told(case, ParticipationSide.PERPETRATOR if to_his_side else "").label)),
        (_("Opened on"), local_when(case.opened_at)),
    )
    yield Line(Category.SUMMARY, Side.CASE, "", facts)
    events = CaseEvent.objects.filter(case=case, category=Category.SUMMARY).exclude(hidden)
    for event in events.order_by("-at", "-pk")[:MOST]:
        yield Line(Category.SUMMARY, Side.CASE, _event(event))


def _event(event: CaseEvent) -> str:
    return f"{local_when(event.at)} · {timeline.title(event.code, event.payload)}"


def _level(case: Case, new: CaseAccess) -> Iterator[Line]:
    if new.level:
        level = str(case.get_level_display()) if case.level else _("not assessed yet")
        since = ((_("since"), local_when(case.level_at)),) if case.level_at else ()
        yield Line(Category.LEVEL, Side.CASE, str(capfirst(level)), since)


def _persons(case: Case, new: CaseAccess) -> Iterator[Line]:
    sides = [side for side in Side if new.can(Category.IDENTITY, side)]
    if not sides:
        return
    found = CasePerson.objects.filter(case=case, side__in=sides).select_related("person")
    for row in found.order_by("created_at", "pk")[:MOST]:
        person = row.person
        facts = [
            (_("born on"), local_date(person.birth_date) if person.birth_date else ""),
            (_("relationship"), row.relationship),
            (_("languages"), language_names(person.languages)),
            (_("interpreter"), _("needed") if person.interpreter_needed else ""),
        ]
        name = person.full_name or _("name not known")
        title = f"{capfirst(row.get_role_display())} · {name}"
        yield Line(Category.IDENTITY, row.side, title, tuple((label, text) for label, text in facts if text))


def _contacts(case: Case, new: CaseAccess) -> Iterator[Line]:
    sides = [side for side in Side if new.can(Category.CONTACT, side)]
    if not sides:
        return
    points = ContactPoint.objects.filter(case=case, side__in=sides, ended_at=None)
    for point in with_last_call(points).select_related("case_person").order_by("recorded_at", "pk")[:MOST]:
        contact = safe_contact(point)
        rules = [
            (_("when"), contact["hours"]),
            ("", contact["instruction"]),
            ("", _("Text message allowed.") if contact["may_sms"] else _("No text message.")),
            (
                "",
                _("Voice message allowed.") if contact["may_leave_message"] else _("Leave no voice message."),
            ),
            ("", contact["warn"]),
        ]
        title = _("%(who)s: %(number)s (whole for the service, after its rule)") % {
            "who": capfirst(point.case_person.get_role_display()),
            "number": contact["masked_value"],
        }
        yield Line(Category.CONTACT, point.side, title, tuple((label, text) for label, text in rules if text))


def _reports(case: Case, new: CaseAccess) -> Iterator[Line]:
    if not new.can(Category.FACTS, Side.CASE):
        return
    fields = [name for name in REPORT_FIELDS if name not in HERS or new.side != ParticipationSide.PERPETRATOR]
    for report in Report.objects.filter(rows(new), case=case).order_by("-recorded_at", "-pk")[:MOST]:
        title = f"{capfirst(report.get_kind_display())} {report.pv_number}".strip()
        yield Line(report.category, report.side, f"{title}, {local_when(report.recorded_at)}", _filled(report, fields))


def _situations(case: Case, new: CaseAccess) -> Iterator[Line]:
    for found in Situation.objects.filter(rows(new), case=case).order_by("-recorded_at", "-pk")[:MOST]:
        fields = [name for name in SITUATION_FIELDS if name not in HERS or reads_of_her(new, found)]
        title = f"{_('Situation')}, {local_when(found.recorded_at)}"
        yield Line(found.category, found.side, title, _filled(found, fields))


def _files(case: Case, new: CaseAccess) -> Iterator[Line]:
    found = Attachment.objects.filter(rows(new), case=case, internal=False, state=FileState.CLEAN, removal=None)
    for file in found.order_by("-uploaded_at", "-pk")[:MOST]:
        title = _("File: %(name)s") % {"name": file.description or file.name}
        yield Line(file.category, file.side, title, ((_("added"), local_when(file.uploaded_at)),))


def _notes(case: Case, new: CaseAccess) -> Iterator[Line]:
    # who comes later reads the latest words of a note only
    found = Note.objects.filter(rows(new), case=case, internal=False, superseded_by=None).exclude(agency=new.agency_id)
    for note in found.select_related("agency").order_by("-written_at", "-pk")[:MOST]:
        title = _("Note, %(when)s") % {"when": local_when(note.written_at)}
        yield Line(note.category, note.side, title, _filled(note, NOTE_FIELDS))


def _events(case: Case, new: CaseAccess, hidden: Q) -> Iterator[Line]:
    """What the timeline would say besides: notes and files stand there with their words."""
    apart = Q(code__in=[EventCode.NOTE_WRITTEN, EventCode.FILE_ADDED])
    found = CaseEvent.objects.filter(rows(new), case=case).exclude(apart | hidden)
    for event in found.order_by("-at", "-pk")[:MOST]:
        yield Line(event.category, event.side, _event(event))


def _filled(record: Any, fields: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The fields that were filled in: (label, words)."""
    found = []
    for name in fields:
        field = record._meta.get_field(name)
        shown = getattr(record, f"get_{name}_display")() if field.choices else getattr(record, name)
        if shown:
            found.append((str(capfirst(field.verbose_name)), str(shown)))
    return tuple(found)


SOURCES: tuple[Source, ...] = (_level, _persons, _contacts, _reports, _situations, _files, _notes)
