"""What the action plan, the safety plan and close monitoring say in the six steps of a case."""

from collections.abc import Iterable, Iterator

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import Category, Side
from cases.perms import never_his
from plans import actions, actions_perms, agreeing, safety
from plans.actions import State as Stands
from plans.steps import Line, Seen, State
from riskassessment.consulting_perms import knows_monitoring

WAITING = frozenset({Stands.PLANNED, Stands.PART})


def lines(seen: Seen) -> Iterable[Line]:
    """The lines of case management: actions of each side, the plan agreed on, her safety plan, close monitoring."""
    yield from _actions(seen)
    yield from _agreed(seen)
    yield from _safety(seen)
    case = seen.case
    if case.monitored_since is not None and knows_monitoring(seen.access):
        yield Line(
            side=Side.CASE,
            state=State.UNDER_WAY,
            words=_("Under close monitoring."),
            url=reverse("casework:coordination", args=[case.pk]),
            act=_("Look again"),
        )


def _actions(seen: Seen) -> Iterator[Line]:
    access, case = seen.access, seen.case
    rows = list(actions.actions_of(case, access)[: actions.MOST])
    told = actions.told(rows, access)
    url = reverse("casework:action_plan", args=[case.pk])
    for side in actions.SIDES:
        if not access.can(Category.NETWORK, side) or (never_his(access) and side != Side.PERPETRATOR):
            continue
        mine = [row for row in rows if row.side == side]
        waiting = [row for row in mine if actions.state_of([each.outcome for each in told[row.pk]]) in WAITING]
        if not mine:
            may = actions_perms.may_plan(access, side)
            new = reverse("casework:new_action", args=[case.pk])
            act = _("Plan an action") if may else ""
            his = side == Side.PERPETRATOR
            none = _("No action about him is planned.") if his else _("No action for her is planned.")
            yield Line(side, State.MISSING, none, url=new if may else url, act=act)
        elif waiting:
            words = ngettext(
                "%(count)d action waits for its answer.", "%(count)d actions wait for their answer.", len(waiting)
            )
            words = words % {"count": len(waiting)}
            yield Line(side, State.UNDER_WAY, words, url=url, act=_("See the action plan"))
        else:
            yield Line(side, State.DONE, _("Every action has its answer."), url=url, act=_("See the action plan"))


def _agreed(seen: Seen) -> Iterator[Line]:
    latest = agreeing.agreements_of(seen.case, seen.access).first()
    if latest is not None:
        words = _("The plan was agreed on: %(day)s.") % {"day": date_format(latest.agreed_on, "DATE_FORMAT")}
        url = reverse("casework:action_plan", args=[seen.case.pk])
        yield Line(Side.CASE, State.DONE, words, url=url, act=_("See the action plan"))


def _safety(seen: Seen) -> Iterator[Line]:
    may_write = safety.may_write(seen.access)
    found = safety.current(seen.case, seen.access)
    url = reverse("plans:safety_plan", args=[seen.case.pk])
    if found:
        yield Line(Side.VICTIM, State.DONE, _("A safety plan is written with her."), url=url, act=_("Read it"))
    elif may_write:
        yield Line(
            Side.VICTIM, State.MISSING, _("No safety plan is written with her."), url=url, act=_("Write it with her")
        )
