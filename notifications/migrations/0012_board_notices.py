from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0011_assessment_notices"),
    ]

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
                    ("board_moved", "Something has moved on the board of police and prosecutor"),
                    ("sharing_opened", "A service shares something with yours"),
                    ("sharing_ended", "A sharing with your service has ended"),
                    ("consent_ends_soon", "A consent ends soon"),
                    ("information_requested", "A service asks yours for information"),
                    ("information_answered", "An information request has been answered"),
                    ("break_glass_opened", "A case was opened in an emergency: review it"),
                    ("break_glass_reviewed", "An emergency access has been reviewed"),
                    ("rectified", "A fact your service received was wrong and has been corrected"),
                    ("incident_reported", "A safety incident has been reported"),
                    ("unusual_reading", "Unusual readings wait to be looked at"),
                    ("match_open", "Another service holds an open case: ask"),
                    ("match_held", "A service has opened a case about a person you follow"),
                    ("match_asked", "A service asks you about an open case"),
                    ("match_answered", "A service has answered your question about an open case"),
                    ("audit_findings", "A check of the audit found something: look at it"),
                    ("audit_late", "The sealing of the audit is late"),
                    ("level_urgent", "A case your service acts in has become urgent"),
                    ("assessment_returned", "An assessment comes back with remarks"),
                    ("verification_waits", "An assessment waits to be verified"),
                    ("coordination_requested", "A service asks the coordination to take up a situation"),
                    ("coordination_answered", "The coordination has answered a request"),
                    ("grid_proposed", "A version of a grid waits for a second pair of eyes"),
                    ("case_restricted", "A case is restricted to named persons: say who of your service works on it"),
                ],
                max_length=40,
            ),
        ),
    ]
