"""What of programmes stands in “my work” and among the six steps, each for who may see it."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Membership
from agencies.perms import may_write
from cases.enums import Side
from plans import programme as reading
from plans import programme_rules as rules
from plans.steps import Line as StepLine
from plans.steps import Seen, State

from . import mandated

MOST = 100
FEW = 20

Line = dict[str, Any]


def lines(by: Membership) -> list[Line]:
    """For a service that runs programmes: sessions to mark, what has to be said of whom. For an authority: reports that
    are overdue. No query for others.
    """
    if not may_write(by):
        return []
    return _of_service(by) if rules.runs_programmes(by) else _of_authority(by)


def _of_service(by: Membership) -> list[Line]:
    found: list[Line] = []
    waiting = reading.unmarked(by)[: MOST + 1].count()
    if waiting:
        shown = _("more than %(most)d") % {"most": MOST} if waiting > MOST else waiting
        said = ngettext("%(count)s session", "%(count)s sessions", waiting) % {"count": shown}
        found.append(
            {
                "what": _("Say who came"),
                "detail": said,
                "action_url": reverse("casework:sessions"),
                "action_label": _("Mark"),
                "primary": True,
            }
        )
    for look in reading.to_look_at(list(reading.own_running(by)[:MOST]))[:FEW]:
        case = look.programme.case
        what, detail = _("Say what becomes of a programme"), ""
        if look.missed:
            detail = ngettext(
                "%(count)d session missed in a row", "%(count)d sessions missed in a row", look.missed
            ) % {"count": look.missed}
        elif look.silent:
            detail = _("nobody has seen him for a long time")
        else:
            what = _("Give the authority its report")
        found.append(
            {
                "what": what,
                "detail": detail,
                "reference": case.reference,
                "url": reverse("cases:summary", args=[case.pk]),
                "action_url": reverse("casework:programme", args=[case.pk, look.programme.pk]),
                "action_label": _("Open"),
            }
        )
    return found


def _of_authority(by: Membership) -> list[Line]:
    return [
        {
            "what": _("A report on a mandate is overdue"),
            "reference": mandate.case.reference,
            "url": reverse("cases:summary", args=[mandate.case_id]),
            "action_url": reverse("casework:mandates"),
            "action_label": _("See the mandates"),
        }
        for mandate in mandated.late(by)[:FEW]
    ]


def step(seen: Seen) -> Iterable[StepLine]:
    """Counselling, on his side: the programme he follows, or that none is begun where this service may begin one."""
    access = seen.access
    programmes = list(reading.programmes_of(seen.case, access))
    last = reading.last_steps(each.pk for each in programmes) if programmes else {}
    named = {each.pk for each in seen.of(Side.PERPETRATOR)}
    for each in programmes:
        done = last.get(each.pk)
        runs = rules.runs(done.step if done else "")
        yield StepLine(
            side=Side.PERPETRATOR,
            state=_state(done.step if done else "", runs),
            words=str(done.get_step_display()) if done else _("a programme is under way"),
            person=each.case_person_id if each.case_person_id in named else None,
            url=reverse("casework:programme", args=[seen.case.pk, each.pk]),
            act=_("See the programme"),
        )
    if not programmes and rules.may_begin(seen.by, access):
        yield StepLine(
            side=Side.PERPETRATOR,
            state=State.MISSING,
            words=_("no programme is begun"),
            url=reverse("casework:begin_programme", args=[seen.case.pk]),
            act=_("Begin a programme"),
        )


def _state(step: str, runs: bool) -> State:
    if runs:
        return State.UNDER_WAY
    return State.DONE if step == "completed" else State.MISSING
