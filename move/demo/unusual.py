"""Readings a data-protection officer looks at: many cases in a morning, a case of one's own name, addresses tried.

The trail is written by the database's clock: they are of the day on which the demonstration is made.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from administration import unusual_readings, unusual_rules, unusual_sweep
from administration.models import Conclusion, Rule
from agencies.acting import acting_as
from agencies.models import Membership
from audit.models import Action
from audit.services import record
from cases.access import for_case
from cases.models import Case
from common.ids import uuid7
from sharing.emergency_search import Wanted, search

from . import words

if TYPE_CHECKING:
    from .district import District

ASKED = "Écrit à la direction : une ancienne liste d’adresses, un outil, ou quelqu’un qui essaie ? Réponse attendue."


def unusual_readings_of(district: "District") -> None:
    """The reads themselves, the search that finds them, and one question to an agency."""
    members, limit = district.members, unusual_rules.limits()
    karim, thomas, yves = members["karim"], members["thomas"], members["yves"]
    with acting_as(karim):
        _read(karim, Case.objects.visible_to(karim).order_by("opened_at", "pk")[: limit.in_an_hour + 4], "cases.people")
    same_name = [work.case.pk for work in district.told if work.names["p"].endswith(f" {thomas.user.family_name}")]
    with acting_as(thomas):
        _read(thomas, Case.objects.visible_to(thomas).filter(pk__in=same_name), "cases.contact")
    with acting_as(yves):
        for _number in range(limit.refusals + 3):
            record(action=Action.REFUSED, object_kind="cases:summary", object_id=uuid7(), reason="404")
    sandrine = members["sandrine"]
    with acting_as(sandrine):  # a search that finds nothing is on its page too
        search(by=sandrine, reason=words.EMERGENCY_REASON, wanted=Wanted(family_name="Tavier", given_name="Alix"))
    unusual_sweep.sweep()
    ingrid = members["ingrid"]
    with acting_as(ingrid):
        for row in unusual_readings.readings(ingrid, None).waiting:
            if row.rule == Rule.REFUSED:
                unusual_readings.conclude(
                    by=ingrid, reading_id=row.pk, conclusion=Conclusion.ASKED, words=ASKED, after=0
                )


def _read(by: Membership, cases: Iterable[Case], page: str) -> None:
    """What the pages of a case leave on the trail."""
    for case in cases:
        shown = [f"{category}:{side}" for category, side in for_case(case, by).categories]
        for kind in ("cases.summary", page):
            record(action=Action.READ, case_id=case.pk, object_kind=kind, object_id=case.pk, fields=shown)
