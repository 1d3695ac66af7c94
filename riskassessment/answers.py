"""What may be answered to each type of question, and cleaning what comes in. Pure: no Django, no database, no clock."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .definition import GridDefinition
from .items import (
    RESERVED,
    DateItem,
    MultiItem,
    NumberItem,
    Question,
    ScaleItem,
    SingleItem,
    TextItem,
    YesNoItem,
)

AnswerValue = Literal["yes", "no", "unknown", "not_asked"]  # of a yes_no question
ANSWER_VALUES: tuple[AnswerValue, ...] = get_args(AnswerValue)
Source = Literal["", "victim", "child", "observed", "document", "perpetrator", "professional"]
SOURCES: tuple[Source, ...] = get_args(Source)
Value = str | int | list[str]
MAX_COMMENT = 2000
MAX_TEXT = 4000

_WHOLE = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """An answer with a comment, from whom it is known (`source`) and on which day that was (`on`, ISO date).

    `value`: yes, no, an option's id, a list of options' ids (in the order of the grid), a whole number, an ISO date or
    a text; "unknown" and "not_asked" for every type but text, whose empty value is no answer.
    """

    value: Value
    comment: str = ""
    source: Source = ""
    on: str | None = None

    def stored(self) -> dict[str, Any]:
        """The answer as JSON: {"value", "comment"}, with "source" and "on" where they say something.

        `Answer(**stored)` reads it back.
        """
        extras = {"source": self.source, "on": self.on}
        return {"value": self.value, "comment": self.comment} | {name: one for name, one in extras.items() if one}


@dataclass(frozen=True)
class AnswerError:
    """Why an answer was refused. `code` is stable, for translated messages; `message` is plain English."""

    code: Literal[
        "not_an_object",
        "unknown_item",
        "bad_value",
        "out_of_range",
        "stands_alone",
        "text_too_long",
        "bad_comment",
        "comment_too_long",
        "bad_source",
        "bad_date",
    ]
    message: str


def known(item: Question, answer: Answer | None) -> bool:
    """Whether the question has an answer that says something: not nothing, not asked, nor unknown."""
    if answer is None or answer.value in ("", []):
        return False
    return isinstance(item, TextItem) or answer.value not in RESERVED


def asked(item: Question, answer: Answer | None) -> bool:
    """Whether the question was put: it has an answer, "unknown" included."""
    return known(item, answer) or (answer is not None and answer.value == "unknown" and not isinstance(item, TextItem))


def check_answers(definition: GridDefinition, raw: Any) -> tuple[dict[str, Answer], dict[str, AnswerError]]:
    """Clean untrusted answers: `(answers, errors)`, each by item id; save nothing unless `errors` is empty.

    `raw` maps an item id to `{"value": ..., "comment": ..., "source": ..., "on": ...}` (all but the value may be left
    out) or to the bare value. Whole numbers may come as text, as a form sends them. An empty value without a comment is
    no answer and is left out; an empty value with a comment is kept as "not asked" (empty for a text), so that the
    words are not lost. Comments and texts are trimmed, with line ends as "\\n"; 2000 and 4000 characters at most.
    Whether `on` lies in the future is for who has a clock. An error that concerns no single item has the key "".
    """
    if not isinstance(raw, Mapping):
        return {}, {"": AnswerError("not_an_object", "Answers are an object of item ids.")}
    answers: dict[str, Answer] = {}
    errors: dict[str, AnswerError] = {}
    for key, given in raw.items():
        if key not in definition.by_id:
            # The key is echoed to the sender: short, and without surrogates that no response could encode.
            shown = str(key)[:100].encode(errors="replace").decode()
            errors[shown] = AnswerError("unknown_item", "This version of the grid has no such question.")
            continue
        checked = _check_one(definition.by_id[key], given)
        if isinstance(checked, AnswerError):
            errors[key] = checked
        elif checked is not None:
            answers[key] = checked
    return answers, errors


def _check_one(item: Question, given: Any) -> Answer | AnswerError | None:
    fields = given if isinstance(given, Mapping) else {"value": given}
    if fields.keys() - {"value", "comment", "source", "on"}:
        return AnswerError("bad_value", "An answer has a value, a comment, a source and a day, nothing else.")
    value = _value(item, fields.get("value"))
    if isinstance(value, AnswerError):
        return value
    comment = _words(fields.get("comment"))
    if comment is None:
        return AnswerError("bad_comment", "The comment is not readable text.")
    if len(comment) > MAX_COMMENT:
        return AnswerError("comment_too_long", f"At most {MAX_COMMENT} characters; this has {len(comment)}.")
    source = "" if fields.get("source") is None else fields["source"]
    if not isinstance(source, str) or source not in SOURCES:
        return AnswerError("bad_source", f"Choose one of: {', '.join(SOURCES[1:])}.")
    on = None if fields.get("on") == "" else fields.get("on")
    if on is not None and not _is_day(on):
        return AnswerError("bad_date", "A day is written as 2026-11-22.")
    if value is None and not comment:
        return None
    empty = "" if isinstance(item, TextItem) else "not_asked"
    return Answer(empty if value is None else value, comment, source, on)


def _value(item: Question, given: Any) -> Value | AnswerError | None:
    """The value as it is kept, None where there is none."""
    if given is None or given == "" or (isinstance(given, list) and not given):
        return None
    if isinstance(item, TextItem):
        return _text(given)
    if isinstance(given, list) and len(given) == 1 and given[0] in RESERVED and isinstance(item, MultiItem):
        given = given[0]
    if isinstance(given, list) and any(one in RESERVED for one in given):
        return AnswerError("stands_alone", "“unknown” and “not_asked” stand alone.")
    if isinstance(given, str) and given in RESERVED:
        return given
    if isinstance(item, YesNoItem):
        return _one_of(given, ANSWER_VALUES)
    if isinstance(item, SingleItem):
        return _one_of(given, (*(option.id for option in item.options), *RESERVED))
    if isinstance(item, MultiItem):
        return _several(item, given)
    if isinstance(item, DateItem):
        return given if _is_day(given) else AnswerError("bad_date", "A day is written as 2026-11-22.")
    return _whole(item, given)


def _one_of(given: Any, values: tuple[str, ...]) -> str | AnswerError:
    if isinstance(given, str) and given in values:
        return given
    return AnswerError("bad_value", f"Choose one of: {', '.join(values)}.")


def _several(item: MultiItem, given: Any) -> list[str] | AnswerError:
    ids = [option.id for option in item.options]
    if not isinstance(given, list) or not all(isinstance(one, str) and one in ids for one in given):
        return AnswerError("bad_value", f"Choose among: {', '.join(ids)}; or one of: {', '.join(RESERVED)}.")
    chosen = [option for option in item.options if option.id in given]
    if len(chosen) > 1 and any(option.exclusive for option in chosen):
        alone = next(option.id for option in chosen if option.exclusive)
        return AnswerError("stands_alone", f"“{alone}” cannot be chosen together with another answer.")
    return [option.id for option in chosen]


def _whole(item: ScaleItem | NumberItem, given: Any) -> int | AnswerError:
    if isinstance(given, str) and _WHOLE.fullmatch(given.strip()):
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool):
        return AnswerError("bad_value", "Give a whole number.")
    if not item.least <= given <= item.greatest:
        return AnswerError("out_of_range", f"Between {item.least} and {item.greatest}.")
    return given


def _text(given: Any) -> str | AnswerError | None:
    words = _words(given)
    if words is None:
        return AnswerError("bad_value", "This is not readable text.")
    if len(words) > MAX_TEXT:
        return AnswerError("text_too_long", f"At most {MAX_TEXT} characters; this has {len(words)}.")
    return words or None


def _is_day(given: Any) -> bool:
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        return False
    try:
        datetime.date.fromisoformat(given)
    except ValueError:
        return False
    return True


def _words(given: Any) -> str | None:
    """Trimmed text with one kind of line end; empty for nothing, None for what is no storable text."""
    if given is None:
        return ""
    # PostgreSQL stores no NUL and UTF-8 has no lone surrogates; JSON can carry both.
    if not isinstance(given, str) or "\x00" in given or any("\ud800" <= char <= "\udfff" for char in given):
        return None
    return given.replace("\r\n", "\n").replace("\r", "\n").strip()
