"""Both trails: monthly partitions with a default one, so that the product never goes dark; append-only."""

from django.conf import settings
from django.db import migrations

from common.security import append_only

TABLES = """
CREATE TABLE audit_auditevent (
  id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  action varchar(20) NOT NULL,
  user_id uuid, agency_id uuid, case_id uuid,
  object_kind varchar(60) NOT NULL DEFAULT '',
  object_id uuid,
  fields jsonb NOT NULL DEFAULT '[]',
  reason varchar(200) NOT NULL DEFAULT '',
  request_id varchar(64) NOT NULL DEFAULT '',
  remote_addr inet,
  system varchar(20) NOT NULL DEFAULT '',
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_auditevent_case ON audit_auditevent (case_id, at DESC);
CREATE INDEX audit_auditevent_user ON audit_auditevent (user_id, at DESC);
CREATE INDEX audit_auditevent_agency ON audit_auditevent (agency_id, at DESC);
CREATE TABLE audit_auditevent_default PARTITION OF audit_auditevent DEFAULT;

CREATE TABLE audit_logentry (
  id uuid NOT NULL,
  "timestamp" timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  content_type_id integer NOT NULL REFERENCES django_content_type (id),
  object_pk varchar(255) NOT NULL,
  object_id bigint,
  object_repr text NOT NULL,
  serialized_data jsonb,
  action smallint NOT NULL,
  changes_text text NOT NULL DEFAULT '',
  changes jsonb,
  actor_id uuid,
  cid varchar(255),
  remote_addr inet,
  remote_port integer,
  additional_data jsonb,
  actor_email varchar(254),
  system varchar(20) NOT NULL DEFAULT '',
  agency_id uuid,
  case_id uuid,
  reason varchar(200) NOT NULL DEFAULT '',
  PRIMARY KEY (id, "timestamp"),
  CONSTRAINT audit_logentry_somebody CHECK (actor_id IS NOT NULL OR system <> '')
) PARTITION BY RANGE ("timestamp");
CREATE INDEX audit_logentry_case ON audit_logentry (case_id, "timestamp" DESC);
CREATE INDEX audit_logentry_object ON audit_logentry (content_type_id, object_pk);
CREATE INDEX audit_logentry_actor ON audit_logentry (actor_id, "timestamp" DESC);
CREATE TABLE audit_logentry_default PARTITION OF audit_logentry DEFAULT;
"""

PARTITIONS = """
CREATE FUNCTION audit_create_partitions(months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  month date;
  parent text;
  child text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('audit_create_partitions'));
  FOREACH parent IN ARRAY ARRAY['audit_auditevent', 'audit_logentry'] LOOP
    FOR i IN 0..months_ahead LOOP
      month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date;
      child := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
      IF to_regclass('public.' || child) IS NULL THEN
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
          child, parent, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
        EXECUTE format('REVOKE ALL ON public.%I FROM "%s"', child, '{role}');
      END IF;
    END LOOP;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION audit_create_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_create_partitions(integer) TO "{role}";
SELECT audit_create_partitions(12);
REVOKE ALL ON audit_auditevent_default, audit_logentry_default FROM "{role}";
""".replace("{role}", settings.APP_DATABASE_ROLE)

EVENT_APPEND, EVENT_BACK = append_only("audit_auditevent")
ENTRY_APPEND, ENTRY_BACK = append_only("audit_logentry")


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("common", "0001_roles_and_settings"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunSQL(TABLES, "DROP TABLE audit_logentry; DROP TABLE audit_auditevent;"),
        migrations.RunSQL(EVENT_APPEND, EVENT_BACK),
        migrations.RunSQL(ENTRY_APPEND, ENTRY_BACK),
        migrations.RunSQL(PARTITIONS, "DROP FUNCTION audit_create_partitions(integer);"),
    ]
