"""From a document to plain data: JSON or YAML, refused before it can do harm. Pure: no Django, no database.

Everything here raises `InvalidGrid`. Plain data is made of dicts with text keys, lists, texts, whole numbers, booleans
and null; `check` looks at it before anything else does, so that what is deep, long or strange never gets further.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from .problems import InvalidGrid, Problem, below

MAX_BYTES = 512 * 1024
MAX_DEPTH = 16  # dicts and lists within each other: a condition five operators deep, in a group, takes 15
MAX_NODES = 20_000
_BIGGEST = 2**63


class _Object(dict):
    """A mapping as it was read, which remembers the keys that stood there twice."""

    twice: tuple[str, ...] = ()


def read(text: str | bytes) -> Any:
    """The plain data of a document, JSON where it begins with a bracket, YAML otherwise."""
    words = _decoded(text)
    return _json(words) if words.lstrip()[:1] in ("{", "[") else _yaml(words)


def read_json(text: str | bytes) -> Any:
    """The plain data of a JSON document; no YAML."""
    return _json(_decoded(text))


def check(raw: Any) -> None:
    """Refuse data that is too deep, too long, or holds what cannot be stored, each with its path."""
    if problems := list(_problems(raw)):
        raise InvalidGrid(problems)


def _refused(message: str, path: str = "") -> InvalidGrid:
    return InvalidGrid((Problem(path, message),))


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
            raise _too_long()
        return text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        raise _too_long()
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(f"this is not text in UTF-8: byte {error.start} cannot be read") from error


def _too_long() -> InvalidGrid:
    return _refused(f"the document is too long: at most {MAX_BYTES // 1024} KB")


# --- JSON -------------------------------------------------------------------------------------------------
def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError as error:
        raise _refused(f"values stand too deep within each other: at most {MAX_DEPTH}") from error
    except json.JSONDecodeError as error:
        raise _refused(f"this is not readable JSON: line {error.lineno}, column {error.colno}") from error
    except ValueError as error:
        raise _refused(f"this is not readable JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        found.twice = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))
    return found


# --- YAML -------------------------------------------------------------------------------------------------
class _Reader(yaml.SafeLoader):
    """YAML of plain data alone: no alias, no anchor, no tag, no merge, keys as they are written.

    Values are read as YAML 1.2 does: `yes` and `no` are words, `010` and `72:00` too; only true, false, null and whole
    or decimal numbers are more than words.
    """

    yaml_implicit_resolvers: dict = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._paths: list[str] = []
        self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        path = self._path(index)
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _refused("anchors and aliases (& and *) are not read: write the words out", path)
        if event.tag is not None:
            raise _refused("tags (!) are not read", path)
        self._count += 1
        if self._count > 2 * MAX_NODES:  # keys are nodes too
            raise _refused(f"too many values: at most {MAX_NODES}", path)
        if len(self._paths) > MAX_DEPTH:
            raise _refused(f"values stand too deep within each other: at most {MAX_DEPTH}", path)
        self._paths.append(path)
        node = super().compose_node(parent, index)
        self._paths.pop()
        return node

    def _path(self, index: Any) -> str:
        above = self._paths[-1] if self._paths else ""
        if isinstance(index, int):
            return below(above, index)
        return below(above, index.value) if isinstance(index, yaml.ScalarNode) else above


_Reader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Reader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Reader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]{0,30})$"), list("-+0123456789")
)
_Reader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^(?:[-+]?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"),
    list("-+0123456789."),
)


def _mapping(loader: _Reader, node: yaml.MappingNode) -> _Object:
    pairs = []
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refused(f"line {key.start_mark.line + 1}: a key is a word")
        pairs.append((key.value, loader.construct_object(value, deep=True)))
    return _object(pairs)


_Reader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _yaml(text: str) -> Any:
    loader = None
    try:
        loader = _Reader(text)
        return loader.get_single_data()
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InvalidGrid):
            raise
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else " ".join(str(error).split())
        raise _refused(f"this is not readable YAML: {where}") from error
    finally:
        if loader is not None:
            loader.dispose()


# --- limits -----------------------------------------------------------------------------------------------
def _problems(raw: Any) -> Iterator[Problem]:
    nodes, letters = 0, 0
    waiting: list[tuple[str, Any, int]] = [("", raw, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, str):
            letters += len(value)
            if problem := _unstorable(value):
                yield Problem(path, problem)
        elif isinstance(value, (Mapping, list, tuple)):
            nodes += len(value)
            if nodes > MAX_NODES:
                yield Problem(path, f"too many values: at most {MAX_NODES} in the whole document")
                return
            if depth > MAX_DEPTH:
                yield Problem(path, f"values stand too deep within each other: at most {MAX_DEPTH}")
                continue
            if isinstance(value, Mapping):
                yield from _key_problems(path, value)
                children = [(below(path, str(key)), inner, depth + 1) for key, inner in value.items()]
                letters += sum(len(str(key)) for key in value)
            else:
                children = [(below(path, position), inner, depth + 1) for position, inner in enumerate(value)]
            waiting.extend(reversed(children))
        elif isinstance(value, float) and not math.isfinite(value):
            yield Problem(path, "this is no number")
        elif isinstance(value, int) and abs(value) >= _BIGGEST:
            yield Problem(path, "this number is too large")
        elif not (value is None or isinstance(value, (int, float))):
            yield Problem(path, f"a value of this kind cannot be stored: {type(value).__name__}")
        if letters > MAX_BYTES:
            yield Problem("", f"the document is too long: at most {MAX_BYTES // 1024} KB")
            return


def _key_problems(path: str, value: Mapping[Any, Any]) -> Iterator[Problem]:
    for key in value:
        if not isinstance(key, str):
            yield Problem(below(path, str(key)), "a key is a word")
        elif problem := _unstorable(key):
            yield Problem(below(path, key), problem)
    for key in getattr(value, "twice", ()):
        yield Problem(below(path, key), "this stands here twice")


def _unstorable(text: str) -> str:
    # PostgreSQL stores no NUL and UTF-8 has no lone surrogates; JSON can carry both.
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        return "this text holds a character that cannot be stored"
    return ""
