"""An item of a grid as a form, by its type: its words, what it counts, its answers, its condition."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from riskassessment import drafting, factors
from riskassessment.drafting import Raw

from . import grid_words as named
from .grid_fields import (
    NOTHING,
    NamedRowForm,
    RawForm,
    RowForm,
    check_ids,
    choice,
    identifier,
    initial_rows,
    int_of,
    integer,
    kept,
    name_rows,
    rows_of,
    text_of,
    tick,
    with_held,
    wrong_id,
)


class OptionForm(NamedRowForm):
    def build(self) -> None:
        super().build()
        self.add_words("text", _("Answer"), self.raw)
        self.add("weight", integer(_("Weight")), int_of(self.raw.get("weight")))
        self.add("critical", tick(_("Critical")), self.raw.get("critical") is True)
        self.add("exclusive", tick(_("Stands alone (“none of these”)")), self.raw.get("exclusive") is True)

    def lines(self) -> list[list[forms.BoundField]]:
        return [
            self.line("text*"), self.line("id", "weight", "ORDER"), self.line("critical", "exclusive", "DELETE"),
            self.line("was"),
        ]  # fmt: skip

    def changed(self, old: Mapping[str, Raw]) -> Raw:
        given = self.cleaned_data
        changes = {
            "text": self.words("text"),
            "weight": given["weight"] or None,
            "critical": given["critical"] or None,
            "exclusive": given.get("exclusive") or None,
        }
        return self.changed_from(old, changes)


class BandForm(RowForm):
    def build(self) -> None:
        self.add("from", integer(_("From this value on")), int_of(self.raw.get("from")))
        self.add("weight", integer(_("Weight")), int_of(self.raw.get("weight")))
        self.add("critical", tick(_("Critical")), self.raw.get("critical") is True)

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("from", "weight"), self.line("critical", "DELETE")]

    def changed(self) -> Raw:
        given = self.cleaned_data
        changes = {"from": given["from"], "weight": given["weight"], "critical": given["critical"] or None}
        return drafting.with_keys({}, changes)


class LabelForm(RowForm):
    """The words of one value of a scale."""

    def build(self) -> None:
        self.add("value", integer(_("Value")), int_of(self.raw.get("value")))
        self.add_words("label", pgettext_lazy("of a grid", "Words"), self.raw)

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("value", "label*"), self.line("DELETE")]


class BranchForm(RowForm):
    """One branch of a condition: an answer to a question written before."""

    def __init__(self, *args: Any, questions: list[Raw], **kw: Any):
        self.questions = questions
        super().__init__(*args, **kw)

    def build(self) -> None:
        self.add("answer", choice(_("Question and answer"), [NOTHING, *self._choices()]))
        self.add("value", integer(_("Value"), _("For a scale or a number.")))

    def _choices(self) -> list[tuple[str, list[tuple[str, Any]]]]:
        groups = []
        for item in self.questions:
            answers = [(f"{item.get('id')}={value}", label) for value, label in named.answers_to(item, self.language)]
            if item.get("type") in ("scale", "number"):
                answers = [(f"{item.get('id')}>=", _("this value or more"))]
            if answers:
                groups.append((drafting.called(item, "text", self.language), answers))
        return groups

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("answer", "value"), self.line("DELETE")]


class ItemForm(RawForm):
    """One item, by its type, with its condition and the lists it holds."""

    def __init__(self, data: Any = None, *, grid: Raw, item: Raw, group: Raw | None, language: str, **kw: Any):
        self.grid, self.item, self.group, self.language = grid, item, group, language
        self.type = text_of(item.get("type"))
        super().__init__(data, **kw)
        self.parts: dict[str, Any] = {}
        common = {"form_kwargs": {"language": language}}
        if self.type in ("single", "multi"):
            self.parts["options"] = rows_of(OptionForm, ordered=True, extra=3)(
                data, prefix="options", initial=initial_rows(item, "options"), **common
            )
            if self.type == "single":
                for form in self.parts["options"].forms:
                    form.fields.pop("exclusive")
        if self.type == "scale":
            labels = [{"raw": {"value": int(key), "label": text}} for key, text in self._labels().items()]
            self.parts["labels"] = rows_of(LabelForm, extra=3)(data, prefix="labels", initial=labels, **common)
        if self.type in ("scale", "number"):
            self.parts["bands"] = rows_of(BandForm, extra=2)(
                data, prefix="bands", initial=initial_rows(item, "bands"), **common
            )
        self.parts["branches"] = rows_of(BranchForm, extra=2)(
            data,
            prefix="branches",
            initial=self._branches(),
            form_kwargs={"questions": self._earlier(), "language": language},
        )
        self.formsets = list(self.parts.values())

    # what is there -----------------------------------------------------------------------------------------
    def build(self) -> None:
        item = self.item
        asks = self.type not in ("info", "group")
        if self.group is None:
            held = text_of(item.get("section"))
            self.add("section", choice(_("Section"), with_held(self._titles("sections"), held)), held)
        self.add_words("text", _("Question") if asks else pgettext_lazy("of a grid", "Words"), item, rows=2)
        self.add_words("help", _("Help"), item, rows=2)
        if asks:
            self.add_words("period", _("Period"), item, help_text=_("For instance: in the last 12 months."))
        self._add_scoring()
        if asks:
            held = text_of(item.get("dimension"))
            choices = with_held([("", _("that of its section")), *self._titles("dimensions")], held)
            self.add("dimension", choice(_("Dimension"), choices), held)
            held = text_of(item.get("factor"))
            choices = [("", _("none")), *((code, factors.label(code)) for code in factors.FACTORS)]
            self.add("factor", choice(_("What it is about, to compare grids"), with_held(choices, held)), held)
            held = text_of(item.get("topic"))
            self.add("topic", choice(_("Told during an emergency access"), with_held(named.TOPICS.items(), held)), held)
        self.add(
            "id",
            identifier(_("Names it in conditions and exports, and compares versions. Empty: made of its words.")),
            text_of(item.get("id")),
        )
        mode, _leaves = self._condition() or ("kept", [])
        modes = [("all", _("all of these hold")), ("any", _("one of these holds"))]
        if mode == "kept":
            modes.insert(0, ("kept", _("as it is: a condition of conditions, changed in the document")))
        self.add(
            "mode",
            forms.ChoiceField(label=_("Shown when"), required=False, choices=modes, widget=forms.RadioSelect),
            mode,
        )

    def _add_scoring(self) -> None:
        item = self.item
        if self.type == "yes_no":
            self.add(
                "weight",
                integer(_("Weight"), _("0 records it without counting it; empty for a protective question.")),
                int_of(item.get("weight")),
            )
            self.add("critical", tick(_("Critical: a yes forces a level")), item.get("critical") is True)
            self.add(
                "protective",
                tick(_("Protective: shown beside the risk, never taken off it")),
                item.get("protective") is True,
            )
        elif self.type == "multi":
            self.add(
                "most",
                integer(_("Weighs no more than"), _("Empty: the sum of what is chosen.")),
                int_of(item.get("most")),
            )
        elif self.type == "scale":
            self.add("from", integer(pgettext_lazy("lowest value", "From")), int_of(item.get("from")))
            self.add("to", integer(pgettext_lazy("highest value", "To")), int_of(item.get("to")))
        elif self.type == "number":
            self.add("min", integer(_("At least")), int_of(item.get("min")))
            self.add("max", integer(_("At most")), int_of(item.get("max")))
            self.add_words("unit", _("Unit"), item)

    def _titles(self, key: str) -> list[tuple[str, str]]:
        return [
            (text_of(one.get("id")), drafting.called(one, "title", self.language))
            for one in drafting.rows(self.grid, key)
        ]

    def _labels(self) -> dict[str, Any]:
        return {key: text for key, text in drafting.part(self.item, "labels").items() if key.lstrip("-").isdigit()}

    def _earlier(self) -> list[Raw]:
        place = self.item.get("id") or (self.group or {}).get("id")
        if not self.item.get("id") and self.group is not None:
            return [*drafting.before(self.grid, place), *drafting.rows(self.group, "items")]
        return drafting.before(self.grid, place)

    def _condition(self) -> tuple[str, list[Raw]] | None:
        """Its condition as a list, None where it is more than a list (or looks at what is not written before it)."""
        tree = self.item.get("visible_if")
        if tree is None:
            return "all", []
        found = drafting.simple(tree, ("is", "from"))
        looked_at = [one.get("item") for one in found[1]] if found else []
        if found is None or len(set(map(str, looked_at))) < len(looked_at):
            return None
        answers = {
            item.get("id"): {value for value, _label in named.answers_to(item, self.language)}
            for item in self._earlier()
        }
        for one in found[1]:
            values = one.get("values") if isinstance(one.get("values"), list) else []
            if one.get("item") not in answers or not set(map(str, values)) <= answers[one["item"]]:
                return None
        return found

    def _branches(self) -> list[dict[str, Any]]:
        rows = []
        for leaf in (self._condition() or ("", []))[1]:
            if leaf.get("op") == "from":
                rows.append({"answer": f"{leaf.get('item')}>=", "value": int_of(leaf.get("value"))})
            else:
                rows += [{"answer": f"{leaf.get('item')}={value}"} for value in leaf.get("values") or []]
        return rows

    @property
    def complex_condition(self) -> str:
        """The condition in one line where the form cannot show it, else empty."""
        return drafting.told(self.item["visible_if"]) if self._condition() is None else ""

    def groups(self) -> list[dict[str, Any]]:
        found = [
            {"title": pgettext_lazy("of a grid", "Words"), "lines": [
                self.line("text*"), self.line("help*"), self.line("period*"), self.line("unit*"),
            ]},
            {"title": _("What it counts and where it stands"), "lines": [
                self.line("weight", "most", "from", "to", "min", "max"), self.line("critical"), self.line("protective"),
                self.line("section", "dimension"), self.line("factor", "topic"), self.line("id"),
            ]},
        ]  # fmt: skip
        titles = {
            "options": (_("Answers"), _("A row left empty is left out. Save to get more rows.")),
            "labels": (_("Words of the values"), _("Only the values that need words.")),
            "bands": (
                _("What an answer weighs"),
                _("From a value on, up to the next one; below the first one nothing. No row: it counts for nothing."),
            ),
        }
        found += [
            {"title": title, "help": text, "formset": self.parts[name]}
            for name, (title, text) in titles.items()
            if name in self.parts
        ]
        found.append(
            {"title": _("Condition"),
             "help": _("No row: always shown. Several answers to one question: any of them. An answer always counts."),
             "lines": [self.line("mode")], "formset": self.parts["branches"], "told": self.complex_condition}
        )  # fmt: skip
        return [group for group in found if group.get("formset") is not None or any(group["lines"])]

    # what was typed ----------------------------------------------------------------------------------------
    def is_valid(self) -> bool:
        if not all([super().is_valid(), *[formset.is_valid() for formset in self.formsets]]):
            return False
        return check_ids(kept(self.parts["options"])) if "options" in self.parts else True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.words("text"):
            self.add_error("text_fr", _("Write it in one language at least."))
        name = cleaned.get("id", "")
        if message := wrong_id(name):
            self.add_error("id", message)
        elif name and name != self.item.get("id") and name in drafting.ids(self.grid):
            self.add_error("id", _("Another item has this short name."))
        return cleaned

    def changed(self) -> Raw:
        """The item that was typed."""
        given = self.cleaned_data
        taken = drafting.ids(self.grid) - {self.item.get("id")}
        words = self.words("text")
        name = given["id"] or self.item.get("id") or drafting.made_of(next(iter(words.values())), taken)
        changes: Raw = {"text": words, "help": self.words("help")}
        for key in ("section", "dimension", "factor", "topic", "weight", "most", "from", "to", "min", "max"):
            if key in self.fields:
                changes[key] = given[key]
        for key in ("critical", "protective"):
            if key in self.fields:
                changes[key] = given[key] or None
        for key in ("period", "unit"):
            if f"{key}_fr" in self.fields:
                changes[key] = self.words(key)
        if "options" in self.parts:
            rows = kept(self.parts["options"])
            name_rows(rows, "text", "answer")
            old = {text_of(one.get("id")): one for one in drafting.rows(self.item, "options")}
            changes["options"] = [form.changed(old) for form in rows]
        if "labels" in self.parts:
            labels = {str(form.cleaned_data["value"]): form.words("label") for form in kept(self.parts["labels"])}
            changes["labels"] = {value: text for value, text in labels.items() if value != "None" and text}
        if "bands" in self.parts:
            changes["bands"] = [form.changed() for form in kept(self.parts["bands"])]
        if given["mode"] != "kept":
            changes["visible_if"] = drafting.joined(given["mode"] or "all", self._typed_leaves())
        return drafting.with_keys({**self.item, "type": self.type, "id": name}, changes)

    def _typed_leaves(self) -> list[Raw]:
        leaves: dict[str, Raw] = {}
        for form in kept(self.parts["branches"]):
            answer, value = form.cleaned_data["answer"], form.cleaned_data["value"]
            if answer.endswith(">="):
                leaf = drafting.with_keys({"op": "from", "item": answer[:-2]}, {"value": value})
                leaves[f"{answer[:-2]} {value}"] = leaf
            elif answer:
                item_id, _equals, one = answer.partition("=")
                leaf = leaves.setdefault(item_id, {"op": "is", "item": item_id, "values": []})
                if one not in leaf["values"]:
                    leaf["values"].append(one)
        return list(leaves.values())
