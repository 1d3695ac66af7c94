"""Who may interpret, and who never: MOVE §8. Pure: what somebody declares for one request in, what follows out.

No register says where an interpreter comes from: each says, for each request, whether they belong to the community or
know somebody. Certified and trained come first; what is refused is refused whatever the reasons.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import InterpretingChannel


class AtHand(TextChoices):
    """Who would interpret, as the form offers it: whoever is at hand is refused."""

    SERVICE = "service", pgettext_lazy("who interprets", "an interpreter of a service")
    CHILD = "child", pgettext_lazy("who interprets", "a child")
    RELATIVE = "relative", pgettext_lazy("who interprets", "somebody of the family, a partner or a friend")
    NEIGHBOUR = "neighbour", pgettext_lazy("who interprets", "a neighbour or somebody of the community")


class Never(StrEnum):
    """Refused without an override."""

    CHILD = "child"
    RELATIVE = "relative"
    NEIGHBOUR = "neighbour"
    KNOWS_SOMEBODY = "knows_somebody"
    MEDIATOR_OF_COMMUNITY = "mediator_of_community"


class OnlyWith(StrEnum):
    """Possible with a reasoned exception."""

    COMMUNITY = "community"
    NOT_CERTIFIED = "not_certified"


LONGEST_ANSWER = timedelta(hours=24)
"""Whoever moves next has at most so long, however far away the appointment is."""

INSTEAD = _(
    "Ask an interpreter service below; for a few words now, an interpreter by phone. Wait with what can wait: what is"
    " said through somebody close is not free, and reaches the other person."
)
REFUSALS = {
    Never.CHILD: _("A child never interprets: it would hear what it must not carry, and would be held to account."),
    Never.RELATIVE: _("Nobody of the family or close to it interprets: she cannot speak freely, and it may be told."),
    Never.NEIGHBOUR: _("A neighbour or somebody of the community does not interpret: what is said would go round."),
    Never.KNOWS_SOMEBODY: _("Whoever knows somebody of the situation does not interpret. Propose somebody else."),
    Never.MEDIATOR_OF_COMMUNITY: _(
        "A cultural mediator is never of the community of the victim or of the presumed perpetrator: it puts her at"
        " risk. Propose somebody else, or an interpreter by phone."
    ),
}
EXCEPTIONS = {
    OnlyWith.COMMUNITY: _(
        "An interpreter of the community comes on site only by exception, and if the person concerned agrees: by phone,"
        " by video or from out of the area there is no need of one."
    ),
    OnlyWith.NOT_CERTIFIED: _("Not certified: say why nobody certified can come."),
}


@dataclass(frozen=True)
class Declared:
    """What somebody says for one request, and what their service says of them that day."""

    channel: str
    mediator: bool
    certified: bool
    trained: bool
    of_community: bool
    knows_somebody: bool
    out_of_area: bool


@dataclass(frozen=True)
class Verdict:
    """`never` where it is refused; else the exceptions it asks for, none being the rule."""

    never: Never | None = None
    only_with: tuple[OnlyWith, ...] = ()

    @property
    def asks_agreement(self) -> bool:
        """Whether the person concerned must agree, besides a reason."""
        return OnlyWith.COMMUNITY in self.only_with


def refused_at_hand(who: str) -> Never | None:
    """Why whoever is at hand does not interpret; None for an interpreter of a service."""
    return None if who == AtHand.SERVICE else Never(who)


def verdict(declared: Declared) -> Verdict:
    """Whether somebody may interpret, by what they declare."""
    if declared.knows_somebody:
        return Verdict(never=Never.KNOWS_SOMEBODY)
    if declared.mediator and declared.of_community:
        return Verdict(never=Never.MEDIATOR_OF_COMMUNITY)
    needed = []
    if declared.of_community and declared.channel == InterpretingChannel.ON_SITE and not declared.out_of_area:
        needed.append(OnlyWith.COMMUNITY)
    if not declared.certified:
        needed.append(OnlyWith.NOT_CERTIFIED)
    return Verdict(only_with=tuple(needed))


def order(*, certified: bool, trained: bool) -> int:
    """Who is proposed first: certified and trained on violence, then certified, then trained, then the others."""
    return 2 * (not certified) + (not trained)


def answer_due_at(moment: datetime, at: datetime) -> datetime:
    """By when whoever moves next answers, asked at `moment` for an appointment at `at` (both aware): half of the time
    left, so that somebody else can still be asked in the other half, and at most `LONGEST_ANSWER`.

    >>> from datetime import UTC
    >>> asked = datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
    >>> [answer_due_at(asked, asked + timedelta(hours=hours)).hour for hours in (-1, 4, 36)]
    [8, 10, 2]
    """
    return moment + min(max(at - moment, timedelta(0)) / 2, LONGEST_ANSWER)
