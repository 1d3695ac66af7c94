"""The grid as a form, and the conclusion: fields and widgets only; services decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.templatetags.ui import LEVELS

from .definition import GridDefinition, InfoItem, YesNoItem
from .scoring import MAX_COMMENT

ANSWER_LABELS = {
    "yes": pgettext_lazy("answer", "Yes"),
    "no": pgettext_lazy("answer", "No"),
    "unknown": pgettext_lazy("answer", "Unknown"),
    "not_asked": pgettext_lazy("answer", "Not asked"),
}


def answer_name(item_id: str) -> str:
    """Name of the field that holds the answer to a question."""
    return f"a-{item_id}"


def comment_name(item_id: str) -> str:
    """Name of the field that holds the comment on a question."""
    return f"c-{item_id}"


@dataclass(frozen=True)
class Question:
    """A question with its two fields, in the words of the reader."""

    item: YesNoItem
    text: str
    help: str
    period: str
    answer: forms.BoundField
    comment: forms.BoundField


class AnswersForm(forms.Form):
    """Every question of a version: `a-<id>` one of the four answers or nothing, `c-<id>` a comment."""

    def __init__(self, grid: GridDefinition, language: str, data: Mapping[str, Any] | None = None, **extra: Any):
        super().__init__(data, **extra)
        self.grid = grid
        self.language = language
        for item in grid.questions:
            text = item.text.translated(language)
            self.fields[answer_name(item.id)] = forms.CharField(
                label=text, required=False, widget=forms.RadioSelect(choices=list(ANSWER_LABELS.items()))
            )
            self.fields[comment_name(item.id)] = forms.CharField(
                label=_("Comment: %(question)s") % {"question": text},
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 2, "maxlength": MAX_COMMENT}),
            )

    def by_section(self) -> list[dict[str, Any]]:
        """[{"title", "rows": Question or plain text}] in the order of the grid."""
        return [
            {"id": section.id, "title": section.title.translated(self.language), "rows": [self._row(i) for i in items]}
            for section, items in self.grid.by_section()
        ]

    def _row(self, item: YesNoItem | InfoItem) -> Question | str:
        if isinstance(item, InfoItem):
            return item.text.translated(self.language)
        return Question(
            item=item,
            text=item.text.translated(self.language),
            help=item.help.translated(self.language) if item.help else "",
            period=item.period.translated(self.language) if item.period else "",
            answer=self[answer_name(item.id)],
            comment=self[comment_name(item.id)],
        )

    def conflict(self, conflicts: Sequence[Mapping[str, Any]]) -> None:
        """Show beside each field what a colleague has saved meanwhile; what was typed stays."""
        self.full_clean()
        for found in conflicts:
            saved = str(ANSWER_LABELS.get(found["theirs"], found["theirs"])) or _("(empty)")
            self.add_error(
                found["field"],
                _("A colleague has saved: “%(saved)s”. Sending again keeps what you chose here.") % {"saved": saved},
            )


def stored(answers: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Stored answers as the initial values of the form."""
    initial = {}
    for item_id, answer in answers.items():
        initial[answer_name(item_id)] = answer["value"]
        initial[comment_name(item_id)] = answer.get("comment", "")
    return initial


def typed(grid: GridDefinition, post: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What the form sent, as the services take it: {item id: {"value", "comment"}}."""
    return {
        item.id: {"value": post.get(answer_name(item.id), ""), "comment": post.get(comment_name(item.id), "")}
        for item in grid.questions
    }


class ConclusionForm(forms.Form):
    """The level retained, none chosen in advance, and why."""

    level = forms.ChoiceField(
        label=_("Level retained"),
        required=False,
        choices=list(LEVELS.items()),
        widget=forms.RadioSelect,
    )
    justification = forms.CharField(
        label=_("Justification"),
        required=False,
        strip=False,
        help_text=_("What it rests on: facts, her own words, what the grid does not see. Signed, never edited."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
