"""What is wrong in a grid and where: one problem a line, with its path. Pure: no Django, no database."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

MAX_PROBLEMS = 200
_MAX_MESSAGE = 500
_MAX_PATH = 300

# The keys whose value (or whose entries) pydantic chooses among several kinds by `type` or `op`: after them it names
# the kind it chose, which is no key of the document.
_CHOICES = {"items", "visible_if", "when", "of"}


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a definition: where (`items[3].text.fr`, empty for the whole) and what is wrong."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class InvalidGrid(ValueError):
    """The raw data is no usable grid. `problems` lists what was found (200 at most), to correct in one go."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = tuple(problems)
        if len(found) > MAX_PROBLEMS:
            rest = Problem("", f"{len(found) - MAX_PROBLEMS} more problems are not listed")
            found = (*found[:MAX_PROBLEMS], rest)
        self.problems = tuple(Problem(_short(one.path, _MAX_PATH), _short(one.message, _MAX_MESSAGE)) for one in found)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class Incoherent(ValueError):
    """Carries problems with their paths through pydantic, which keeps only one message per validator."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def below(path: str, part: int | str) -> str:
    """The path one step further: `items` and 3 give `items[3]`, `items[3]` and "text" give `items[3].text`."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    return f"{path}.{part}" if path else part


def from_pydantic(error: ValidationError) -> tuple[Problem, ...]:
    """Every problem pydantic found, with paths of the document."""
    problems: list[Problem] = []
    details = error.errors(include_url=False, include_input=False)
    for detail in details:
        if detail["type"] == "too_short" and _follows(detail["loc"], details):
            continue
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, Incoherent):
            problems.extend(cause.problems)
        else:
            message = str(cause) if isinstance(cause, ValueError) else detail["msg"]
            problems.append(Problem(_path(detail["loc"]), message))
    return tuple(problems)


def _follows(location: tuple[int | str, ...], details: list) -> bool:
    # pydantic leaves a wrong entry out and then finds the list too short
    return any(len(one["loc"]) > len(location) and one["loc"][: len(location)] == location for one in details)


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    key: int | str = ""
    kind_follows = False
    for part in location:
        if part == "[key]":
            continue
        if kind_follows and isinstance(part, str):
            kind_follows = False
            continue
        path = below(path, part)
        if isinstance(part, str):
            key = part
        # `items[3]` is one of the items, `items` alone the list of them; the others may stand without an index
        kind_follows = key in _CHOICES and (key != "items" or isinstance(part, int))
    return path


def _short(words: str, most: int) -> str:
    # What was typed is echoed to the sender: short, and without surrogates that no response could encode.
    words = words.encode(errors="replace").decode().replace("\x00", "?")
    return words if len(words) <= most else words[: most - 1] + "…"
