"""Posters of the cells that call back: where each hangs, the code of its page, the paper with the code to scan."""

import base64
import secrets
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from common import pdf
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem

from . import qr
from .handouts import POSTER, words
from .models import Agency, Membership, Poster
from .perms import may_keep_posters
from .services import POSTAL_CODE, is_number

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Signs that are not mistaken for each other when somebody types the address."""
CODE_LENGTH = 8
LONGEST_PLACE = 150
MOST = 300


def posters_of(membership: Membership | None) -> QuerySet[Poster]:
    """The posters of the acting agency, the newest first, for who keeps them."""
    if not may_keep_posters(membership):
        return Poster.objects.none()
    return Poster.objects.filter(agency=membership.agency_id).select_related("agency", "created_by")


def poster_of(*, by: Membership, poster_id: UUID) -> Poster:
    """One of them. Raises Http404."""
    found = posters_of(by).filter(pk=poster_id).first()
    if found is None:
        raise Http404
    return found


def open_poster(code: str) -> Poster | None:
    """The poster whose page answers, by its code, with its agency; None for every other code alike."""
    return Poster.objects.live().select_related("agency").filter(code=code).first()


def address(poster: Poster) -> str:
    """The whole address of its page: what the code holds and what may be typed."""
    return settings.SITE_URL.rstrip("/") + reverse("followups:poster_page", args=[poster.code])


def duty_number(agency: Agency) -> str:
    """The number a poster and its page show: the public one of the duty, else a public contact that is one; or "".

    The number of the duty itself is for colleagues and never shown.
    """
    return agency.public_duty_phone or (agency.public_contact if is_number(agency.public_contact) else "")


def hang(*, by: Membership, poster_id: UUID, place: str, postal_code: str = "") -> Poster:
    """A new poster for this place; sent again with the same id it stays one. Raises Refused, RuleBroken by field."""
    if not may_keep_posters(by):
        raise Refused(_("Posters are kept by the cells that call back."))
    already = posters_of(by).filter(pk=poster_id).first()
    if already is not None:
        return already
    errors: dict[str, list[str]] = {}
    if problem := text_problem(place, most=LONGEST_PLACE, missing=_("Say where it will hang.")):
        errors["place"] = [problem]
    if postal_code and not POSTAL_CODE.fullmatch(postal_code):
        errors["postal_code"] = [_("A Belgian postal code has four digits.")]
    if not duty_number(by.agency):
        errors[""] = [
            _("Your service has no public number yet: ask the platform administrator to write one down first.")
        ]
    elif Poster.objects.filter(agency=by.agency, ended_at=None).count() >= MOST:
        errors[""] = [_("%(most)d posters hang already: take down those that are gone.") % {"most": MOST}]
    elif Poster.objects.filter(pk=poster_id).exists():
        errors[""] = [_("This page is too old. Open a new one.")]
    if errors:
        raise RuleBroken(errors)
    return Poster.objects.create(
        pk=poster_id,
        agency=by.agency,
        code=_new_code(),
        place=place.strip(),
        postal_code=postal_code,
        created_by=by.user,
    )


def take_down(*, by: Membership, poster_id: UUID) -> Poster:
    """Its page takes no more requests. Taken down twice changes nothing. Raises Http404."""
    poster = poster_of(by=by, poster_id=poster_id)
    if poster.ended_at is None:
        poster.ended_at = now()
        poster.save(update_fields=["ended_at"])
    return poster


def document(poster: Poster, language: str) -> bytes:
    """The PDF to put up, in a language (French where the words have none). Raises LookupError without any words."""
    code, content = words(POSTER, language)
    page = address(poster)
    data = {
        "language": code,
        "title": content.title,
        "intro": content.intro,
        "labels": content.labels,
        "qr": qr.svg(f"{page}?l={code}"),
        "address": page.partition("://")[2].rstrip("/"),
        "agency": poster.agency.name,
        "number": duty_number(poster.agency),
    }
    return pdf.render("handout_poster.typ", data)


def picture(poster: Poster, language: str) -> str:
    """The code as the source of an image of a page."""
    drawn = qr.svg(f"{address(poster)}?l={language}")
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode()


def _new_code() -> str:
    while True:
        code = "".join(secrets.choice(LETTERS) for _place in range(CODE_LENGTH))
        if not Poster.objects.filter(code=code).exists():
            return code
