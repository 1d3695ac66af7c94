"""The directory of the district: what services offer, two that have no account, places left, help numbers checked, how
services work together and whom one asks for in each.
"""

import csv
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

from administration import protocols
from agencies import capacity, help_numbers, offers, reference_persons
from agencies.importing_services import import_services
from agencies.models import Agency
from agencies.services import change_agency
from common.clock import local, now
from common.ids import uuid7

from . import directory_words as words
from .assessing import ago

if TYPE_CHECKING:
    from .district import District

WRITTEN_WEEKS_AGO = 29
"""Longer than what is said of a service passes for true: each entry has to be confirmed since."""


def write(district: "District") -> None:
    """What stands before anything is referred."""
    _entries(district)
    _without_account(district)
    _protocols(district)
    _reference_persons(district)


def today(district: "District") -> None:
    """What was said lately: how many places are left, who takes nobody, which numbers were called."""
    for index, (key, who, places, days) in enumerate(words.PLACES_LEFT):
        by = district.hats[who, key]
        with district.act(by, district.start - timedelta(hours=3 + 7 * index)):
            capacity.tell(by=by, agency_id=district.agencies[key].pk, free_places=places, waiting_days=days)
    pierre = district.members["pierre"]
    with district.act(pierre, ago(district, 2, 11)):
        change_agency(by=pierre, agency_id=district.agencies[words.CLOSED].pk, values={"accepts_referrals": False})
    with district.act(pierre, district.start - timedelta(minutes=30)):
        number = help_numbers.publish(by=pierre, code="permanence", values=words.CHECKED_NUMBER)
        help_numbers.verified_today(by=pierre, number_id=number.pk)


def _entries(district: "District") -> None:
    """Written half a year ago and confirmed since, but for two that wait for it."""
    for entry in words.ENTRIES:
        by, agency = district.members[entry.by], district.agencies[entry.agency]
        values = {
            "name": entry.name,
            "description": entry.says,
            "needs": list(entry.needs),
            "audiences": list(entry.audiences),
            "languages": list(entry.languages),
            "interpretation": entry.interpretation,
            "territory": list(agency.territory),
            "address": entry.address,
            "postal_code": entry.postal_code,
            "phone": agency.public_contact,
            "email": agency.professional_email,
            "schedule": entry.schedule,
            "always_open": entry.always_open,
            "is_public": True,
        }
        with district.act(by, district.start - timedelta(weeks=WRITTEN_WEEKS_AGO)):
            offer = offers.create(by=by, agency_id=agency.pk, values=values | entry.more)
        if entry.confirmed is not None:
            with district.act(by, ago(district, entry.confirmed, 11)):
                offers.confirm(by=by, offer_id=offer.pk)


def _without_account(district: "District") -> None:
    """A doctor and a small legal clinic, out of a file: nobody of theirs has confirmed what it says."""
    out = StringIO()
    columns = list(dict.fromkeys(name for row in words.IMPORTED for name in row))
    writer = csv.DictWriter(out, columns, delimiter=";")
    writer.writeheader()
    writer.writerows(words.IMPORTED)
    pierre = district.members["pierre"]
    with district.act(pierre, ago(district, 40, 10)):
        import_services(by=pierre, content=out.getvalue().encode(), source=words.SOURCE)
        for agency in Agency.objects.filter(name__in=words.SHORT_KEYS):
            district.agencies[words.SHORT_KEYS[agency.name]] = agency


def _protocols(district: "District") -> None:
    pierre = district.members["pierre"]
    with district.act(pierre, district.start - timedelta(weeks=20)):
        for parties, values in words.PROTOCOLS:
            protocols.record(
                by=pierre,
                protocol_id=uuid7(),
                values=values | {"starts_on": local(now()).date()},
                parties=[district.agencies[key].pk for key in parties],
            )


def _reference_persons(district: "District") -> None:
    for agency, by, theme, who, phone, hours in words.REFERENCE_PERSONS:
        with district.act(district.members[by], ago(district, 60, 9)):
            reference_persons.name_person(
                by=district.members[by],
                agency_id=district.agencies[agency].pk,
                values={"theme": theme, "user": district.members[who].user_id, "phone": phone, "hours": hours},
            )
