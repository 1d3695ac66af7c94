"""What the six steps say of the end of a case: where it stands, and the way to its closing."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.enums import Side, Stage
from cases.perms import never_his
from plans.steps import Line, Seen, State


def lines(seen: Seen) -> Iterator[Line]:
    """One line of the case. No query. On his side an open case is not told from one under supervision."""
    url = reverse("casework:closing", args=[seen.case.pk])
    act = _("See the closing")
    if seen.case.closed_at is not None:
        yield Line(Side.CASE, State.DONE, _("This case is closed."), None, url, act, his=True)
    elif seen.case.stage == Stage.SUPERVISED and not never_his(seen.access):
        words = _("This case is under supervision; its end is decided on the page of the closing.")
        yield Line(Side.CASE, State.UNDER_WAY, words, None, url, act)
    else:
        words = _("This case goes on; nothing is closed yet.")
        yield Line(Side.CASE, State.UNDER_WAY, words, None, url, act, his=True)
