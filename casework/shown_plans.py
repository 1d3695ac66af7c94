"""What a sharing decision would show of the plan for a case, for its preview: what is done and planned, how she keeps
safe, measures, detentions and releases, whether she wishes to be told, his programmes.

Each kind is read as its own page reads it, by an access that holds nothing but what is new.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from cases.perms import never_his
from common.templatetags.ui import local_date, local_when
from plans import custody_perms, measure_perms, programme_rules, safety
from plans.actions import SIDES
from plans.measures import measures_of
from plans.models import Action, Detention, Programme, Release, ReleaseWish
from sharing.preview import MOST, Line


def lines(case: Case, new: CaseAccess) -> Iterator[Line]:
    """What the categories that `new` opens hold of each kind, the latest first."""
    yield from _actions(case, new)
    yield from _safety(case, new)
    yield from _measures(case, new)
    yield from _custody(case, new)
    yield from _wishes(case, new)
    yield from _programmes(case, new)


def _actions(case: Case, new: CaseAccess) -> Iterator[Line]:
    """With the services of a side comes what they do."""
    sides = [side for side in SIDES if new.can(Category.NETWORK, side)]
    if not sides:
        return
    rows = Action.objects.filter(case=case, side__in=[Side.PERPETRATOR] if never_his(new) else sides)
    rows = rows.exclude(Exists(Action.objects.filter(replaces=OuterRef("pk"))))
    for row in rows.order_by("-due_at", "-pk")[:MOST]:
        title = _("Action: %(strand)s, by %(when)s") % {
            "strand": row.get_strand_display(), "when": local_when(row.due_at),
        }  # fmt: skip
        yield Line(Category.NETWORK, Side.CASE, title, (("", row.words),))


def _safety(case: Case, new: CaseAccess) -> Iterator[Line]:
    if never_his(new) or not new.can(Category.CONTACT, Side.VICTIM):
        return
    for plan in safety.current(case, new)[:MOST]:
        title = _("Safety plan, written with her %(when)s") % {"when": local_date(plan.written_on, "on")}
        words = tuple((section.title, text) for section, text in safety.filled(plan))
        yield Line(Category.CONTACT, Side.VICTIM, title, words)


def _measures(case: Case, new: CaseAccess) -> Iterator[Line]:
    if not measure_perms.reads_measures(new):
        return
    for each in measures_of(case, new)[:MOST]:
        until = each.step.ends_at
        facts = [
            (_("until"), local_when(until) if until else ""),
            (_field(each.measure, "places"), each.measure.places),
            (_field(each.measure, "kept_places"), "" if measure_perms.on_his_side(new) else each.measure.kept_places),
            (_field(each.measure, "conditions"), each.measure.conditions),
        ]
        title = f"{each.label} · {each.step.get_state_display()}"
        yield Line(Category.JUDICIAL, Side.CASE, title, _said(facts))


def _custody(case: Case, new: CaseAccess) -> Iterator[Line]:
    if not custody_perms.reads_custody(new):
        return
    for row in Detention.objects.filter(case=case).order_by("-since", "-pk")[:MOST]:
        title = _("Detained: %(kind)s, since %(when)s") % {
            "kind": row.get_kind_display(), "when": local_when(row.since),
        }  # fmt: skip
        next_on = local_date(row.next_judicial_on) if row.next_judicial_on else ""
        facts = [(_field(row, "place"), row.place), (_field(row, "next_judicial_on"), next_on)]
        yield Line(Category.JUDICIAL, Side.CASE, title, _said(facts))
    for row in Release.objects.filter(case=case, superseded_by=None).order_by("-at", "-pk")[:MOST]:
        title = _("Release: %(kind)s, %(when)s") % {
            "kind": row.get_kind_display(), "when": local_when(row.released_at),
        }  # fmt: skip
        yield Line(Category.JUDICIAL, Side.CASE, title, _said([(_field(row, "words"), row.words)]))


def _wishes(case: Case, new: CaseAccess) -> Iterator[Line]:
    if not custody_perms.reads_wishes(new):
        return
    last = {row.case_person_id: row for row in ReleaseWish.objects.filter(case=case).order_by("at", "pk")}
    for row in list(last.values())[:MOST]:
        title = _("If he is released: %(wish)s") % {"wish": row.get_wish_display()}
        yield Line(Category.CONTACT, Side.VICTIM, title, _said([(_field(row, "words"), row.words)]))


def _programmes(case: Case, new: CaseAccess) -> Iterator[Line]:
    if not programme_rules.works_with_him(new):
        return
    rows = Programme.objects.filter(case=case).annotate(count=Count("sessions"))
    for row in rows.order_by("-begun_on", "-pk")[:MOST]:
        title = _("Programme, begun %(when)s") % {"when": local_date(row.begun_on, "on")}
        facts = [
            (_field(row, "entry"), row.get_entry_display()),
            (_("sessions"), str(row.count)),
        ]
        yield Line(Category.PERPETRATOR_WORK, Side.PERPETRATOR, title, _said(facts))


def _field(row: Any, name: str) -> str:
    return str(capfirst(row._meta.get_field(name).verbose_name))


def _said(facts: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The facts that were filled in."""
    return tuple((str(label), str(text)) for label, text in facts if text)
