"""The letter to a service without an account, as a PDF: a cover that says nothing, and what is asked, without names."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agencies import qr
from cases.enums import PersonRole
from common.templatetags.ui import moment

from .carried import needs_words
from .models import ExternalLetter, Referral


def paper(letter: ExternalLetter, referral: Referral, *, address: str) -> dict[str, Any]:
    """What `referral_letter.typ` prints. `address` is the whole one of the one-time page, whose link stands nowhere
    else. Nobody is named, and neither the case nor its reference is.
    """
    sender = referral.from_agency
    child = referral.subject_role == PersonRole.CHILD
    lines = [
        (_("What is needed"), capfirst(referral.get_need_display())),
        (pgettext("letter", "For whom"), _("a child") if child else _("an adult")),
        (_("Why"), referral.reason),
        (pgettext("letter", "Where"), referral.postal_code),
        (pgettext("letter", "Answer due by"), moment(referral.answer_due_at)),
        (pgettext("letter", "Also needed"), ", ".join(needs_words(referral))),
    ]
    return {
        "title": _("Letter"),
        "number": number(letter),
        "to": referral.to_agency.name,
        "to_address": referral.to_agency.public_contact or referral.to_agency.postal_code,
        "personal": _("Personal: for whoever receives requests"),
        "number_label": _("Our reference"),
        "sender_label": pgettext("letter", "From"),
        "sender": sender.name,
        "sender_phone": sender.professional_phone,
        "intro": _(
            "Somebody we work with needs your service. They are not named here; you learn who they are from us, once"
            " you have said yes."
        ),
        "lines": [[str(label), str(words)] for label, words in lines if words],
        "how_title": _("How to answer"),
        "how": [
            _("Call us for the code: it stands in no letter."),
            _("Open the page below, or scan the square, choose one of three answers and type the code."),
            _("The page works once, until %(when)s. You may also answer us by phone.")
            % {"when": moment(letter.expires_at)},
        ],
        "address": address,
        "qr": qr.svg(address),
        "qr_words": _("The address of the page, as a square to scan"),
        "foot": _("Keep this letter where nobody else reads it. Nothing in it says who the person is."),
    }


def number(letter: ExternalLetter) -> str:
    """How a letter is named on paper and by phone: it leads nowhere."""
    return letter.pk.hex[-8:].upper()
