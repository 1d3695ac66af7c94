"""What the frame shows on every page of a person who is logged in."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.perms import may_administer_agency, may_oversee, may_read_partnerships, may_see_cases
from notifications.services import unread_count
from sharing.perms import may_see_standing

# what stands under a case, whatever the room that shows it
CASE_PAGES = (
    "cases:", "casework:trail", "casework:emergency", "reports:case_list", "reports:detail", "riskassessment:",
    "sharing:", "referrals:case_list", "referrals:new",
)  # fmt: skip
AUTHORISATIONS = ("sharing:authorisations", "sharing:authorisation_")
"""Standing ones: no case stands above them."""
EMERGENCIES = ("casework:emergencies", "casework:emergency_review")


def frame(request: HttpRequest) -> dict:
    """Navigation, acting agency and unread notices; nothing for visitors."""
    membership = getattr(request, "membership", None)
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    entries = []
    if may_see_cases(membership):
        entries = [
            ("/", _("My work"), "list-check", "casework:my_work"),
            (reverse("cases:list"), _("Cases"), "folder2-open", CASE_PAGES),
            (reverse("referrals:list"), _("Referrals"), "arrow-left-right", "referrals:"),
            (reverse("followups:list"), _("Due dates"), "clock-history", "followups:"),
        ]
    if may_oversee(membership):
        entries.append((reverse("casework:emergencies"), _("Emergency accesses"), "unlock", EMERGENCIES))
        entries.append((reverse("administration:case_access"), _("Accesses to a case"), "eye", "administration:"))
    if membership and may_administer_agency(membership, membership.agency_id):
        entries.append((reverse("administration:home"), _("Administration"), "gear", "administration:"))
    elif may_read_partnerships(membership):
        entries.append((reverse("administration:partnerships"), _("Partnerships"), "people", "administration:"))
    if may_see_standing(membership):
        entries.append((reverse("sharing:authorisations"), _("Authorisations"), "shield-check", AUTHORISATIONS))
    here = request.resolver_match.view_name if request.resolver_match else ""
    return {
        "nav_items": [
            {
                "url": url,
                "label": label,
                "icon": icon,
                "current": here.startswith(prefix)
                and not (prefix == "referrals:" and here.startswith(CASE_PAGES))
                and not (prefix == CASE_PAGES and here.startswith(AUTHORISATIONS)),
                "count": None,
                "secondary": icon == "gear",
            }
            for url, label, icon, prefix in entries
        ],
        "search_url": reverse("cases:search") if may_see_cases(membership) else "",
        "membership": membership,
        "memberships": request.memberships,
        "acting_url": reverse("choose_acting"),
        "notifications_url": reverse("notifications:list") if membership else "",
        "unread_count": unread_count(membership) if membership else 0,
    }
