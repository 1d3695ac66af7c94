"""Functions that run as the owner look at the tables of the schema before any temporary one.

PostgreSQL looks at temporary tables first where `search_path` does not name them: whoever may make one could put a table
of the same name in the way of a function that runs as the owner.
"""

from django.db import migrations

LAST = """
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole
      AND EXISTS (SELECT 1 FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%' AND c NOT LIKE '%pg_temp%')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', each.name);
  END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("administration", "0003_many_nights"),
        ("audit", "0005_seal_models"),
        ("cases", "0015_name_words"),
        ("followups", "0007_withdrawal_check"),
        ("referrals", "0006_plain_bases"),
        ("reports", "0008_safety"),
        ("riskassessment", "0004_safety"),
        ("sharing", "0018_said_by_hers"),
    ]
    # the order in which tables are looked for is never put back
    operations = [
        migrations.RunSQL(LAST, migrations.RunSQL.noop),
    ]
