"""Fields and widgets of the pages of files. What is accepted is decided by `files` and `checking`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.access import CaseAccess
from cases.forms import subjects
from common.ids import uuid_of
from common.templatetags.ui import local_when

from .content import EXTENSIONS
from .models import Report

OFF = {"autocomplete": "off"}


class FileForm(forms.Form):
    """A file put in a case. The file comes last: what stands before it is read even when the file is not."""

    use_required_attribute = False

    about = forms.CharField(label=_("What is this file about?"), required=False)
    internal = forms.BooleanField(
        label=_("Keep it inside my agency"),
        required=False,
        help_text=_("Only your agency sees the file, whatever is shared later."),
    )
    description = forms.CharField(
        label=_("What it is"),
        required=False,
        help_text=_("For example: medical certificate of 12 March. Shown in the place of the name of the file."),
        widget=forms.TextInput(OFF),
    )
    report = forms.CharField(label=_("Attach it to a report"), required=False)
    key = forms.CharField(required=False, widget=forms.HiddenInput)
    file = forms.FileField(label=_("File"), required=False, allow_empty_file=True)

    def __init__(
        self,
        *args: Any,
        access: CaseAccess,
        readers: Mapping[str, Sequence[str]],
        reports: Iterable[Report],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.subjects = subjects(access, readers)
        self.fields["about"].widget = forms.RadioSelect(choices=[(s["value"], s["label"]) for s in self.subjects])
        choices = [
            (str(report.pk), f"{report.get_kind_display()}, {local_when(report.recorded_at)}") for report in reports
        ]
        if choices:
            self.fields["report"].widget = forms.Select(choices=[("", pgettext_lazy("report", "None")), *choices])
        else:
            del self.fields["report"]
        limit = filesizeformat(settings.FILES_LARGEST)
        self.fields["file"].help_text = _("PDF, JPEG, PNG, WebP or plain text, at most %(limit)s.") % {"limit": limit}
        self.fields["file"].widget = forms.FileInput(
            {"accept": ",".join(f".{name}" for name in EXTENSIONS), "data-largest": settings.FILES_LARGEST}
        )

    def identifier(self, name: str) -> UUID | None:
        """The identifier sent in this field: the page's own `key`, so that sending it twice keeps one file, or a
        report; None for what is none.
        """
        return uuid_of(self.data.get(name))


class RemovalForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=_("Why is it removed?"),
        required=False,
        help_text=_("For example: put in the wrong case. Those who see the file read this; do not repeat its content."),
        widget=forms.TextInput(OFF),
    )
