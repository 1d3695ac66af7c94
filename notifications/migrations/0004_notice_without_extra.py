from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_referral_changed"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="notice",
            name="extra",
        ),
    ]
