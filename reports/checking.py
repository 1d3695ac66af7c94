"""What may be kept of a file that was sent, and why not, in words. The bytes are read by `content.py`, apart."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from common.errors import RuleBroken
from common.uploads import Received

PROGRAM = str(Path(__file__).with_name("content.py"))
SECONDS = 30
LIMITS = {"pixels": 50_000_000, "pages": 1000, "edge": 1600}
LONGEST_NAME = 150
HEIC = frozenset({"heic", "heif", "avif"})
OFFICE = frozenset({"doc", "docx", "odt", "rtf", "xls", "xlsx", "ods", "ppt", "pptx", "odp"})
PICTURES = frozenset({"gif", "bmp", "tif", "tiff", "jxr", "psd", "jpx", "jp2"})

_places = BoundedSemaphore(2)  # a large image takes hundreds of megabytes while it is read


class Unreadable(Exception):
    """The content could not be read in the time and memory it is given."""


@dataclass(frozen=True)
class Checked:
    """What is kept: the content (an image drawn again), its media type, its pages, and a name without a path."""

    name: str
    content: bytes
    content_type: str
    pages: int


def checked(sent: Received | None) -> Checked:
    """The file that may be kept. Raises RuleBroken, under `file`, with what to do about it."""
    if sent is None:
        raise _refused(_("Choose a file."))
    if sent.too_large:
        raise _refused(words("too_large", "", ""))
    name = clean_name(sent.name)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if not sent.content:
        raise _refused(words("empty", "", extension))
    try:
        answer, content = _run(sent.content, "check", extension)
    except Unreadable:
        raise _refused(words("broken", "", extension)) from None
    if "refused" in answer:
        raise _refused(words(answer["refused"], answer["found"], extension))
    if len(content) > 2 * settings.FILES_LARGEST:  # an image that grows when it is drawn again
        raise _refused(words("too_large", "", extension))
    return Checked(name, content, answer["type"], answer["pages"])


def picture(content: bytes, content_type: str, number: int) -> tuple[str, bytes]:
    """(media type, bytes) of an image of page `number`, from 1. Raises Unreadable."""
    answer, shown = _run(content, "page", content_type, str(number))
    if not shown:
        raise Unreadable
    return answer["type"], shown


def _run(content: bytes, *arguments: str) -> tuple[dict, bytes]:
    command = [sys.executable, "-I", PROGRAM, *arguments, json.dumps(LIMITS)]
    with _places:
        try:
            done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS, env={})
        except subprocess.TimeoutExpired:
            raise Unreadable from None
    line, _separator, kept = done.stdout.partition(b"\n")
    if done.returncode or not line:
        raise Unreadable
    return json.loads(line), kept


def clean_name(name: str) -> str:
    """The name without path, controls and direction marks, its end kept when it is too long."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    stem, dot, extension = name.rpartition(".")
    return name if len(name) <= LONGEST_NAME else f"{stem[: LONGEST_NAME - len(extension) - 1]}{dot}{extension[:10]}"


def _refused(message: str) -> RuleBroken:
    return RuleBroken({"file": [message]})


def words(code: str, found: str, extension: str) -> str:
    """Why a file is refused, and what to do."""
    if HEIC & {found, extension}:
        return _("This photo format (HEIC) cannot be read everywhere. Save the photo as JPEG, then choose it again.")
    if code == "type" and extension in OFFICE:
        return _("Documents of a word processor or a spreadsheet are not kept. Save it as PDF, then choose the PDF.")
    if code == "type" and found in PICTURES:
        return _("This kind of image is not kept. Save it as JPEG or PNG, then choose it again.")
    if code == "lies" and found:
        return _(
            "The name of this file says “%(said)s” but its content is “%(found)s”. Save it again under its true type."
        ) % {"said": extension, "found": found}
    return {
        "too_large": _("This file is larger than %(limit)s. Reduce it, or send it in parts.")
        % {"limit": filesizeformat(settings.FILES_LARGEST)},
        "empty": _("This file is empty. Open it to see what it holds, then choose it again."),
        "type": _("Only PDF, JPEG, PNG, WebP and plain text files are kept. Save it as PDF, then choose the PDF."),
        "name": _("The name of this file does not say its type. Give it its ending, for example .pdf."),
        "text": _("This text cannot be read. Save it as plain text in UTF-8, or as PDF, then choose it again."),
        "lies": _("The content of this file is not what its name says. Save it again from the program it comes from."),
        "broken": _("This file cannot be read: it is damaged or incomplete. Save it again, then choose it again."),
        "pixels": _("This image has too many pixels. Reduce its size, then choose it again."),
        "moving": _("This image moves. Save the one picture that matters, then choose it again."),
        "password": _("This PDF opens with a password. Save it without a password, then choose it again."),
        "carries_files": _("This PDF carries other files inside. Print it to a new PDF, and send those files apart."),
        "pages": _("This PDF has too many pages. Send the part that matters."),
    }[code]
