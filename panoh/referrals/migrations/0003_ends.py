"""Until when a request goes on, and the state it is in afterwards."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0004_clock"),
        ("consent", "0002_walls"),
        ("directory", "0002_walls"),
        ("referrals", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="referral",
            name="referrals_state_known",
        ),
        migrations.AddField(
            model_name="referral",
            name="ends_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("state__in", ["sent", "info_asked", "accepted", "completed"])),
                fields=["ends_at"],
                name="referrals_ending_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "sent",
                            "info_asked",
                            "accepted",
                            "declined",
                            "other_proposed",
                            "completed",
                            "handed_over",
                            "withdrawn",
                            "lapsed",
                        ],
                    )
                ),
                name="referrals_state_known",
            ),
        ),
    ]
