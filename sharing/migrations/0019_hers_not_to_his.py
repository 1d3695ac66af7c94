"""His side reads no request of hers about her data, the one it wrote down before it was on his side included.

The answer to it names every service that follows her. Checks, their words and answers follow their request.
"""

from importlib import import_module

from django.db import migrations

from cases import security
from common.security import instead, policy

before = import_module("sharing.migrations.0017_subject_access")
TABLE = before.REQUEST
ON_HIS_SIDE = security.stands(f"{TABLE}.case_id")
NOW = policy(
    TABLE,
    read=f"{security.case_visible(f'{TABLE}.case_id')} AND ({TABLE}.side = 'perpetrator' OR NOT {ON_HIS_SIDE})"
    f" AND ({TABLE}.agency_id = {before.OWN} OR ({before.of_side('identity')} AND {before.of_side('network')}))",
)


class Migration(migrations.Migration):
    dependencies = [("sharing", "0018_said_by_hers")]
    operations = [migrations.RunSQL(*instead(before.LOCKS[TABLE], NOW))]
