"""French is complete: every translatable text has a translation, and the compiled catalogue is fresh.

``python -m tools.check_translations`` checks; ``--compile`` first writes the ``.mo`` from the ``.po``.
Pure Python: a bare machine has neither xgettext nor msgfmt. Texts are collected from the Python sources by
their syntax tree and from the templates through Django's own ``templatize``.
"""

import ast
import gettext
import io
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
CATALOGUE = CHECKOUT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
NOT_TRANSLATED = ("tests/", "tools/", "static/", "docs/", "deploy/")

# function -> positions of (context, msgid, plural)
FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
ALIASES = {"_": "gettext", "gettext_noop": "gettext"} | {f"{name}_lazy": name for name in FUNCTIONS}

Key = tuple[str, str]  # context ("" for none), msgid
LITERAL = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
CALL = re.compile(rf"\b(_|n?p?gettext(?:_lazy|_noop)?)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|(?<!%)%[sd]|\{\w*\}")


# --- the catalogue ------------------------------------------------------------------------------------------


class Entry:
    """One message of a PO file."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.fuzzy = False

    @property
    def key(self) -> Key:
        """Context and msgid."""
        return self.fields.get("msgctxt", ""), self.fields.get("msgid", "")

    @property
    def translations(self) -> list[str]:
        """The translation, or one for each plural form."""
        return [value for name, value in self.fields.items() if name.startswith("msgstr")]


def parse_po(text: str) -> dict[Key, Entry]:
    """Read a PO file; obsolete entries are left out.

    Raises:
        ValueError: naming the line that cannot be read.
    """
    entries: dict[Key, Entry] = {}
    entry, field = Entry(), ""

    def finish() -> None:
        nonlocal entry, field
        if "msgid" in entry.fields:
            if entry.key in entries:
                raise ValueError(f"twice in the catalogue: {entry.key}")
            entries[entry.key] = entry
        entry, field = Entry(), ""

    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("#") or not line:
            if field.startswith("msgstr"):
                finish()
            if line.startswith("#,") and "fuzzy" in line:
                entry.fuzzy = True
            continue
        found = re.fullmatch(r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?(".*")', line)
        if not found:
            raise ValueError(f"line {number} is no PO syntax: {line}")
        if found[1]:
            if found[1] in ("msgctxt", "msgid") and field.startswith("msgstr"):
                finish()
            field = found[1]
            entry.fields[field] = ""
        entry.fields[field] += ast.literal_eval(found[2])
    finish()
    return entries


def compile_mo(entries: dict[Key, Entry]) -> bytes:
    """Return the binary form that gettext reads (GNU .mo, without the optional hash table)."""
    messages: dict[bytes, bytes] = {}
    for (context, msgid), entry in entries.items():
        if entry.fuzzy and msgid or not all(entry.translations):
            continue
        source = (f"{context}\4" if context else "") + msgid
        if "msgid_plural" in entry.fields:
            source += "\0" + entry.fields["msgid_plural"]
        messages[source.encode()] = "\0".join(entry.translations).encode()
    ids = sorted(messages)
    start = 7 * 4
    position = start + 16 * len(ids)
    tables, body = [], b""
    for texts in (ids, [messages[name] for name in ids]):
        for text in texts:
            tables += [len(text), position + len(body)]
            body += text + b"\0"
    header = struct.pack("<7I", 0x950412DE, 0, len(ids), start, start + 8 * len(ids), 0, position)
    return header + struct.pack(f"<{len(tables)}I", *tables) + body


def read_mo(content: bytes) -> dict[object, str]:
    """Return what gettext sees in a compiled catalogue."""
    catalogue = dict(gettext.GNUTranslations(io.BytesIO(content))._catalog)  # type: ignore[attr-defined]
    catalogue.pop("", None)
    return catalogue


# --- the sources --------------------------------------------------------------------------------------------


def texts_of_python(source: str) -> Iterator[Key]:
    """Find the texts that Python code gives to gettext."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        positions = FUNCTIONS.get(ALIASES.get(name, name))
        if not positions:
            continue
        values = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
        context, msgid, _plural = positions
        if len(values) > msgid and isinstance(values[msgid], str):
            yield str(values[context]) if context is not None else "", str(values[msgid])


def texts_of_template(source: str, name: str) -> Iterator[Key]:
    """Find the texts that a template marks for translation."""
    from django.utils.translation.template import templatize

    for found in CALL.finditer(templatize(source, origin=name)):
        context, msgid, _plural = FUNCTIONS[ALIASES.get(found[1], found[1])]
        values = [ast.literal_eval(literal) for literal in re.findall(LITERAL, found[2], re.DOTALL)]
        if len(values) > msgid:
            yield values[context] if context is not None else "", values[msgid]


def texts_of_project() -> dict[Key, str]:
    """Return every translatable text of the project with one file that uses it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    texts: dict[Key, str] = {}
    for name in sorted(set(listed)):
        path = CHECKOUT / name
        if name.startswith(NOT_TRANSLATED) or not path.is_file():
            continue
        if path.suffix == ".py":
            found = texts_of_python(path.read_text())
        elif "templates/" in name and path.suffix in (".html", ".txt"):
            found = texts_of_template(path.read_text(), name)
        else:
            continue
        for key in found:
            if key[1]:
                texts.setdefault(key, name)
    return texts


# --- the check ----------------------------------------------------------------------------------------------


def problems(entries: dict[Key, Entry], texts: dict[Key, str], compiled: bytes) -> list[str]:
    """Return what is wrong with the catalogue, one line each."""
    found = []
    for key, file in texts.items():
        if key not in entries:
            found.append(f"{file}: not in the catalogue: {key[1]!r}" + (f" ({key[0]})" if key[0] else ""))
    for (_context, msgid), entry in entries.items():
        if not msgid:
            continue
        if entry.fuzzy or not all(entry.translations):
            found.append(f"not translated: {msgid!r}")
            continue
        accepted = [
            set(PLACEHOLDER.findall(entry.fields[name])) for name in ("msgid", "msgid_plural") if name in entry.fields
        ]
        for translation in entry.translations:
            # A singular may say "one" instead of the number, never name something the code does not give.
            used = set(PLACEHOLDER.findall(translation))
            if used not in accepted and not (len(accepted) > 1 and used <= set.union(*accepted)):
                found.append(f"placeholders differ: {msgid!r} / {translation!r}")
    if read_mo(compiled) != read_mo(compile_mo(entries)):
        found.append("django.mo is not what django.po says: python -m tools.check_translations --compile")
    return found


def main() -> int:
    """Check (and compile); return an exit code."""
    from django.conf import settings

    settings.configure(USE_I18N=False)
    entries = parse_po(CATALOGUE.read_text())
    binary = CATALOGUE.with_suffix(".mo")
    if "--compile" in sys.argv:
        binary.write_bytes(compile_mo(entries))
    texts = texts_of_project()
    found = problems(entries, texts, binary.read_bytes())
    print("\n".join([*found, f"French: {len(texts)} texts in the project, {len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
