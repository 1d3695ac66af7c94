"""Fields of the action plan and of close monitoring; every refusal is the services'."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.models import CasePerson
from cases.who_sees import Reader
from common.forms import DayField, KeyField, LastDayField
from common.ids import uuid_of
from plans.actions import LONGEST, Said, Wanted
from plans.models import ActionOutcome, ActionOwner, Strand

OFF = {"autocomplete": "off"}


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **OFF})


class ActionForm(forms.Form):
    """A new action, or one in the place of another."""

    use_required_attribute = False
    CASE = "case"

    strand = forms.CharField(
        label=_("What kind of action"), required=False, widget=forms.RadioSelect(choices=Strand.choices)
    )
    person = forms.CharField(label=_("About whom"), required=False, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("What is to be done"),
        help_text=_(
            "Short and precise: somebody else must know when it is done. Services that work with him read an action"
            " about him: no address, nothing that she said."
        ),
        required=False,
        max_length=LONGEST,
        widget=_area(3),
    )
    due_at = LastDayField(label=_("Done by"), required=False)
    owners = forms.MultipleChoiceField(
        label=_("Who does it"),
        help_text=_("One service, or several together: each says what became of its part."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    ask_agency = forms.CharField(
        label=_("Or a service that does not take part yet"),
        help_text=_("It is asked by a referral, which you complete next. Once it says yes, the action is its own."),
        required=False,
        widget=forms.Select,
    )
    request_key = KeyField()

    def __init__(
        self,
        *args: Any,
        people: Iterable[CasePerson],
        of_the_case: bool,
        owners: Iterable[Reader],
        outside: Iterable[Agency],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        about = [(str(each.pk), f"{each.person.full_name}, {each.get_role_display()}") for each in people]
        if of_the_case:
            about.append((self.CASE, _("The case as a whole")))
        self.fields["person"].widget.choices = about
        self.fields["owners"].choices = [(str(each.agency.pk), each.agency.name) for each in owners]
        others = [(str(each.pk), each.name) for each in outside]
        if others:
            self.fields["ask_agency"].widget.choices = [("", pgettext_lazy("service", "none")), *others]
        else:
            del self.fields["ask_agency"]

    def wanted(self) -> Wanted:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        return Wanted(
            strand=data["strand"],
            # whoever is not in the list is nobody: an id that means nothing is refused by the service
            person_id=None if data["person"] == self.CASE else uuid_of(data["person"]) or UUID(int=0),
            words=data["words"],
            due_at=data["due_at"],
            owner_ids=tuple(UUID(each) for each in data["owners"]),
        )

    def asked(self) -> UUID | None:
        """The service outside the case, if one is named; an id that means nothing is refused by the service."""
        typed = self.cleaned_data.get("ask_agency", "")
        return (uuid_of(typed) or UUID(int=0)) if typed else None


class SayForm(forms.Form):
    """What became of an action."""

    use_required_attribute = False

    owner = forms.CharField(label=_("For which service"), required=False, widget=forms.RadioSelect)
    outcome = forms.CharField(
        label=_("What became of it?"), required=False, widget=forms.RadioSelect(choices=ActionOutcome.choices)
    )
    why = forms.CharField(
        label=_("Why"),
        help_text=_("Asked where it was not done, or is no longer possible."),
        required=False,
        max_length=LONGEST,
        widget=_area(2),
    )
    evidence = forms.CharField(
        label=_("What shows it"),
        help_text=_("A date, a number, a document: enough to find it again."),
        required=False,
        max_length=LONGEST,
        widget=_area(2),
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    request_key = KeyField()

    def __init__(self, *args: Any, owners: list[ActionOwner], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [(str(each.pk), each.owner.short_name) for each in owners]
        self.fields["owner"].widget.choices = choices
        if len(choices) == 1:
            self.fields["owner"].widget = forms.HiddenInput()
            self.fields["owner"].initial = choices[0][0]

    def said(self) -> Said:
        """The answer, as the service takes it."""
        return Said(self.cleaned_data["outcome"], self.cleaned_data["why"], self.cleaned_data["evidence"])

    def owner_id(self) -> UUID | None:
        return uuid_of(self.cleaned_data["owner"])

    def shown_id(self) -> UUID | None:
        return uuid_of(self.cleaned_data["shown"])


class AgreeForm(forms.Form):
    """The plan as it stands is agreed on."""

    use_required_attribute = False

    agreed_on = DayField(label=pgettext_lazy("plan", "Agreed on"), required=False)
    partners = forms.MultipleChoiceField(
        label=_("Which services agreed"), required=False, widget=forms.CheckboxSelectMultiple
    )
    words = forms.CharField(
        label=_("To be remembered"),
        help_text=_("Read by the services that take part, never by those that work with him."),
        required=False,
        max_length=LONGEST,
        widget=_area(3),
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    request_key = KeyField()

    def __init__(self, *args: Any, partners: Iterable[Reader], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["partners"].choices = [(str(each.agency.pk), each.agency.name) for each in partners]

    def partner_ids(self) -> list[UUID]:
        return [UUID(each) for each in self.cleaned_data["partners"]]

    def shown_ids(self) -> list[UUID]:
        return [found for each in self.cleaned_data["shown"].split() if (found := uuid_of(each))]


class BeginForm(forms.Form):
    """Close monitoring begins."""

    use_required_attribute = False

    until = LastDayField(label=_("Planned until"), help_text=_("It is told before that day comes."), required=False)
    why = forms.CharField(label=_("Why it is watched closely"), required=False, max_length=LONGEST, widget=_area(3))
    request_key = KeyField()


class ExtendForm(forms.Form):
    """It goes on."""

    use_required_attribute = False

    until = LastDayField(label=_("Planned until"), required=False)
    words = forms.CharField(label=_("Why it goes on"), required=False, max_length=LONGEST, widget=_area(2))
    request_key = KeyField()


class LookForm(forms.Form):
    """The case was looked at again."""

    use_required_attribute = False
    CHOICES = [("no", _("nothing has changed")), ("yes", _("something has changed"))]

    changed = forms.CharField(label=_("What has changed?"), required=False, widget=forms.RadioSelect(choices=CHOICES))
    words = forms.CharField(label=_("In words"), required=False, max_length=LONGEST, widget=_area(3))
    request_key = KeyField()


class EndMonitoringForm(forms.Form):
    """It ends."""

    use_required_attribute = False

    reason = forms.CharField(label=_("Why close monitoring ends"), required=False, max_length=LONGEST, widget=_area(3))
    request_key = KeyField()
