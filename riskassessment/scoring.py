"""From answers to an indicative level, with what drove it. Pure: no Django, no database, no clock.

Three rules hold whatever the grid says. Unknown and not asked are never read as no. Protective answers are
listed apart and change no level. Too little information is never "low".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from riskassessment.definition import LEVELS, RANK, GridDefinition, Level, YesNoItem

AnswerValue = Literal["yes", "no", "unknown", "not_asked"]
ANSWER_VALUES: tuple[AnswerValue, ...] = get_args(AnswerValue)
INSUFFICIENT: Literal["insufficient"] = "insufficient"
MAX_COMMENT = 2000


@dataclass(frozen=True)
class Answer:
    value: AnswerValue
    comment: str = ""


@dataclass(frozen=True)
class AnswerError:
    """Why an answer was refused. `code` is stable, for translated messages; `message` is plain English."""

    code: Literal["not_an_object", "unknown_item", "bad_value", "bad_comment", "comment_too_long"]
    message: str


@dataclass(frozen=True)
class Driver:
    """A yes that counted: `critical` forces a level whatever the sum, `weight` adds to it."""

    item_id: str
    weight: int
    critical: bool
    reason: Literal["critical", "weight"]


@dataclass(frozen=True)
class Coverage:
    """How many of the questions that count (`scored`) have a yes or a no (`known`); `met` if enough."""

    known: int
    scored: int
    met: bool


@dataclass(frozen=True)
class Outcome:
    """What the answers say.

    `level` is None for a checklist. `incomplete` says that too much is unknown: the level, if there is one,
    stands on the yes answers alone and may be higher. `unanswered` are the questions that count and have
    neither yes nor no, `unanswered_critical` the critical ones among them; `protective` are protective
    questions answered yes.
    """

    level: Literal["low", "moderate", "high", "critical", "insufficient"] | None
    score: int
    max_score: int
    drivers: tuple[Driver, ...]
    protective: tuple[str, ...]
    unanswered_critical: tuple[str, ...]
    unanswered: tuple[str, ...]
    coverage: Coverage
    incomplete: bool


def score(definition: GridDefinition, answers: Mapping[str, Answer]) -> Outcome:
    """The indicative outcome. A missing answer counts as not asked.

    Raises ValueError if an answer belongs to no question of this version.
    """
    strangers = answers.keys() - {item.id for item in definition.questions}
    if strangers:
        raise ValueError(f"no such question in {definition.slug} version {definition.version}: {sorted(strangers)}")

    scored = definition.scored_questions
    positive = [item for item in scored if _value(answers, item) == "yes"]
    unanswered = [item for item in scored if _value(answers, item) not in ("yes", "no")]
    total = sum(item.weight or 0 for item in positive)
    met = definition.coverage is None or definition.coverage.met(unknown=len(unanswered), scored=len(scored))

    reached = _reached(definition, total, sum(item.critical for item in positive))
    level = INSUFFICIENT if reached == "low" and not met else reached

    # sorted() is stable: equal weights keep the order of the grid.
    by_weight = sorted(positive, key=lambda item: (-(item.weight or 0), not item.critical))
    return Outcome(
        level=level,
        score=total,
        max_score=definition.max_score,
        drivers=tuple(
            Driver(item.id, item.weight or 0, item.critical, "critical" if item.critical else "weight")
            for item in by_weight
        ),
        protective=tuple(
            item.id for item in definition.questions if item.protective and _value(answers, item) == "yes"
        ),
        unanswered_critical=tuple(item.id for item in unanswered if item.critical),
        unanswered=tuple(item.id for item in unanswered),
        coverage=Coverage(known=len(scored) - len(unanswered), scored=len(scored), met=met),
        incomplete=not met,
    )


def _value(answers: Mapping[str, Answer], item: YesNoItem) -> AnswerValue:
    answer = answers.get(item.id)
    return "not_asked" if answer is None else answer.value


def _reached(definition: GridDefinition, total: int, critical_yes: int) -> Level | None:
    """The level that the yes answers alone support; None for a checklist."""
    if definition.scoring is None:
        return None
    ranks = [RANK[step.level] for step in definition.scoring.thresholds if step.min_score <= total]
    rule = definition.scoring.critical_rule
    if rule is not None and critical_yes:
        ranks.append(RANK[rule.any_yes])
        if rule.critical_from is not None and critical_yes >= rule.critical_from:
            ranks.append(RANK["critical"])
    return LEVELS[max(ranks)]


def ready_to_sign(definition: GridDefinition, answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """Critical questions still to be asked, in the order of the grid; empty when the grid may be signed.

    "Unknown" is an answer (it was asked); "not asked" and no answer are not.
    """
    return tuple(item.id for item in definition.critical_questions if _value(answers, item) == "not_asked")


def check_answers(definition: GridDefinition, raw: Any) -> tuple[dict[str, Answer], dict[str, AnswerError]]:
    """Clean untrusted answers: `(answers, errors)`, each by item id; save nothing unless `errors` is empty.

    `raw` maps an item id to `{"value": ..., "comment": ...}` or to the bare value. An empty value without a
    comment is no answer and is left out; an empty value with a comment is kept as "not asked", so that the
    words are not lost. Comments are trimmed, with line ends as "\\n", 2000 characters at most. An error that
    concerns no single item has the key "".
    """
    if not isinstance(raw, Mapping):
        return {}, {"": AnswerError("not_an_object", "Answers are an object of item ids.")}
    questions = {item.id for item in definition.questions}
    answers: dict[str, Answer] = {}
    errors: dict[str, AnswerError] = {}
    for key, given in raw.items():
        if key not in questions:
            # The key is echoed to the sender: short, and without surrogates that no response could encode.
            shown = str(key)[:100].encode(errors="replace").decode()
            errors[shown] = AnswerError("unknown_item", "This version of the grid has no such question.")
            continue
        checked = _check_one(given)
        if isinstance(checked, AnswerError):
            errors[key] = checked
        elif checked is not None:
            answers[key] = checked
    return answers, errors


def _check_one(given: Any) -> Answer | AnswerError | None:
    fields = given if isinstance(given, Mapping) else {"value": given}
    if fields.keys() - {"value", "comment"}:
        return AnswerError("bad_value", "An answer has a value and a comment, nothing else.")
    value, comment = fields.get("value"), fields.get("comment")
    if value not in (None, "", *ANSWER_VALUES):
        return AnswerError("bad_value", f"Choose one of: {', '.join(ANSWER_VALUES)}.")
    comment = "" if comment is None else comment
    if not isinstance(comment, str) or not _storable(comment):
        return AnswerError("bad_comment", "The comment is not readable text.")
    comment = comment.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(comment) > MAX_COMMENT:
        return AnswerError("comment_too_long", f"At most {MAX_COMMENT} characters; this has {len(comment)}.")
    if value:
        return Answer(value, comment)
    return Answer("not_asked", comment) if comment else None


def _storable(text: str) -> bool:
    # PostgreSQL stores no NUL and UTF-8 has no lone surrogates; JSON can carry both.
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
