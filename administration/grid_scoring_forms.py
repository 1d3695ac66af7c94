"""The scoring of a grid as a form."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from riskassessment import drafting
from riskassessment.drafting import Raw
from riskassessment.rules import LEVELS

from . import grid_words as named
from .grid_fields import NOTHING, RAISED, RawForm, RowForm, choice, int_of, integer, kept, rows_of, text_of, with_held


class RuleForm(RowForm):
    """One rule that raises the level."""

    def __init__(self, *args: Any, grid: Raw, **kw: Any):
        self.grid = grid
        super().__init__(*args, **kw)

    def build(self) -> None:
        questions = [
            (f"points:{item.get('id')}", drafting.called(item, "text", self.language))
            for item in drafting.before(self.grid, None)
            if item.get("type") in ("yes_no", "single", "multi", "scale", "number")
        ]
        sums = [("criticals", _("Number of critical answers")), ("score", _("Sum over the whole grid"))]
        sums += [
            (f"score:{one.get('id')}", format_lazy("{} {}", _("Sum in"), drafting.words(one, "title", self.language)))
            for one in drafting.rows(self.grid, "dimensions")
        ]
        self.add("level", choice(_("At least this level"), [NOTHING, *named.levels(RAISED)]))
        what = [NOTHING, (_("Sums"), sums), (_("Weight of the answer to"), questions)]
        self.add("what", choice(_("When this"), what))
        self.add("from", integer(_("reaches")))

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("level", "what", "from"), self.line("DELETE")]


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
        held = text_of(scoring.get("method")) or ("weighted_sum" if scoring else "")
        self.add(
            "method",
            choice(_("Method"), with_held([("", _("none: gives no level")), *named.METHODS.items()], held)),
            held,
        )
        self._add_thresholds("", drafting.rows(scoring, "thresholds"), _("From this sum on"))
        for number, one in enumerate(drafting.rows(raw, "dimensions")):
            ruled = [each for each in drafting.rows(scoring, "dimensions") if each.get("dimension") == one.get("id")]
            title = drafting.called(one, "title", self.language)
            self._add_thresholds(f"d{number}_", drafting.rows(ruled[0], "thresholds") if ruled else [], title)
        combine, critical = drafting.part(scoring, "combine"), drafting.part(scoring, "critical_rule")
        raised = [NOTHING, *named.levels(RAISED)]
        self.add("combine_count", integer(_("So many dimensions")), int_of(combine.get("count")))
        self.add("combine_at", choice(_("at this level or above"), raised), text_of(combine.get("at")))
        self.add("combine_level", choice(_("give at least"), raised), text_of(combine.get("level")))
        self.add("any_yes", choice(_("One critical answer gives at least"), raised), text_of(critical.get("any_yes")))
        self.add(
            "critical_from", integer(_("So many critical answers give critical"), _("Empty: however many.")),
            int_of(critical.get("critical_from")),
        )  # fmt: skip
        coverage, cadence = drafting.part(raw, "coverage"), drafting.part(raw, "reassess_after_hours")
        self.add(
            "percent", integer(_("Unknown or not asked, at most (%)")), int_of(coverage.get("max_unknown_percent"))
        )
        self.add(
            "count",
            integer(_("Unknown or not asked, at most (questions)")),
            int_of(coverage.get("max_unknown_count")),
        )
        for level in LEVELS:
            label = format_lazy("{}, {}", named.level(level), _("in hours"))
            self.add(f"hours_{level}", integer(label), int_of(cadence.get(level)))
        for level in LEVELS:
            names = {f"name_{level}": drafting.part(drafting.part(raw, "level_names"), level)}
            self.add_words(f"name_{level}", named.level(level), names)

    def _add_thresholds(self, prefix: str, thresholds: list[Raw], title: Any) -> None:
        held = {text_of(one.get("level")): int_of(one.get("min_score")) for one in thresholds}
        for level in RAISED:
            self.add(f"{prefix}{level}", integer(format_lazy("{}: {}", title, named.level(level))), held.get(level))
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
        return {"level": text_of(rule.get("level")), "what": what, "from": int_of(when.get("from"))}

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
