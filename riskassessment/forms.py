"""The grid as a form: what the page sends and shows; services decide.

Every part of an answer has one name: `a-<id>` the answer (sent more than once where several are chosen), `c-<id>` the
comment, `s-<id>` from whom it is known, `d-<id>` on which day, `k-<id>` that the answer of last time is confirmed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.clock import local, now

from . import scoring
from .answers import ANSWER_VALUES, asked, check_answers
from .definition import GridDefinition
from .earlier import Proposal
from .items import RESERVED, DateItem, GroupItem, InfoItem, MultiItem, NumberItem, ScaleItem, SingleItem, TextItem
from .items import Question as QuestionItem
from .wording import ANSWER_LABELS, SOURCE_LABELS, answer_words, condition_words


def answer_name(item_id: str) -> str:
    """Name of the field that holds the answer to a question."""
    return f"a-{item_id}"


def comment_name(item_id: str) -> str:
    """Name of the field that holds the comment on a question."""
    return f"c-{item_id}"


def source_name(item_id: str) -> str:
    """Name of the field that says from whom an answer is known."""
    return f"s-{item_id}"


def day_name(item_id: str) -> str:
    """Name of the field that says on which day an answer became known."""
    return f"d-{item_id}"


def confirm_name(item_id: str) -> str:
    """Name of the box that takes up the answer of last time."""
    return f"k-{item_id}"


@dataclass(frozen=True)
class Choice:
    """A radio or a box: its id on the page, its value and words; `alone` where it excludes the others."""

    id: str
    value: str
    label: str
    checked: bool
    alone: bool = False


@dataclass(frozen=True)
class Last:
    """What was answered last time, in words and as grid.js sets it again."""

    words: str
    comment: str
    source: str
    signed_at: Any
    agency: str
    name: str
    confirmed: bool
    parts: str  # JSON {field name: [values]}


@dataclass(frozen=True)
class Question:
    """A question with its fields, in the words of the reader.

    `control` is "yes_no", "choice", "boxes", "scale", "number", "date" or "text"; `choices` are its radios or boxes,
    `rest` "unknown" and "not asked" where they stand apart, `typed` what stands in its input. `unfolded` says whether
    there is a comment, a source or a day. `when` is the condition as JSON, `only_if` in words; `applies` says whether
    it is to be answered now. `before` and `after` are the ids on the page of its neighbours.
    """

    item: QuestionItem
    text: str
    help: str
    period: str
    answer: forms.BoundField
    comment: forms.BoundField
    source: forms.BoundField
    on: forms.BoundField
    unfolded: bool
    control: str
    choices: tuple[Choice, ...]
    rest: tuple[Choice, ...]
    typed: str
    unit: str
    least: int | None
    greatest: int | None
    when: str
    only_if: str
    applies: bool
    last: Last | None
    before: str
    after: str


@dataclass(frozen=True)
class Info:
    """Words between the questions."""

    text: str
    help: str
    when: str
    only_if: str
    applies: bool


@dataclass(frozen=True)
class Group:
    """A heading with a few questions and texts."""

    id: str
    text: str
    help: str
    period: str
    when: str
    only_if: str
    applies: bool
    rows: tuple[Question | Info, ...]


class _Sent(forms.CheckboxSelectMultiple):
    """Everything that was sent under one name, without what is empty."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return sent(data, name)


class AnswersForm(forms.Form):
    """Every question of a version.

    `initial` is what `stored` makes of answers, `earlier` what may be confirmed again, by question.
    """

    def __init__(
        self,
        grid: GridDefinition,
        language: str,
        data: Mapping[str, Any] | None = None,
        *,
        earlier: Mapping[str, Proposal] | None = None,
        **extra: Any,
    ):
        super().__init__(data, **extra)
        self.grid = grid
        self.language = language
        self.earlier = earlier or {}
        for item in grid.questions:
            text = item.text.translated(language)
            self.fields[answer_name(item.id)] = forms.Field(label=text, required=False, widget=_Sent())
            self.fields[comment_name(item.id)] = forms.CharField(
                label=_("Comment: %(question)s") % {"question": text}, required=False, strip=False
            )
            self.fields[source_name(item.id)] = forms.CharField(
                label=_("Known from: %(question)s") % {"question": text}, required=False
            )
            self.fields[day_name(item.id)] = forms.CharField(
                label=_("Known on: %(question)s") % {"question": text}, required=False
            )
        raw = typed(grid, self.data, self.earlier) if self.is_bound else _unstored(grid, self.initial)
        self.answers, self.unreadable = check_answers(grid, raw)
        # what was written is never hidden, also where it cannot be kept yet
        self.shown = scoring.visible(grid, self.answers) | self.unreadable.keys()

    # --- what the page shows ------------------------------------------------------------------------------
    def by_section(self) -> list[dict[str, Any]]:
        """[{"id", "title", "help", "rows": Question, Info or Group}] in the order of the grid."""
        order = [f"id_{answer_name(item.id)}" for item in self.grid.questions]
        neighbours = dict(zip(order, zip(["", *order], [*order[1:], ""], strict=False), strict=True))
        return [
            {
                "id": section.id,
                "title": section.title.translated(self.language),
                "help": self._words(section.help),
                "rows": [self._row(item, neighbours) for item in items],
            }
            for section, items in self.grid.by_section()
        ]

    def progress(self) -> dict[str, Any]:
        """How far it is: {"total", "answered", "next": id on the page of the first question without an answer or "",
        "critical": [{"name", "label", "left"}], "critical_left"}. Questions that do not apply are not counted.
        """
        shown = [item for item in self.grid.questions if item.id in self.shown]
        left = [item for item in shown if not self[answer_name(item.id)].value() and item.id not in self.answers]
        critical = [
            {
                "name": answer_name(item.id),
                "label": item.text.translated(self.language),
                "left": item.id in self.shown and not asked(item, self.answers.get(item.id)),
            }
            for item in self.grid.critical_questions
        ]
        return {
            "total": len(shown),
            "answered": len(shown) - len(left),
            "next": f"id_{answer_name(left[0].id)}" if left else "",
            "critical": critical,
            "critical_left": sum(one["left"] for one in critical),
        }

    @property
    def sources(self) -> list[tuple[str, Any]]:
        """From whom an answer may be known."""
        return list(SOURCE_LABELS.items())

    @property
    def today(self) -> date:
        """The last day on which an answer may have become known."""
        return local(now()).date()

    def _row(
        self, item: QuestionItem | InfoItem | GroupItem, neighbours: Mapping[str, tuple[str, str]]
    ) -> Question | Info | Group:
        shared = {
            "text": item.text.translated(self.language),
            "help": self._words(item.help),
            "when": json.dumps(item.visible_if.model_dump(mode="json", by_alias=True)) if item.visible_if else "",
            "only_if": condition_words(self.grid, item.visible_if, self.language) if item.visible_if else "",
            "applies": item.id in self.shown,
        }
        if isinstance(item, InfoItem):
            return Info(**shared)
        period = self._words(item.period)
        if isinstance(item, GroupItem):
            rows = tuple(self._row(member, neighbours) for member in item.items)
            shared["applies"] = shared["applies"] or any(isinstance(row, Question) and row.applies for row in rows)
            return Group(id=item.id, period=period, rows=rows, **shared)
        answer = self[answer_name(item.id)]
        given = answer.value() or []
        choices, rest = self._choices(item, given)
        details = [self[name(item.id)] for name in (comment_name, source_name, day_name)]
        before, after = neighbours[f"id_{answer_name(item.id)}"]
        return Question(
            item=item,
            period=period,
            answer=answer,
            comment=details[0],
            source=details[1],
            on=details[2],
            unfolded=any(field.value() or field.errors for field in details),
            control=_control(item),
            choices=choices,
            rest=rest,
            typed=next((one for one in given if isinstance(item, TextItem) or one not in RESERVED), ""),
            unit=self._words(item.unit) if isinstance(item, NumberItem) else "",
            least=item.min if isinstance(item, NumberItem) else None,
            greatest=item.max if isinstance(item, NumberItem) else None,
            last=self._last(item),
            before=before,
            after=after,
            **shared,
        )

    def _choices(self, item: QuestionItem, given: Sequence[str]) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
        """Its radios or boxes, and apart from them "unknown" and "not asked"."""
        offered = [(value, label, alone) for value, label, alone in self._offered(item)]
        if not isinstance(item, TextItem):
            offered += [(value, ANSWER_LABELS[value], True) for value in RESERVED]
        made = tuple(
            Choice(f"id_{answer_name(item.id)}_{number}", value, label, value in given, alone)
            for number, (value, label, alone) in enumerate(offered)
        )
        apart = len(RESERVED) if _control(item) not in ("yes_no", "text") else 0
        return made[: len(made) - apart], made[len(made) - apart :]

    def _offered(self, item: QuestionItem) -> Iterator[tuple[str, Any, bool]]:
        if isinstance(item, (SingleItem, MultiItem)):
            for option in item.options:
                yield option.id, option.text.translated(self.language), getattr(option, "exclusive", False)
        elif isinstance(item, ScaleItem):
            for step in range(item.least, item.greatest + 1):
                yield str(step), answer_words(item, step, self.language), False
        elif _control(item) == "yes_no":
            for value in ANSWER_VALUES:
                if value not in RESERVED:
                    yield value, ANSWER_LABELS[value], False

    def _last(self, item: QuestionItem) -> Last | None:
        proposal = self.earlier.get(item.id)
        if proposal is None:
            return None
        answer = proposal.answer
        parts = {
            answer_name(item.id): _texts(answer.value),
            comment_name(item.id): _texts(answer.comment),
            source_name(item.id): _texts(answer.source),
            day_name(item.id): _texts(answer.on),
        }
        return Last(
            words=answer_words(item, answer.value, self.language),
            comment=answer.comment,
            source=str(SOURCE_LABELS.get(answer.source, "")),
            signed_at=proposal.signed_at,
            agency=proposal.agency,
            name=confirm_name(item.id),
            confirmed=self.is_bound and bool(sent(self.data, confirm_name(item.id))),
            parts=json.dumps(parts),
        )

    def _words(self, words: Any) -> str:
        return words.translated(self.language) if words else ""

    # --- what a colleague saved meanwhile -----------------------------------------------------------------
    def conflict(self, conflicts: Sequence[Mapping[str, Any]]) -> None:
        """Show beside each field what a colleague has saved meanwhile; what was typed stays."""
        self.full_clean()
        for found in conflicts:
            self.add_error(
                found["field"],
                _("A colleague has saved: “%(saved)s”. Sending again keeps what you chose here.")
                % {"saved": self._said(found["field"], found["theirs"]) or _("(empty)")},
            )

    def _said(self, field: str, value: Any) -> str:
        part, _dash, item_id = field.partition("-")
        if part == "a":
            return answer_words(self.grid.question(item_id), value, self.language)
        return str(SOURCE_LABELS.get(value, value)) if part == "s" else str(value or "")


def stored(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Stored answers as the initial values of the form."""
    initial: dict[str, Any] = {}
    for item_id, answer in answers.items():
        initial[answer_name(item_id)] = _texts(answer["value"])
        initial[comment_name(item_id)] = answer.get("comment", "")
        initial[source_name(item_id)] = answer.get("source", "")
        initial[day_name(item_id)] = answer.get("on") or ""
    return initial


def typed(
    grid: GridDefinition, post: Mapping[str, Any], earlier: Mapping[str, Proposal] | None = None
) -> dict[str, dict[str, Any]]:
    """What the form sent, as the services take it: {item id: {"value", "comment", "source", "on"}}.

    A question without an answer whose answer of last time was confirmed has that one, with its comment, its source and
    its day where none was typed.
    """
    found: dict[str, dict[str, Any]] = {}
    for item in grid.questions:
        given = {
            "value": _value(item, sent(post, answer_name(item.id))),
            "comment": post.get(comment_name(item.id), ""),
            "source": post.get(source_name(item.id), ""),
            "on": post.get(day_name(item.id), ""),
        }
        proposal = (earlier or {}).get(item.id)
        if proposal is not None and given["value"] == "" and sent(post, confirm_name(item.id)):
            before = proposal.answer.stored()
            given = {part: value or before.get(part, "") for part, value in given.items()}
        found[item.id] = given
    return found


def sent(data: Any, name: str) -> list[str]:
    """Everything that was sent under one name, without what is empty."""
    if hasattr(data, "getlist"):
        values: Iterable[Any] = data.getlist(name)
    else:
        value = data.get(name) or []
        values = value if isinstance(value, list) else [value]
    return [value for value in values if value != ""]


def _value(item: QuestionItem, values: list[str]) -> str | list[str]:
    """One value, or a list where several were sent or may be chosen; "" for none."""
    if not values:
        return ""
    return values if isinstance(item, MultiItem) or len(values) > 1 else values[0]


def _unstored(grid: GridDefinition, initial: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        item.id: {
            "value": _value(item, initial[answer_name(item.id)]),
            "comment": initial.get(comment_name(item.id), ""),
        }
        for item in grid.questions
        if answer_name(item.id) in initial
    }


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return [] if value in ("", None) else [str(value)]


def _control(item: QuestionItem) -> str:
    kinds = {SingleItem: "choice", MultiItem: "boxes", ScaleItem: "scale"}
    kinds |= {NumberItem: "number", DateItem: "date", TextItem: "text"}
    return kinds.get(type(item), "yes_no")
