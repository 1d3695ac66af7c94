"""Every sentence of the checks is known, and so may be read in French."""

import ast
import inspect

import pytest
from django.utils import translation
from pydantic import ValidationError

from riskassessment import checks, definition, forbidden, problem_words, problems, reading, words
from riskassessment.definition import GridDefinition
from riskassessment.problems import from_pydantic

CALLS = {"Problem", "_refused", "ValueError", "InvalidGrid"}


def said() -> set[str]:
    """The sentences in the sources of the checks, with x for what they name."""
    found = set()
    for module in (checks, forbidden, reading, problems, words, definition):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS:
                for given in node.args[-1 if node.func.id == "Problem" else 0 :][:1]:
                    if isinstance(given, ast.Constant) and isinstance(given.value, str):
                        found.add(given.value)
                    elif isinstance(given, ast.JoinedStr):
                        found.add("".join(getattr(part, "value", "x") if isinstance(part, ast.Constant) else "x"
                                          for part in given.values))  # fmt: skip
    return {one for one in found if " " in one}


def test_the_sources_are_read():
    assert len(said()) > 60


@pytest.mark.parametrize("sentence", sorted(said()))
def test_every_sentence_of_the_checks_is_known(sentence):
    if sentence in ("x gives no level: leave this out", "a grid that is x gives no level: leave this out"):
        return  # written out, for “a checklist” and “an unscored grid”
    if sentence.startswith("“x” depends on x:"):
        return  # written out, for itself and for another one
    assert problem_words.known(sentence)


def test_what_pydantic_says_is_known():
    raw = {
        "slug": "No", "version": "1", "kind": "x", "title": 5, "description": {"fr": "x" * 5000}, "demonstration": 1,
        "licence": {"de": "x"}, "sections": [], "items": [{"type": "y"}, {"id": "a"}, {"type": "yes_no", "weight": -1},
        {"type": "yes_no", "weight": 101}], "agency_kinds": "x", "coverage": {"max_unknown_percent": 100},
        "dimensions": [{}] * 30,
    }  # fmt: skip
    with pytest.raises(ValidationError) as error:
        GridDefinition.model_validate(raw)
    found = from_pydantic(error.value)
    assert len(found) > 12
    assert [one for one in found if not problem_words.known(one.message)] == []


def test_what_is_named_stays_in_the_translation():
    message = (
        "“origine”: origin is never a risk or a protective factor;"
        " record it as context (weight 0, not critical) or leave it out"
    )
    with translation.override("en"):
        assert problem_words.told(message) == message
    with translation.override("fr"):
        told = problem_words.told(message)
        assert told != message and "« origine »" in told.replace("\u00a0", " ") and "origin " not in told
        assert problem_words.told("Something nobody foresaw 100%") == "Something nobody foresaw 100%"
