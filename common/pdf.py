"""Documents for printing, by Typst: tagged PDF (PDF/UA-1) without a system library or a call outside.

A template is a `.typ` file under `templates/pdf/`. It reads what is to be printed with
`#let data = json(bytes(sys.inputs.data))`: text stays text, whatever signs it carries, and is never markup.
"""

import json
from collections.abc import Mapping
from typing import Any

import typst
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils.translation import get_language

ROOT = settings.BASE_DIR / "templates" / "pdf"


def render(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of `template` (a name under templates/pdf) for `data`: strings, numbers, lists and mappings of them.

    Lazy translations, dates and identifiers become text; `language` is added. Raises typst.TypstError where the
    template and the data do not fit.
    """
    values = json.dumps({"language": (get_language() or "fr")[:2], **data}, cls=DjangoJSONEncoder)
    return typst.compile(
        str(ROOT / template),
        root=str(ROOT),
        ignore_system_fonts=True,
        sys_inputs={"data": values},
        pdf_standards=["ua-1"],
    )


def answer(document: bytes, *, name: str) -> HttpResponse:
    """The download of a document. `name` is neutral: it stays in the history of the browser."""
    return HttpResponse(
        document,
        headers={
            "Content-Type": "application/pdf",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
