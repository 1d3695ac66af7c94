"""Fields and widgets of the pages about agencies; `agencies.services` decides."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.languages import LANGUAGES

from .enums import AgencyKind, AgencySide, Phase, Role
from .models import Agency, Membership
from .perms import may_give


class AgencyForm(forms.Form):
    """Everything an agency is described by; `territory` is text, read by `services.parse_codes`."""

    name = forms.CharField(label=_("Full name"), max_length=150)
    short_name = forms.CharField(
        label=_("Short name"), max_length=60, help_text=_("What colleagues call it; shown in lists.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", "—"), *AgencyKind.choices])
    phase = forms.TypedChoiceField(
        label=_("Phase of intervention"), choices=Phase.choices, coerce=int, initial=Phase.FIRST_LINE
    )
    side = forms.ChoiceField(
        label=_("With whom does it usually work?"),
        choices=AgencySide.choices,
        initial=AgencySide.NEUTRAL,
        widget=forms.RadioSelect,
        help_text=_("Proposed when it joins a case; each case may differ."),
    )
    parent = forms.ModelChoiceField(
        label=_("Belongs to"),
        queryset=Agency.objects.none(),
        required=False,
        empty_label="—",
        help_text=_("The parent never inherits what this agency may see."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages spoken"),
        choices=list(LANGUAGES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    territory = forms.CharField(
        label=_("Territory"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Postal codes, separated by spaces or commas. Empty: everywhere."),
    )
    public_contact = forms.CharField(
        label=_("Public contact"),
        required=False,
        max_length=200,
        help_text=_("What anybody may know. Never the address of a refuge."),
    )
    professional_phone = forms.CharField(label=_("Phone for professionals"), required=False, max_length=40)
    professional_email = forms.EmailField(label=_("E-mail for professionals"), required=False)
    duty_phone = forms.CharField(
        label=_("Duty phone"),
        required=False,
        max_length=40,
        help_text=_("Shown to colleagues when a follow-up stays unanswered. Never printed."),
    )
    public_duty_phone = forms.CharField(
        label=_("Public duty phone"),
        required=False,
        max_length=40,
        help_text=_("Printed on the service’s posters and on the papers it hands over: anybody may read it."),
    )
    accepts_referrals = forms.BooleanField(label=_("Accepts referrals"), required=False, initial=True)
    without_account = forms.BooleanField(
        label=_("Works without an account"),
        required=False,
        help_text=_("Referrals reach it by letter and a one-time page; nothing of a case is opened to it."),
    )
    capacity = forms.IntegerField(
        label=_("Capacity"),
        required=False,
        min_value=0,
        max_value=100_000,
        help_text=_("Places or situations at a time. Empty: no limit known."),
    )
    answer_hours = forms.IntegerField(label=_("Usual answer time (hours)"), min_value=1, max_value=2000, initial=48)

    def __init__(self, *args: object, agency: Agency | None = None, **kwargs: object):
        super().__init__(*args, **kwargs)
        parents = Agency.objects.active().order_by("name")
        self.fields["parent"].queryset = parents.exclude(pk=agency.pk) if agency else parents


class InvitationForm(forms.Form):
    """Whom to invite, and with which role; only the roles `by` may give in this agency are offered."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("A professional address that this person alone reads: the link opens the account."),
    )
    given_name = forms.CharField(label=_("Given name"), max_length=100)
    family_name = forms.CharField(label=_("Family name"), max_length=100)
    profession = forms.CharField(
        label=_("Profession"), max_length=80, required=False, help_text=_("For example: inspector, social worker.")
    )
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: object, by: Membership, agency: Agency, **kwargs: object):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles_to_give(by, agency)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: object, by: Membership, agency: Agency, **kwargs: object):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles_to_give(by, agency)


class AcceptForm(forms.Form):
    """What somebody invited says of themselves: the name colleagues will read, and a password."""

    given_name = forms.CharField(
        label=_("Given name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    family_name = forms.CharField(
        label=_("Family name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    password1 = forms.CharField(
        label=_("Choose a password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least twelve characters; several words that only you would put together work well."),
    )
    password2 = forms.CharField(
        label=_("The same password once more"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict:
        cleaned = super().clean()
        if "password2" in cleaned and cleaned.get("password1") != cleaned["password2"]:
            self.add_error("password2", _("The two passwords differ. Type them again."))
        return cleaned


def roles_to_give(by: Membership, agency: Agency) -> list[tuple[str, str]]:
    """The (role, label) pairs `by` may give in `agency`."""
    return [(role.value, role.label) for role in Role if may_give(by, role, agency)]
