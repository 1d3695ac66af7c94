from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("followups", "0016_interpreter_policy")]

    operations = [
        migrations.AlterField(
            model_name="followup",
            name="kind",
            field=models.CharField(
                choices=[
                    ("j2_contact", "J+2 contact"),
                    ("reassessment", "reassessment"),
                    ("referral_answer", "answer to a referral"),
                    ("request_answer", "answer to an information request"),
                    ("withdrawal_check", "question about a withdrawn consent"),
                    ("verification", "verification of an assessment"),
                    ("coordinated_plan", "coordinated plan"),
                    ("classification", "verification of a classification"),
                    ("prosecutor_decision", "decision of the prosecutor"),
                    ("appointment", "appointment"),
                    ("action", "action of the plan"),
                    ("monitoring", "look at a case under close monitoring"),
                    ("measure_end", "end of a protection measure"),
                    ("detention", "question whether still detained"),
                    ("release", "telling the victim of a release"),
                    ("programme_alert", "alert of a programme"),
                    ("lead_handover", "answer to a hand-over of the lead"),
                    ("supervision", "end of a supervised closing"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="followuppolicy",
            name="kind",
            field=models.CharField(
                choices=[
                    ("j2_contact", "J+2 contact"),
                    ("reassessment", "reassessment"),
                    ("referral_answer", "answer to a referral"),
                    ("request_answer", "answer to an information request"),
                    ("withdrawal_check", "question about a withdrawn consent"),
                    ("verification", "verification of an assessment"),
                    ("coordinated_plan", "coordinated plan"),
                    ("classification", "verification of a classification"),
                    ("prosecutor_decision", "decision of the prosecutor"),
                    ("appointment", "appointment"),
                    ("action", "action of the plan"),
                    ("monitoring", "look at a case under close monitoring"),
                    ("measure_end", "end of a protection measure"),
                    ("detention", "question whether still detained"),
                    ("release", "telling the victim of a release"),
                    ("programme_alert", "alert of a programme"),
                    ("lead_handover", "answer to a hand-over of the lead"),
                    ("supervision", "end of a supervised closing"),
                    ("callback", "request to be called back"),
                    ("interpreter", "request for an interpreter"),
                ],
                max_length=30,
            ),
        ),
    ]
