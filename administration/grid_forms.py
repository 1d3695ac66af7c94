"""A grid as forms: its head, its structure, its scoring, each of its items. Fields and widgets only.

Every form is made from the plain data of a draft and gives plain data back (`changed`); whether that makes a grid is
for the checks. A form that keeps something it cannot show (a condition of conditions) leaves it as it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import AgencyKind
from riskassessment import drafting, factors
from riskassessment.drafting import Raw
from riskassessment.items import MAX_OPTIONS
from riskassessment.rules import LEVELS

from . import grid_words as named

LANGUAGES = {"fr": _("in French"), "nl": _("in Dutch"), "en": _("in English")}
LONGEST = 4000
NOTHING = ("", "—")
RAISED = LEVELS[1:]


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _with(choices: Iterable[tuple[str, Any]], held: Any) -> list[tuple[str, Any]]:
    """The choices, and the value that is held where it is none of them: it is kept unless another is chosen."""
    listed = list(choices)
    if isinstance(held, str) and held and held not in {value for value, _label in listed}:
        listed.append((held, held))
    return listed


class RawForm(forms.Form):
    """A form made from plain data: `initial` is what the data hold, `{name}_{language}` the words of a text."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.build()

    def build(self) -> None:
        """Add the fields that depend on the data."""

    def add(self, name: str, field: forms.Field, value: Any = None) -> None:
        self.fields[name] = field
        if value not in (None, ""):
            self.initial.setdefault(name, value)

    def add_words(self, name: str, label: Any, raw: Mapping[str, Any], *, rows: int = 0, help_text: Any = "") -> None:
        texts = drafting.part(raw, name)
        for code, language in LANGUAGES.items():
            widget = forms.Textarea(attrs={"rows": rows, "lang": code}) if rows else forms.TextInput({"lang": code})
            field = forms.CharField(
                label=format_lazy("{}, {}", label, language),
                required=False,
                max_length=LONGEST,
                widget=widget,
                help_text=help_text if code == "fr" else "",
            )
            self.add(f"{name}_{code}", field, _word(texts.get(code)))

    def words(self, name: str) -> Raw:
        """The words typed for a text, by language; empty where there are none."""
        typed = {code: self.cleaned_data.get(f"{name}_{code}", "").replace("\r\n", "\n") for code in LANGUAGES}
        return {code: text for code, text in typed.items() if text}

    def line(self, *names: str) -> list[forms.BoundField]:
        """Fields to show beside each other; `text*` is a text in each language."""
        found = []
        for name in names:
            if name.endswith("*"):
                found += [self[f"{name[:-1]}_{code}"] for code in LANGUAGES if f"{name[:-1]}_{code}" in self.fields]
            elif name in self.fields:
                found.append(self[name])
        return found

    def show_conflict(self) -> None:
        """Beside each field that differs, what is saved now; what was typed stays."""
        self.full_clean()
        for name in self.changed_data:
            held = self.initial.get(name)
            choices = dict(getattr(self.fields[name], "choices", ()) or ())
            shown = choices.get(held, held) if isinstance(held, str) else held
            self.add_error(
                name,
                _("Saved meanwhile or before: “%(saved)s”. Sending again keeps what you wrote here.")
                % {"saved": shown if shown not in (None, "", []) else "—"},
            )


def _integer(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, help_text=help_text, widget=forms.NumberInput({"inputmode": "numeric"})
    )


def _choice(label: Any, choices: Iterable[Any], help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=list(choices), help_text=help_text)


def _tick(label: Any, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def _identifier(help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=_("Short name"),
        required=False,
        max_length=drafting.LONGEST_ID,
        help_text=help_text,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


def check_ids(typed: Iterable[tuple[forms.Form, str]]) -> bool:
    """Say beside each short name what is wrong with it: how it is written, or that it stands there twice."""
    seen: set[str] = set()
    fine = True
    for form, name in typed:
        message = ""
        if name and not drafting.is_id(name):
            message = _("Small letters without accents, digits and _; a letter first.")
        elif name and name in seen:
            message = _("This short name is used twice.")
        if message:
            form.add_error("id", message)
            fine = False
        seen.add(name)
    return fine


# --- the head ---------------------------------------------------------------------------------------------
class HeadForm(RawForm):
    """What a grid says of itself, who may use it, where its answers stand."""

    def __init__(
        self, *args: Any, raw: Raw, courses: Iterable[tuple[str, str]], grids: Iterable[tuple[str, str]], **kw
    ):
        self.raw, self.courses, self.grids = raw, list(courses), list(grids)
        super().__init__(*args, **kw)

    def build(self) -> None:
        raw = self.raw
        self.add_words("title", _("Title"), raw)
        self.add_words("description", _("What it is for"), raw, rows=3)
        self.add_words(
            "notice", _("Notice"), raw, rows=3,
            help_text=_("Shown on every screen and every print. A demonstration grid says here that it is one."),
        )  # fmt: skip
        self.add_words(
            "provenance", _("Provenance"), raw, rows=3, help_text=_("Where the instrument comes from, and who says so.")
        )
        self.add_words("licence", _("Licence"), raw, rows=3, help_text=_("Who may use its words, on what terms."))
        self.add(
            "demonstration", _tick(_("Demonstration grid, not an official instrument")), bool(raw.get("demonstration"))
        )
        self.add("kind", _choice(_("Kind"), named.KINDS.items()), _word(raw.get("kind")))
        self.add("place", _choice(_("Where its answers stand in a case"), named.PLACES.items()), self._place())
        self.add("asked_of", _choice(_("Who is asked"), named.ASKED_OF.items()), _word(raw.get("asked_of")) or "victim")
        kinds = raw.get("agency_kinds")
        held = [one for one in kinds if isinstance(one, str)] if isinstance(kinds, list) else []
        known = list(AgencyKind.choices) + [(one, one) for one in held if one not in AgencyKind.values]
        field = forms.MultipleChoiceField(
            label=_("Kinds of services that may use it"),
            required=False,
            choices=known,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None chosen: every kind."),
        )
        self.add("agency_kinds", field, held)
        for name, label in (
            ("training", _("Training needed to sign it")),
            ("review_training", _("Training needed to verify it, or to sign under a lower level")),
        ):
            value = _word(raw.get(name))
            self.add(name, _choice(label, _with([("", _("none")), *self.courses], value)), value)
        leads = _word(raw.get("leads_to"))
        self.add(
            "leads_to",
            _choice(
                _("Full grid it leads to"), _with([("", _("none")), *self.grids], leads), _("For a checklist only.")
            ),
            leads,
        )
        self.add("anonymous", _tick(_("May be used for a situation without identity")), bool(raw.get("anonymous")))

    def _place(self) -> str:
        return f"{_word(self.raw.get('category')) or 'risk'}/{_word(self.raw.get('side')) or 'case'}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.words("title"):
            self.add_error("title_fr", _("Give the grid a title, in one language at least."))
        return cleaned

    def groups(self) -> list[dict[str, Any]]:
        return [
            {"title": _("What it says of itself"), "lines": [
                self.line("title*"), self.line("description*"), self.line("notice*"), self.line("provenance*"),
                self.line("licence*"), self.line("demonstration"),
            ]},
            {"title": _("What it is and who uses it"), "lines": [
                self.line("kind", "place", "asked_of"), self.line("agency_kinds"),
                self.line("training", "review_training"), self.line("leads_to"), self.line("anonymous"),
            ]},
        ]  # fmt: skip

    def changed(self) -> Raw:
        """The draft with the head that was typed."""
        given = self.cleaned_data
        category, _slash, side = given["place"].partition("/")
        changes = {name: self.words(name) for name in ("title", "description", "notice", "provenance", "licence")}
        changes |= {
            "demonstration": given["demonstration"],
            "kind": given["kind"],
            "category": "" if category == "risk" else category,
            "side": "" if side == "case" else side,
            "asked_of": "" if given["asked_of"] == "victim" else given["asked_of"],
            "agency_kinds": given["agency_kinds"],
            "training": given["training"],
            "review_training": given["review_training"],
            "leads_to": given["leads_to"],
            "anonymous": given["anonymous"] or None,
        }
        return drafting.with_keys(self.raw, changes)


# --- sections and dimensions ------------------------------------------------------------------------------
class RowForm(RawForm):
    """One of several: `row` is what it was made from, by the `was` of the page (its old short name)."""

    def __init__(self, *args: Any, language: str = "fr", **kw: Any):
        self.language = language
        super().__init__(*args, **kw)

    @property
    def raw(self) -> Raw:
        return self.initial.get("raw") or {}


class SectionForm(RowForm):
    def build(self) -> None:
        self.add(
            "was", forms.CharField(required=False, widget=forms.HiddenInput, max_length=60), _word(self.raw.get("id"))
        )
        self.add("id", _identifier(), _word(self.raw.get("id")))
        self.add_words("title", _("Title"), self.raw)
        self.add_words("help", _("Help"), self.raw, rows=2)
        self.add(
            "dimension",
            forms.CharField(
                label=_("Dimension"), required=False, max_length=60,
                help_text=_("Short name of the dimension its questions belong to, empty for none."),
            ),
            _word(self.raw.get("dimension")),
        )  # fmt: skip

    def lines(self) -> list[list[forms.BoundField]]:
        return [
            self.line("title*"), self.line("help*"), self.line("id", "dimension", "ORDER"), self.line("DELETE"),
            self.line("was"),
        ]  # fmt: skip

    def changed(self, old: Mapping[str, Raw]) -> Raw:
        given = self.cleaned_data
        changes = {"title": self.words("title"), "help": self.words("help"), "dimension": given["dimension"]}
        return drafting.with_keys(old.get(given["was"], {}) | {"id": given["id"]}, changes)


class DimensionForm(RowForm):
    def build(self) -> None:
        self.add(
            "was", forms.CharField(required=False, widget=forms.HiddenInput, max_length=60), _word(self.raw.get("id"))
        )
        self.add("id", _identifier(), _word(self.raw.get("id")))
        self.add_words("title", _("Title"), self.raw)

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("title*"), self.line("id", "ORDER"), self.line("DELETE"), self.line("was")]

    def changed(self, old: Mapping[str, Raw]) -> Raw:
        given = self.cleaned_data
        return drafting.with_keys(old.get(given["was"], {}) | {"id": given["id"]}, {"title": self.words("title")})


class OptionForm(RowForm):
    def build(self) -> None:
        self.add(
            "was", forms.CharField(required=False, widget=forms.HiddenInput, max_length=60), _word(self.raw.get("id"))
        )
        self.add("id", _identifier(), _word(self.raw.get("id")))
        self.add_words("text", _("Answer"), self.raw)
        self.add("weight", _integer(_("Weight")), _number(self.raw.get("weight")))
        self.add("critical", _tick(_("Critical")), self.raw.get("critical") is True)
        self.add("exclusive", _tick(_("Stands alone (“none of these”)")), self.raw.get("exclusive") is True)

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
        return drafting.with_keys(old.get(given["was"], {}) | {"id": given["id"]}, changes)


class BandForm(RowForm):
    def build(self) -> None:
        self.add("from", _integer(_("From this value on")), _number(self.raw.get("from")))
        self.add("weight", _integer(_("Weight")), _number(self.raw.get("weight")))
        self.add("critical", _tick(_("Critical")), self.raw.get("critical") is True)

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("from", "weight"), self.line("critical", "DELETE")]

    def changed(self, old: Mapping[str, Raw]) -> Raw:
        given = self.cleaned_data
        changes = {"from": given["from"], "weight": given["weight"], "critical": given["critical"] or None}
        return drafting.with_keys({}, changes)


class LabelForm(RowForm):
    """The words of one value of a scale."""

    def build(self) -> None:
        self.add("value", _integer(_("Value")), _number(self.raw.get("value")))
        self.add_words("label", pgettext_lazy("of a grid", "Words"), self.raw)

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("value", "label*"), self.line("DELETE")]


class BranchForm(RowForm):
    """One branch of a condition: an answer to a question written before."""

    def __init__(self, *args: Any, questions: list[Raw], **kw: Any):
        self.questions = questions
        super().__init__(*args, **kw)

    def build(self) -> None:
        self.add("answer", _choice(_("Question and answer"), [NOTHING, *self._choices()]))
        self.add("value", _integer(_("Value"), _("For a scale or a number.")))

    def _choices(self) -> list[tuple[str, list[tuple[str, Any]]]]:
        groups = []
        for item in self.questions:
            answers = [(f"{item.get('id')}={value}", label) for value, label in named.answers_to(item, self.language)]
            if item.get("type") in ("scale", "number"):
                answers = [(f"{item.get('id')}>=", _("this value or more"))]
            if answers:
                groups.append((drafting.words(item, "text", self.language) or _word(item.get("id")), answers))
        return groups

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("answer", "value"), self.line("DELETE")]


class RuleForm(RowForm):
    """One rule that raises the level."""

    def __init__(self, *args: Any, grid: Raw, **kw: Any):
        self.grid = grid
        super().__init__(*args, **kw)

    def build(self) -> None:
        questions = [
            (f"points:{item.get('id')}", drafting.words(item, "text", self.language) or _word(item.get("id")))
            for item in drafting.before(self.grid, None)
            if item.get("type") in ("yes_no", "single", "multi", "scale", "number")
        ]
        sums = [("criticals", _("Number of critical answers")), ("score", _("Sum over the whole grid"))]
        sums += [
            (f"score:{one.get('id')}", format_lazy("{} {}", _("Sum in"), drafting.words(one, "title", self.language)))
            for one in drafting.rows(self.grid, "dimensions")
        ]
        self.add("level", _choice(_("At least this level"), [NOTHING, *named.levels(RAISED)]))
        what = [NOTHING, (_("Sums"), sums), (_("Weight of the answer to"), questions)]
        self.add("what", _choice(_("When this"), what))
        self.add("from", _integer(_("reaches")))

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("level", "what", "from"), self.line("DELETE")]


def rows_of(form: type[forms.Form], *, ordered: bool = False, extra: int = 2, most: int = MAX_OPTIONS) -> type:
    """A list of such rows with a few empty ones at its end."""
    return formset_factory(
        form, extra=extra, can_order=ordered, can_delete=True, max_num=most, absolute_max=most + 20, validate_max=True
    )


def kept(formset: Any) -> list[forms.Form]:
    """The rows that say something and are not to be taken away, in their order."""
    if formset.can_order:
        return list(formset.ordered_forms)
    gone = formset.deleted_forms
    return [
        form
        for number, form in enumerate(formset.forms)
        if form not in gone and (number < formset.initial_form_count() or form.has_changed())
    ]


def name_rows(forms_kept: Iterable[forms.Form], text: str, otherwise: str) -> None:
    """Give the rows without a short name one made of their words."""
    rows = list(forms_kept)
    taken = {form.cleaned_data.get("id", "") for form in rows}
    for form in rows:
        if not form.cleaned_data.get("id"):
            said = form.words(text)
            made = drafting.made_of(next(iter(said.values()), ""), taken, otherwise)
            form.cleaned_data["id"] = made
            taken.add(made)


class StructureForm:
    """Sections and dimensions: two lists of rows."""

    def __init__(self, data: Any = None, *, raw: Raw, language: str):
        self.raw = raw
        extra = {"form_kwargs": {"language": language}}
        sections, dimensions = (
            rows_of(SectionForm, ordered=True, most=50),
            rows_of(DimensionForm, ordered=True, most=20),
        )
        self.sections = sections(data, prefix="sections", initial=_initial(raw, "sections"), **extra)
        self.dimensions = dimensions(data, prefix="dimensions", initial=_initial(raw, "dimensions"), **extra)
        self.formsets = [self.sections, self.dimensions]

    def is_valid(self) -> bool:
        if not all([formset.is_valid() for formset in self.formsets]):
            return False
        return all([check_ids((form, form.cleaned_data["id"]) for form in kept(one)) for one in self.formsets])

    def changed(self) -> Raw:
        """The draft with these sections and dimensions; what is named after one that was renamed follows it."""
        raw = dict(self.raw)
        for key, formset, otherwise in (
            ("sections", self.sections, "section"),
            ("dimensions", self.dimensions, "dimension"),
        ):
            rows = kept(formset)
            name_rows(rows, "title", otherwise)
            old = {_word(one.get("id")): one for one in drafting.rows(self.raw, key)}
            new = [form.changed(old) for form in rows]
            names = {form.cleaned_data["was"]: form.cleaned_data["id"] for form in rows}
            raw = drafting.with_keys(raw, {key: new})
            raw = drafting.renamed(raw, key[:-1], names)
        return raw


def _initial(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return [{"raw": one} for one in drafting.rows(raw, key)]


# --- items ------------------------------------------------------------------------------------------------
class ItemForm(RawForm):
    """One item, by its type, with its condition and the lists it holds."""

    def __init__(self, data: Any = None, *, grid: Raw, item: Raw, group: Raw | None, language: str, **kw: Any):
        self.grid, self.item, self.group, self.language = grid, item, group, language
        self.type = _word(item.get("type"))
        super().__init__(data, **kw)
        self.parts: dict[str, Any] = {}
        common = {"form_kwargs": {"language": language}}
        if self.type in ("single", "multi"):
            self.parts["options"] = rows_of(OptionForm, ordered=True, extra=3)(
                data, prefix="options", initial=_initial(item, "options"), **common
            )
            if self.type == "single":
                for form in self.parts["options"].forms:
                    form.fields.pop("exclusive")
        if self.type == "scale":
            labels = [{"raw": {"value": int(key), "label": text}} for key, text in self._labels().items()]
            self.parts["labels"] = rows_of(LabelForm, extra=3)(data, prefix="labels", initial=labels, **common)
        if self.type in ("scale", "number"):
            self.parts["bands"] = rows_of(BandForm, extra=2)(
                data, prefix="bands", initial=_initial(item, "bands"), **common
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
            sections = [
                (_word(one.get("id")), drafting.words(one, "title", self.language) or _word(one.get("id")))
                for one in drafting.rows(self.grid, "sections")
            ]
            held = _word(item.get("section"))
            self.add("section", _choice(_("Section"), _with(sections, held)), held)
        self.add_words("text", _("Question") if asks else pgettext_lazy("of a grid", "Words"), item, rows=2)
        self.add_words("help", _("Help"), item, rows=2)
        if asks:
            self.add_words("period", _("Period"), item, help_text=_("For instance: in the last 12 months."))
        self._add_scoring()
        if asks:
            dimensions = [
                (_word(one.get("id")), drafting.words(one, "title", self.language) or _word(one.get("id")))
                for one in drafting.rows(self.grid, "dimensions")
            ]
            held = _word(item.get("dimension"))
            choices = _with([("", _("that of its section")), *dimensions], held)
            self.add("dimension", _choice(_("Dimension"), choices), held)
            held = _word(item.get("factor"))
            choices = [("", _("none")), *((code, factors.label(code)) for code in factors.FACTORS)]
            self.add("factor", _choice(_("What it is about, to compare grids"), _with(choices, held)), held)
            held = _word(item.get("topic"))
            self.add("topic", _choice(_("Told during an emergency access"), _with(named.TOPICS.items(), held)), held)
        self.add(
            "id",
            _identifier(_("Names it in conditions and exports, and compares versions. Empty: made of its words.")),
            _word(item.get("id")),
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
                _integer(_("Weight"), _("0 records it without counting it; empty for a protective question.")),
                _number(item.get("weight")),
            )
            self.add("critical", _tick(_("Critical: a yes forces a level")), item.get("critical") is True)
            self.add(
                "protective",
                _tick(_("Protective: shown beside the risk, never taken off it")),
                item.get("protective") is True,
            )
        elif self.type == "multi":
            self.add(
                "most",
                _integer(_("Weighs no more than"), _("Empty: the sum of what is chosen.")),
                _number(item.get("most")),
            )
        elif self.type == "scale":
            self.add("from", _integer(pgettext_lazy("lowest value", "From")), _number(item.get("from")))
            self.add("to", _integer(pgettext_lazy("highest value", "To")), _number(item.get("to")))
        elif self.type == "number":
            self.add("min", _integer(_("At least")), _number(item.get("min")))
            self.add("max", _integer(_("At most")), _number(item.get("max")))
            self.add_words("unit", _("Unit"), item)

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
                rows.append({"answer": f"{leaf.get('item')}>=", "value": _number(leaf.get("value"))})
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
        options = kept(self.parts["options"]) if "options" in self.parts else []
        return check_ids((form, form.cleaned_data["id"]) for form in options)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.words("text"):
            self.add_error("text_fr", _("Write it in one language at least."))
        name = cleaned.get("id", "")
        if name and not drafting.is_id(name):
            self.add_error("id", _("Small letters without accents, digits and _; a letter first."))
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
            old = {_word(one.get("id")): one for one in drafting.rows(self.item, "options")}
            changes["options"] = [form.changed(old) for form in rows]
        if "labels" in self.parts:
            labels = {str(form.cleaned_data["value"]): form.words("label") for form in kept(self.parts["labels"])}
            changes["labels"] = {value: text for value, text in labels.items() if value != "None" and text}
        if "bands" in self.parts:
            changes["bands"] = [form.changed({}) for form in kept(self.parts["bands"])]
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


# --- scoring ----------------------------------------------------------------------------------------------
class ScoringForm(RawForm):
    """How a grid comes to a level, how much may stay unknown, when to assess again, how levels are named."""

    def __init__(self, data: Any = None, *, raw: Raw, language: str, **kw: Any):
        self.raw, self.language = raw, language
        self.scoring = drafting.part(raw, "scoring")
        super().__init__(data, **kw)
        self.rules = rows_of(RuleForm)(
            data,
            prefix="rules",
            initial=[one for one in map(self._shown, drafting.rows(self.scoring, "rules")) if one],
            form_kwargs={"grid": raw, "language": language},
        )
        self.formsets = [self.rules]

    def build(self) -> None:
        raw, scoring = self.raw, self.scoring
        held = _word(scoring.get("method")) or ("weighted_sum" if scoring else "")
        self.add(
            "method", _choice(_("Method"), _with([("", _("none: gives no level")), *named.METHODS.items()], held)), held
        )
        self._add_thresholds("", drafting.rows(scoring, "thresholds"), _("From this sum on"))
        for number, one in enumerate(drafting.rows(raw, "dimensions")):
            ruled = [each for each in drafting.rows(scoring, "dimensions") if each.get("dimension") == one.get("id")]
            title = drafting.words(one, "title", self.language) or _word(one.get("id"))
            self._add_thresholds(f"d{number}_", drafting.rows(ruled[0], "thresholds") if ruled else [], title)
        combine, critical = drafting.part(scoring, "combine"), drafting.part(scoring, "critical_rule")
        raised = [NOTHING, *named.levels(RAISED)]
        self.add("combine_count", _integer(_("So many dimensions")), _number(combine.get("count")))
        self.add("combine_at", _choice(_("at this level or above"), raised), _word(combine.get("at")))
        self.add("combine_level", _choice(_("give at least"), raised), _word(combine.get("level")))
        self.add("any_yes", _choice(_("One critical answer gives at least"), raised), _word(critical.get("any_yes")))
        self.add(
            "critical_from", _integer(_("So many critical answers give critical"), _("Empty: however many.")),
            _number(critical.get("critical_from")),
        )  # fmt: skip
        coverage, cadence = drafting.part(raw, "coverage"), drafting.part(raw, "reassess_after_hours")
        self.add(
            "percent", _integer(_("Unknown or not asked, at most (%)")), _number(coverage.get("max_unknown_percent"))
        )
        self.add(
            "count",
            _integer(_("Unknown or not asked, at most (questions)")),
            _number(coverage.get("max_unknown_count")),
        )
        for level in LEVELS:
            label = format_lazy("{}, {}", named.level(level), _("in hours"))
            self.add(f"hours_{level}", _integer(label), _number(cadence.get(level)))
        for level in LEVELS:
            names = {f"name_{level}": drafting.part(drafting.part(raw, "level_names"), level)}
            self.add_words(f"name_{level}", named.level(level), names)

    def _add_thresholds(self, prefix: str, thresholds: list[Raw], title: Any) -> None:
        held = {_word(one.get("level")): _number(one.get("min_score")) for one in thresholds}
        for level in RAISED:
            self.add(f"{prefix}{level}", _integer(format_lazy("{}: {}", title, named.level(level))), held.get(level))
        self.fields[f"{prefix}moderate"].has_low = bool(held)

    @staticmethod
    def _shown(rule: Raw) -> dict[str, Any] | None:
        when = drafting.part(rule, "when")
        if when.get("op") == "points":
            what = f"points:{when.get('item')}"
        elif when.get("op") == "score" and when.get("dimension"):
            what = f"score:{when['dimension']}"
        elif when.get("op") in ("criticals", "score"):
            what = when["op"]
        else:
            return None
        return {"level": _word(rule.get("level")), "what": what, "from": _number(when.get("from"))}

    @property
    def complex_rules(self) -> list[Raw]:
        """The rules the form cannot show: conditions of conditions."""
        return [rule for rule in drafting.rows(self.scoring, "rules") if self._shown(rule) is None]

    def groups(self) -> list[dict[str, Any]]:
        thresholds = [self.line(*RAISED)]
        for number, _one in enumerate(drafting.rows(self.raw, "dimensions")):
            thresholds.append(self.line(*(f"d{number}_{level}" for level in RAISED)))
        told = "; ".join(
            f"{named.level(rule.get('level'))}: {drafting.told(rule.get('when'))}" for rule in self.complex_rules
        )
        return [
            {"title": _("Method and thresholds"),
             "help": _("Low is from 0. Leave empty what no sum reaches. Those of dimensions serve that method alone."),
             "lines": [self.line("method"), *thresholds, self.line("combine_count", "combine_at", "combine_level")]},
            {"title": _("Critical answers"), "lines": [self.line("any_yes", "critical_from")]},
            {"title": _("Rules"), "help": _("Each rule may only raise the level."), "lines": [], "formset": self.rules,
             "told": told},
            {"title": _("Too little known"),
             "help": _("Beyond either limit, “low” becomes “insufficient information”."),
             "lines": [self.line("percent", "count")]},
            {"title": _("Assessed again after"), "lines": [self.line(*(f"hours_{level}" for level in LEVELS))]},
            {"title": _("Names of the levels in this grid"), "help": _("Only where it names them otherwise."),
             "lines": [self.line(f"name_{level}*") for level in LEVELS]},
        ]  # fmt: skip

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.rules.is_valid()])

    def _thresholds(self, prefix: str) -> list[Raw]:
        given = [(level, self.cleaned_data[f"{prefix}{level}"]) for level in RAISED]
        typed = [{"level": level, "min_score": score} for level, score in given if score is not None]
        held = self.fields[f"{prefix}moderate"].has_low
        return [{"level": "low", "min_score": 0}, *typed] if typed or held else []

    def changed(self) -> Raw:
        """The draft with the scoring that was typed."""
        given = self.cleaned_data
        rules = [*self.complex_rules]
        for form in kept(self.rules):
            op, _colon, about = form.cleaned_data["what"].partition(":")
            when = drafting.with_keys(
                {"op": op}, {"item": about if op == "points" else "", "dimension": about if op == "score" else "",
                             "from": form.cleaned_data["from"]},
            )  # fmt: skip
            rules.append(drafting.with_keys({}, {"level": form.cleaned_data["level"], "when": when}))
        by_dimension = [
            {"dimension": one.get("id"), "thresholds": self._thresholds(f"d{number}_")}
            for number, one in enumerate(drafting.rows(self.raw, "dimensions"))
        ]
        combine = {"level": given["combine_level"], "count": given["combine_count"], "at": given["combine_at"]}
        critical = {"any_yes": given["any_yes"], "critical_from": given["critical_from"]}
        scoring = drafting.with_keys(
            self.scoring,
            {
                "method": given["method"],
                "thresholds": self._thresholds(""),
                "dimensions": [one for one in by_dimension if one["thresholds"]],
                "combine": drafting.with_keys({}, combine),
                "critical_rule": drafting.with_keys({}, critical),
                "rules": rules,
            },
        )
        coverage = {"max_unknown_percent": given["percent"], "max_unknown_count": given["count"]}
        changes = {
            "scoring": scoring if given["method"] else None,
            "coverage": drafting.with_keys({}, coverage),
            "reassess_after_hours": drafting.with_keys({}, {level: given[f"hours_{level}"] for level in LEVELS}),
            "level_names": drafting.with_keys({}, {level: self.words(f"name_{level}") for level in LEVELS}),
        }
        return drafting.with_keys(self.raw, changes)


# --- around -----------------------------------------------------------------------------------------------
class ImportForm(forms.Form):
    """A definition, pasted or from a file, and whose it is."""

    whose = forms.ChoiceField(label=_("For whom"), widget=forms.RadioSelect, required=False)
    document = forms.CharField(
        label=_("Definition, in JSON or YAML"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 14, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=_("Or a file (.json, .yaml, .yml)"),
        required=False,
        help_text=_("512 KB at most. Where both are given, the file is read."),
        widget=forms.FileInput({"accept": ".json,.yaml,.yml"}),
    )

    def __init__(self, *args: Any, whose: Iterable[tuple[str, Any]], **kw: Any):
        super().__init__(*args, **kw)
        self.fields["whose"].choices = list(whose)
        self.fields["whose"].initial = self.fields["whose"].choices[0][0]


class DuplicateForm(forms.Form):
    """A version taken as the beginning of a new grid."""

    slug = forms.CharField(
        label=_("Short name of the new grid"),
        max_length=60,
        required=False,
        help_text=_("Small letters, digits and hyphens, for instance intake-grid."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    whose = forms.ChoiceField(label=_("For whom"), widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, whose: Iterable[tuple[str, Any]], **kw: Any):
        super().__init__(*args, **kw)
        self.fields["whose"].choices = list(whose)
        self.fields["whose"].initial = self.fields["whose"].choices[0][0]


class RetireForm(forms.Form):
    """Why a version is no longer used."""

    reason = forms.CharField(
        label=pgettext_lazy("of a retired grid", "Why it is no longer used"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
