"""The outbox says to whom a mail goes, and an invitation's link while it waits: the mail worker alone reads it.

Whatever act writes one inserts it, with or without an agency (a forgotten password, an invitation).
"""

from django.db import migrations

from common.security import policy

OUTBOX = policy("notifications_outgoingmail", read="false", contexts=("notices",))


class Migration(migrations.Migration):
    dependencies = [("notifications", "0007_match_kinds")]
    operations = [migrations.RunSQL(*OUTBOX)]
