"""A situation scored without identity: who it is about is written nowhere, and nothing of it stays.

Its free texts are checked for what would tell who somebody is (`anonymity`) before anything is stored: that is why it
is not saved while it is typed. What is asked of the coordination from it, and what comes of that, is in
`casework.coordinating`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Membership
from audit.models import Action
from audit.services import record
from cases.services import check
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.once import insert_once

from . import anonymity, answers, consulting_perms, scoring
from .definition import GridDefinition
from .models import Consultation, CoordinationRequest, GridVersion, RequestState
from .services import clean_answers
from .versions import definition_of, latest_versions

log = structlog.get_logger(__name__)

LONGEST_SITUATION = 4000
KIND = "riskassessment.Consultation"
CONFIRM = "confirmed"
"""The field of a RuleBroken that asks to confirm words which are merely likely to tell who somebody is."""


@dataclass(frozen=True)
class Typed:
    """What the page sent: the situation in words, a postal code, the raw answers; `confirmed` the words of findings
    that the writer has seen and confirmed to name nobody.
    """

    situation: str = ""
    area: str = ""
    answers: Mapping[str, Any] | None = None
    confirmed: frozenset[str] = frozenset()


# --- texts without names ----------------------------------------------------------------------------------
def tells(texts: Mapping[str, str]) -> dict[str, tuple[anonymity.Finding, ...]]:
    """What in these texts, by field, may tell who somebody is; fields without findings are left out."""
    found = {name: anonymity.findings(text) for name, text in texts.items()}
    return {name: each for name, each in found.items() if each}


def identity_problems(texts: Mapping[str, str], confirmed: frozenset[str]) -> dict[str, list[str]]:
    """Why these texts may not go, by field; under CONFIRM where the writer may confirm that the words name nobody."""
    errors: dict[str, list[str]] = {}
    ask = False
    for name, found in tells(texts).items():
        surely = [one.words for one in found if one.hard]
        likely = sorted(anonymity.soft_words(found) - confirmed)
        if surely:
            errors.setdefault(name, []).append(
                _("This tells who somebody is: %(words)s. Take it out.") % {"words": _listed(surely)}
            )
        if likely:
            errors.setdefault(name, []).append(
                _("This may name somebody: %(words)s. Take it out, or confirm that it names nobody.")
                % {"words": _listed(likely)}
            )
            ask = True
    if ask:
        errors[CONFIRM] = [_("Read the words shown beside the fields, then confirm.")]
    return errors


def soft_words(texts: Iterable[str]) -> frozenset[str]:
    """The words in these texts that are merely likely to tell who somebody is: what a writer may confirm."""
    return frozenset().union(*(anonymity.soft_words(anonymity.findings(text)) for text in texts))


def _listed(words: list[str]) -> str:
    return ", ".join(_("“%(words)s”") % {"words": one} for one in words)


def texts_of(grid: GridDefinition, given: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The free texts among stored answers, by the name of their question: comments and answers in words."""
    texts: dict[str, str] = {}
    for item in grid.questions:
        answer = given.get(item.id, {})
        words = [answer.get("comment", "")]
        if item.type == "text":
            words.append(str(answer.get("value", "")))
        texts[item.id] = "\n".join(one for one in words if one)
    return texts


# --- reading ----------------------------------------------------------------------------------------------
def versions_for(by: Membership) -> list[GridVersion]:
    """The versions this member may consult with."""
    return [version for version in latest_versions() if consulting_perms.may_consult_with(by, version)]


def consultations_of(by: Membership) -> QuerySet[Consultation]:
    """Those of the acting agency that are still kept, the latest first."""
    kept = Consultation.objects.filter(agency=by.agency_id, expires_at__gt=Now())
    return kept.select_related("grid_version__grid", "author", "request__coordination").order_by("-created_at", "-pk")


def find(by: Membership | None, consultation_id: UUID, *, lock: bool = False) -> Consultation:
    """One of the acting agency's own. Raises Http404 for everybody else, and once it has expired."""
    if not consulting_perms.may_read_consultations(by):
        raise Http404
    found = consultations_of(by)
    if lock:
        found = found.select_for_update(of=("self",))
    consultation = found.filter(pk=consultation_id).first()
    if consultation is None:
        raise Http404
    return consultation


# --- scoring ----------------------------------------------------------------------------------------------
def consult(*, by: Membership, key: UUID, version: GridVersion, typed: Typed) -> Consultation:
    """Score a situation; sending the same `key` again gives the same consultation.

    Raises Refused for who may not, RuleBroken by field (questions by their ids) for texts that tell who somebody is and
    for answers that cannot be read.
    """
    if not consulting_perms.may_consult_with(by, version):
        raise Refused(_("This grid is not open to your kind of service without identity."))
    mine = Consultation.objects.filter(pk=key, author=by.user_id)
    if (already := mine.first()) is not None:
        return already
    consultation = Consultation(
        pk=key,
        grid_version=version,
        agency=by.agency,
        author=by.user,
        expires_at=now() + timedelta(days=settings.CONSULTATION_DAYS),
    )
    _score(consultation, typed)
    consultation, new = insert_once(consultation, mine=mine)
    if new:
        _recorded(consultation)
    return consultation


def answer_again(*, by: Membership, consultation_id: UUID, typed: Typed) -> Consultation:
    """Score it anew with what is known by now, while nobody has been asked. Raises as `consult`, Http404."""
    consultation = find(by, consultation_id, lock=True)
    if not consulting_perms.may_change_consultation(by, consultation):
        raise Refused(_("This consultation no longer changes."))
    _score(consultation, typed)
    consultation.version += 1
    consultation.save(
        update_fields=[
            "situation", "area", "answers", "version", "outcome", "indicative_level", "scored_at", "saved_at",
        ]
    )  # fmt: skip
    _recorded(consultation)
    return consultation


def _score(consultation: Consultation, typed: Typed) -> None:
    grid = definition_of(consultation.grid_version)
    errors: dict[str, list[str]] = {}
    given: dict[str, dict[str, Any]] = {}
    try:
        given = clean_answers(grid, typed.answers or {})
    except RuleBroken as broken:
        errors |= broken.errors
    checked = {item_id: answers.Answer(**answer) for item_id, answer in given.items()}
    situation = typed.situation.replace("\r\n", "\n").strip()
    if problem := text_problem(situation, most=LONGEST_SITUATION):
        errors["situation"] = [problem]
    area = typed.area.strip()
    if area and not (area.isascii() and area.isdigit() and len(area) == 4):
        errors["area"] = [_("A Belgian postal code has four digits.")]
    texts = {"situation": situation} | texts_of(grid, given)
    for name, messages in identity_problems(texts, typed.confirmed).items():
        errors.setdefault(name, []).extend(messages)
    if not errors and not any(answers.asked(grid.question(item_id), answer) for item_id, answer in checked.items()):
        errors[""] = [_("Answer at least one question.")]
    if errors:
        raise RuleBroken(errors)
    outcome = scoring.score(grid, checked)
    consultation.situation, consultation.area, consultation.answers = situation, area, given
    consultation.outcome, consultation.indicative_level = asdict(outcome), outcome.level or ""
    consultation.scored_at = consultation.saved_at = now()
    check(consultation)


def _recorded(consultation: Consultation) -> None:
    """That it was scored is on record, and nothing of what it says."""
    record(action=Action.DECIDED, object_kind=KIND, object_id=consultation.pk)


# --- erasing ----------------------------------------------------------------------------------------------
def erase(*, by: Membership, consultation_id: UUID) -> None:
    """Erase it before its time, while nobody has been asked. Raises Refused, Http404."""
    consultation = find(by, consultation_id, lock=True)
    if not consulting_perms.may_change_consultation(by, consultation):
        raise Refused(_("The coordination has been asked: it is erased by itself in time."))
    record(action=Action.DECIDED, object_kind=KIND, object_id=consultation.pk, reason="erased")
    consultation.delete()


def erase_expired(*, most: int = 500) -> tuple[int, int]:
    """Remove what has expired: requests that never had an identity, then consultations; how many of each.

    A request that has its case stays, closed: waiting past its end, its state says so. What was consulted about
    goes all the same. By the database's clock, in batches of `most`.
    """
    with system_context(SystemContext.CONSULTATIONS):
        over = Q(expires_at__lte=Now())
        requests = CoordinationRequest.objects.select_for_update(skip_locked=True, of=("self",))
        for request in requests.filter(over, case__isnull=False, state=RequestState.SENT).order_by("pk")[:most]:
            request.state = RequestState.EXPIRED
            request.save(update_fields=["state"])
        unnamed = list(requests.filter(over, case=None).order_by("pk")[:most])
        for request in unnamed:
            request.delete()  # one by one: the trail of changes hears of it
        waits = CoordinationRequest.objects.filter(case=None).values("consultation")
        consultations = Consultation.objects.select_for_update(skip_locked=True, of=("self",))
        gone = list(
            consultations.filter(over).exclude(pk__in=waits.filter(consultation__isnull=False)).order_by("pk")[:most]
        )
        for consultation in gone:
            consultation.delete()
    if unnamed or gone:
        log.info("consultations_erased", count=len(unnamed) + len(gone))
    return len(unnamed), len(gone)
