"""The words of any answer, whatever its kind: pages, JSON, PDF, spreadsheets, calendars, archives."""

import io
import json
import re
import zipfile
from html import unescape
from typing import Any

import pypdfium2

PDF, ZIP = b"%PDF-", b"PK\x03\x04"


def body(response: Any) -> bytes:
    """The whole content, streamed or not."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def text_of(response: Any) -> str:
    """All that can be read in an answer, its headers included: nothing is left out because it is not shown."""
    content = body(response)
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return f"{headers}\n{words(content)}"


def words(content: bytes) -> str:
    """The words of a file, told by its content: of a PDF's pages, of the parts of a ZIP (XLSX, DOCX), else as text."""
    if content.startswith(PDF):
        document = pypdfium2.PdfDocument(content)
        found = [page.get_textpage().get_text_range() for page in document]
        return "\n".join(found) + str(document.get_metadata_dict())
    if content.startswith(ZIP):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(f"{name}\n{words(archive.read(name))}" for name in archive.namelist())
    text = content.decode(errors="replace")
    if text.startswith("BEGIN:VCALENDAR"):
        return re.sub(r"\r?\n[ \t]", "", text)  # long lines are folded
    if text[:1] in "{[":
        try:
            return json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return text
    return unescape(text)
