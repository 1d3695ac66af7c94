"""What goes along with a referral besides the need, in words. The receiver reads it before it accepts. No ORM."""

from typing import Protocol

from django.utils.translation import gettext as _

from common import languages

from .models import AskedBy


class Carrying(Protocol):
    """A referral, or what is typed for one."""

    postal_code: str
    asked_by: str
    mandated: bool
    interpreter_language: str
    childcare: bool
    accompaniment: bool
    transport: bool


def needs_words(one: Carrying) -> list[str]:
    """What the person needs besides: interpreter, childcare, accompaniment, transport."""
    found = []
    if one.interpreter_language:
        found.append(_("an interpreter (%(language)s)") % {"language": languages.names([one.interpreter_language])})
    if one.childcare:
        found.append(_("somebody who minds the children"))
    if one.accompaniment:
        found.append(_("to be accompanied by a specialised person"))
    if one.transport:
        found.append(_("transport"))
    return found


def carried_words(one: Carrying) -> list[tuple[str, str]]:
    """(what, its words): who asked for it (where known), the mandate, where, and what the person needs besides."""
    found = [(_("Asked by"), str(AskedBy(one.asked_by).label))] if one.asked_by else []
    if one.mandated:
        found.append((_("Mandate"), _("of the service that refers")))
    if one.postal_code:
        found.append((_("Where"), one.postal_code))
    if needs := needs_words(one):
        found.append((_("Needed besides"), ", ".join(needs)))
    return found
