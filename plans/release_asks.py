"""Which services are asked to tell her of a release. Looked at again with every reminder: nobody’s leaving ends it."""

from agencies.enums import VICTIM_CELLS, AgencyKind, Role
from agencies.models import Agency, Membership
from agencies.perms import WRITERS
from agencies.services import writers_by_agency
from cases.access import Participants, participants, reaching_victim, workers
from cases.answering import on_his_side, works_with_him
from cases.enums import ParticipationSide
from cases.models import Case

from .models import AskedAs


def who_is_asked(case: Case) -> list[tuple[Agency, AskedAs]]:
    """The police zones of the case, the services that call victims, her reference person and who leads, of those that
    take part now, are not on his side, and have somebody who may know the case; else whoever reaches her; else whoever
    takes part. Never his side, nor a service that works with him and does not reach her already, wherever it stands:
    it would have to look for her. Empty where nobody is left.
    """
    groups = [each.group_id for each in workers([case.pk]) if each.side != ParticipationSide.PERPETRATOR]
    agencies = list(Agency.objects.filter(group__in=groups).order_by("pk"))
    working, teams = participants([case]), writers_by_agency({each.pk for each in agencies})
    agencies = [each for each in agencies if working.among(case, teams.get(each.pk, []))]
    reaching = set(reaching_victim(case.pk))
    agencies = [each for each in agencies if each.group_id in reaching or not works_with_him(each)]
    referent = _referents(case, working)
    found: list[tuple[Agency, AskedAs]] = []
    for agency in agencies:
        reaches = agency.group_id in reaching
        if reaches and agency.kind == AgencyKind.POLICE:
            found.append((agency, AskedAs.POLICE))
        elif reaches and agency.kind in VICTIM_CELLS:
            found.append((agency, AskedAs.CELL))
        elif agency.pk in referent:
            found.append((agency, AskedAs.REFERENT))
        elif agency.pk == case.lead_agency_id:
            found.append((agency, AskedAs.LEAD))
    if found:
        return found
    return [(each, AskedAs.OTHER) for each in agencies if each.group_id in reaching] or [
        (each, AskedAs.OTHER) for each in agencies
    ]


def _referents(case: Case, working: Participants) -> set[object]:
    """The agencies for which the reference person of the case works in it."""
    person = case.reference_person_id
    if person is None or not working.may_know(case, person):
        return set()
    hats = Membership.objects.live().filter(user=person, role__in=WRITERS)
    return set(hats.values_list("agency_id", flat=True))


def carrier(case: Case) -> Agency | None:
    """Under which service an alert waits when nobody takes part any more: the one that leads, unless it works with him;
    then the one that administers the platform, which sees no case.
    """
    if not _lead_works_with_him(case):
        return case.lead_agency
    admin = Membership.objects.live().filter(role=Role.PLATFORM_ADMINISTRATOR).select_related("agency").order_by("pk")
    found = admin.first()
    return found.agency if found else None


def _lead_works_with_him(case: Case) -> bool:
    return works_with_him(case.lead_agency) or case.lead_agency.group_id in on_his_side(case.pk)


def last_resort(case: Case) -> list[Membership]:
    """Whom silence reaches when nobody takes part any more: who answers for the service that leads, unless it works
    with him, and who administers the platform.
    """
    agencies = [] if _lead_works_with_him(case) else [case.lead_agency_id]
    lead = Membership.objects.live().filter(agency__in=agencies, role__in=(Role.REFERENT, Role.MANAGER))
    platform = Membership.objects.live().filter(role=Role.PLATFORM_ADMINISTRATOR)
    working = participants([case])
    people = [*lead.select_related("user", "agency"), *platform.select_related("user", "agency")]
    return [each for each in people if working.may_be_asked(case, each.user_id)]
