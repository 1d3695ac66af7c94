"""Rows that waited in the default partition no longer stop the months after them from being made.

Nobody made partitions for a year: the rows of that month are in the default partition, where they are as good as
anywhere. A partition of the same month cannot be made over them; the next ones can, and must.
"""

from importlib import import_module

from django.db import migrations

before = import_module("audit.migrations.0001_initial")

FORMER = before.PARTITIONS.split("END $$;")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") + "END $$;"
ATTACH = """        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
          child, parent, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
"""
REVOKE = FORMER.split(ATTACH)[1].split("\n")[0]
TOLERANT = FORMER.replace(
    ATTACH + REVOKE + "\n",
    "        BEGIN\n"
    + ATTACH
    + REVOKE
    + "\n        EXCEPTION WHEN check_violation THEN\n"
    + "          RAISE WARNING 'rows of % wait in the default partition of %', child, parent;\n        END;\n",
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_models")]
    operations = [migrations.RunSQL(TOLERANT, FORMER)]
