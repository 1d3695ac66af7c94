"""What an emergency access tells of grids its agency does not read: answers on weapons and threats, nothing else."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils.translation import get_language

from cases.models import Case
from common.acting import SystemContext, system_context

from .models import Assessment, GridVersion
from .versions import definition_of
from .wording import answer_words

FEW = 10


@dataclass(frozen=True)
class Answered:
    """One question on weapons or threats, as it was answered when the grid was signed, in words; `side` of the grid."""

    topic: str
    question: str
    said: str
    comment: str
    signed_at: datetime
    side: str


def weapons_and_threats(case: Case) -> list[Answered]:
    """The latest answer to each question marked with such a topic, in the signed grids of a case whose level the
    acting agency receives; not a word of the other questions leaves the database.

    For the page of a live emergency access, and for nothing else.
    """
    language = get_language() or "fr"
    found: dict[tuple[str, str], Answered] = {}
    with system_context(SystemContext.SAFETY):
        signed = Assessment.objects.filter(case=case, signed_at__isnull=False).order_by("-signed_at", "-pk")
        versions = GridVersion.objects.in_bulk(signed.order_by().values_list("grid_version", flat=True).distinct())
        for version in versions.values():
            grid = definition_of(version)
            questions = [item for item in grid.questions if item.topic]
            answers = {
                f"answer_{number}_{part}": of_type(part, KeyTransform(item.id, "answers"))
                for number, item in enumerate(questions)
                for part, of_type in (("value", KeyTransform), ("comment", KeyTextTransform))
            }
            rows = signed.filter(grid_version=version).annotate(**answers).values("signed_at", *answers)[:FEW]
            for row in rows if questions else ():
                for number, item in enumerate(questions):
                    value = row[f"answer_{number}_value"]
                    answer = Answered(
                        item.topic,
                        item.text.translated(language),
                        "" if value is None else answer_words(item, value, language),
                        row[f"answer_{number}_comment"] or "",
                        row["signed_at"],
                        grid.side,
                    )
                    held = found.get((grid.slug, item.id))
                    if answer.said and (held is None or held.signed_at < answer.signed_at):
                        found[grid.slug, item.id] = answer
    return sorted(found.values(), key=lambda answer: (answer.topic != "weapons", -answer.signed_at.timestamp()))
