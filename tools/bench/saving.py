"""Records saved with the trace of what changed, beside the same `save()` without it; each in its own transaction."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

from auditlog.context import disable_auditlog

from agencies.acting import acting_as
from cases.enums import Category, ContactKind, Side
from cases.models import CasePerson, ContactPoint, Note, Person
from common.clock import now

from .shapes import member


class Measure:
    """A note written, a contact point ended, a person added and changed, by a member of the big agency."""

    def __init__(self) -> None:
        self.member = member("big")
        self.turn = count()
        self.facts: dict[str, int] = {}
        with acting_as(self.member):
            places = CasePerson.objects.select_related("person", "case").filter(side=Side.VICTIM)
            self.place = places.filter(case__lead_agency=self.member.agency, role="victim").first()
            self.contact = ContactPoint(
                case=self.place.case, case_person=self.place, side=Side.VICTIM, kind=ContactKind.PHONE, value="0",
                agency=self.member.agency, recorded_by=self.member.user,
            )  # fmt: skip
            self.contact.save()
        self.saves = {
            "note written": self.note,
            "contact ended": self.contact_ended,
            "person added": self.person,
            "person changed": self.person_changed,
        }

    def note(self) -> None:
        Note(
            case=self.place.case, category=Category.FACTS, side=Side.CASE, facts="x", agency=self.member.agency,
            author=self.member.user,
        ).save()  # fmt: skip

    def contact_ended(self) -> None:
        self.contact.ended_at = now()
        self.contact.save(update_fields=["ended_at"])

    def person(self) -> None:
        Person(given_name="x", family_name="y", agency=self.member.agency).save()

    def person_changed(self) -> None:
        self.place.person.birth_date = date(1960, 1, 1) + timedelta(days=next(self.turn))
        self.place.person.save()

    def bare(self, save: Callable[[], None]) -> None:
        with disable_auditlog(), acting_as(self.member):
            save()

    def audited(self, save: Callable[[], None]) -> None:
        with acting_as(self.member):
            save()

    def acts(self, number: int) -> dict[str, Callable[[], Any]]:
        return {
            f"{label}|{how}": lambda save=save, act=act: act(save)
            for label, save in self.saves.items()
            for how, act in (("floor", self.bare), ("save", self.audited))
        }
