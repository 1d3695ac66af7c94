from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_notice_without_extra")]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("follow_up_due", "A follow-up is due"),
                    ("follow_up_unanswered", "A follow-up has stayed unanswered"),
                    ("referral_received", "A service sends you a referral"),
                    ("referral_changed", "A referral has moved on"),
                    ("referral_answered", "A referral has been answered"),
                    ("complaint_received", "A complaint has been sent to you"),
                    (
                        "case_restricted",
                        "A case is restricted to named persons: say who of your service works on it",
                    ),
                ],
                max_length=40,
            ),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("sent", "sent"),
                    ("failed", "failed"),
                    ("withheld", "withheld"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
    ]
