"""“May I speak?”: a few questions that lead to a basis, to an anonymous consultation, or to no. Pure: no database.

The questions, the ways through them and what stands at their ends are reference data (`reference/may_i_speak.json`).
A way is a string of the one-letter codes of the answers given, in order: it says nothing of anybody.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, StringConstraints, model_validator

from common.texts import Frozen, Text

from .law import law

REFERENCE = Path(__file__).parent / "reference" / "may_i_speak.json"
MOST = 6  # questions on any way

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
Letter = Annotated[str, StringConstraints(pattern=r"^[a-z]$")]
Texts = tuple[Text, ...]


class NoSuchWay(ValueError):
    """Letters that no sequence of answers gives."""


class Answer(Frozen):
    code: Letter
    text: Text
    help: Text | None = None


class Question(Frozen):
    """A wording with its answers; several nodes may ask it."""

    id: Name
    text: Text
    help: Text | None = None
    answers: tuple[Answer, ...] = Field(min_length=2, max_length=10)

    def answer(self, code: str) -> Answer | None:
        return next((answer for answer in self.answers if answer.code == code), None)


class Node(Frozen):
    """A question at one place: each answer leads to another node or to an outcome."""

    id: Name
    question: Name
    next: dict[Letter, Name]


class Outcome(Frozen):
    """Where a way ends. A `basis` prefills a sharing decision; `articles` are keys of the law, the main one first."""

    id: Name
    kind: Literal["basis", "anonymous_consultation", "no"]
    basis: Name | None
    articles: tuple[Name, ...] = Field(max_length=3)
    title: Text
    why: Text
    say: Texts
    whom: Texts
    write_down: Texts
    still: Texts

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.kind == "basis") != (self.basis is not None):
            raise ValueError("a basis is named where one may speak on it, and nowhere else")
        if self.kind != "no" and not (self.say and self.whom and self.write_down):
            raise ValueError("who may speak is told what, to whom and what to write down")
        if self.kind != "basis" and not self.still:
            raise ValueError("who may not speak is told what they may still do")
        return self


class Tree(Frozen):
    """The reference document. Every way from `first` ends, after at most six questions."""

    version: StrictInt = Field(ge=1)
    verified_on: date | None
    provenance: Text
    first: Name
    questions: tuple[Question, ...]
    nodes: tuple[Node, ...]
    outcomes: tuple[Outcome, ...]

    @cached_property
    def by_id(self) -> dict[str, Node | Outcome]:
        """What an answer may lead to."""
        return {item.id: item for item in (*self.nodes, *self.outcomes)}

    def asked(self, node: Node) -> Question:
        """The wording of a node. Raises KeyError for a question that does not exist."""
        for question in self.questions:
            if question.id == node.question:
                return question
        raise KeyError(node.question)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if problems := list(_problems(self)):
            raise ValueError("; ".join(problems))
        return self


def _problems(tree: Tree) -> Iterator[str]:
    """What is wrong, in words; how long the ways are only once everything they name exists."""
    places = [*tree.nodes, *tree.outcomes]
    yield from _twice("place", (item.id for item in places))
    yield from _twice("question", (item.id for item in tree.questions))
    for question in tree.questions:
        yield from _twice(f"answer of {question.id}", (answer.code for answer in question.answers))
    codes = {question.id: {answer.code for answer in question.answers} for question in tree.questions}
    known = {item.id for item in places}
    articles = {entry.key for entry in law().articles}
    for node in tree.nodes:
        if codes.get(node.question) != set(node.next):
            yield f"{node.id} does not lead on from each answer of “{node.question}”"
        yield from (f"{node.id} leads to “{target}”, which is nowhere" for target in set(node.next.values()) - known)
    for outcome in tree.outcomes:
        for key in {*outcome.articles, *filter(None, [outcome.basis])} - articles:
            yield f"{outcome.id} rests on “{key}”, which the law does not hold"
    following = {node.id: set(node.next.values()) for node in tree.nodes}
    if tree.first not in following:
        yield "the first question is nowhere"
    elif set.union(*following.values()) <= known:
        yield from _lengths(tree, following)
        used = {node.question for node in tree.nodes}
        yield from (f"“{question.id}” is never asked" for question in tree.questions if question.id not in used)


def _lengths(tree: Tree, following: dict[str, set[str]]) -> Iterator[str]:
    """Walk a question deeper each time: at the end nothing may be left to ask, and nothing may have been passed by."""
    reached, here = {tree.first}, {tree.first}
    for _question in range(MOST):
        here = set.union(set(), *(following.get(place, set()) for place in here))
        reached |= here
    if here & set(following):
        yield f"a way asks more than {MOST} questions"
    yield from (f"no way reaches “{item.id}”" for item in (*tree.nodes, *tree.outcomes) if item.id not in reached)


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{what} “{name}” stands twice"
        seen.add(name)


@dataclass(frozen=True)
class Step:
    """A question answered; `before` is the way that asks it again."""

    question: Question
    answer: Answer
    before: str


@dataclass(frozen=True)
class Walk:
    """How far a way has come: the questions answered, then the next one or else where it ends."""

    way: str
    steps: tuple[Step, ...]
    question: Question | None
    outcome: Outcome | None

    @property
    def number(self) -> int:
        """Which question is asked now, from 1."""
        return len(self.steps) + 1


@cache
def tree() -> Tree:
    """The shipped document, checked. Raises pydantic.ValidationError."""
    return Tree.model_validate(json.loads(REFERENCE.read_text()))


def walk(way: str) -> Walk:
    """Follow the answers of `way` (letters, empty at the start). Raises NoSuchWay."""
    current: Node | Outcome = tree().by_id[tree().first]
    steps: list[Step] = []
    for position, code in enumerate(way):
        if isinstance(current, Outcome):
            raise NoSuchWay
        question = tree().asked(current)
        answer = question.answer(code)
        if answer is None:
            raise NoSuchWay
        steps.append(Step(question, answer, way[:position]))
        current = tree().by_id[current.next[code]]
    if isinstance(current, Outcome):
        return Walk(way, tuple(steps), None, current)
    return Walk(way, tuple(steps), tree().asked(current), None)
