"""The second lock of matches and of links between cases; all of it insert-only.

A match is seen by each of its two services that is told, where its own case is visible and the person is kept out of
neither case; it is written in the `matching` context alone. What a service did about it is seen by the other one only
where both are told. A link is seen by who sees both cases, from the same side or from none.
"""

from django.db import migrations

from cases import security
from common.security import append_only, policy

OWN = "(SELECT move_agency())"
ME = "(SELECT move_user())"
match, persons, move = "sharing_matchnotice", "sharing_matchedpersons", "sharing_matchmove"
link, end = "sharing_caselink", "sharing_caselinkend"

QUESTIONS = f"""
CREATE FUNCTION sharing_reads_match(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, public AS $$
  BEGIN RETURN EXISTS (SELECT 1 FROM {match} m WHERE m.id = wanted); END $$;
CREATE FUNCTION sharing_reads_open_match(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, public AS $$
  BEGIN RETURN EXISTS (SELECT 1 FROM {match} m WHERE m.id = wanted AND m.tells_new AND m.tells_holder); END $$;
CREATE FUNCTION sharing_sees_both(one uuid, other uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, public AS $$
  BEGIN RETURN (SELECT count(*) FROM cases_case c WHERE c.id IN (one, other)) = 2
    AND (SELECT count(*) FROM cases_casegroupobjectpermission p WHERE p.content_object_id IN (one, other)
      AND p.group_id = move_group() AND p.side = 'perpetrator') <> 1; END $$;
CREATE FUNCTION sharing_reads_link(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, public AS $$
  BEGIN RETURN EXISTS (SELECT 1 FROM {link} k WHERE k.id = wanted); END $$;
"""
FORGET = """
DROP FUNCTION sharing_reads_link(uuid); DROP FUNCTION sharing_sees_both(uuid, uuid);
DROP FUNCTION sharing_reads_open_match(uuid); DROP FUNCTION sharing_reads_match(uuid);
"""


def told(agency: str, own: str, other: str, flag: str) -> str:
    return (
        f"({match}.{flag} AND {match}.{agency} = {OWN} AND {security.case_visible(f'{match}.{own}')}"
        f" AND NOT cases_kept_out({match}.{other}, {ME}, false))"
    )


LOCKS = [
    policy(
        match,
        read=told("new_agency_id", "new_case_id", "held_case_id", "tells_new")
        + " OR "
        + told("holder_id", "held_case_id", "new_case_id", "tells_holder"),
        insert="false",
        contexts=("matching",),
    ),
    policy(persons, read=f"sharing_reads_match({persons}.notice_id)", insert="false", contexts=("matching",)),
    policy(
        move,
        read=f"sharing_reads_match({move}.notice_id)"
        f" AND ({move}.agency_id = {OWN} OR sharing_reads_open_match({move}.notice_id))",
        insert=f"{move}.agency_id = {OWN} AND sharing_reads_match({move}.notice_id)",
    ),
    policy(
        link,
        read=f"sharing_sees_both({link}.first_id, {link}.second_id)",
        insert=f"{link}.agency_id = {OWN} AND sharing_sees_both({link}.first_id, {link}.second_id)",
    ),
    policy(
        end,
        read=f"sharing_reads_link({end}.link_id)",
        insert=f"{end}.agency_id = {OWN} AND sharing_reads_link({end}.link_id)",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("sharing", "0008_matching"), ("cases", "0011_match_keys")]
    operations = [
        migrations.RunSQL(QUESTIONS, FORGET),
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in (match, persons, move, link, end)),
    ]
