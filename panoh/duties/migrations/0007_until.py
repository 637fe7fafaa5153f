from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("duties", "0006_extension_walls")]

    operations = [
        migrations.AddField("extension", "until", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("turn", "duties_turn_moves"),
        migrations.AddConstraint(
            "turn",
            models.CheckConstraint(
                condition=models.Q(
                    ("due_after", None), ("due_before__isnull", False), ("verb", "suspend")
                )
                | models.Q(
                    ("due_after__isnull", False), ("due_before__isnull", False), ("verb", "resume")
                )
                | models.Q(
                    ("due_after__gt", models.F("due_before")),
                    ("due_before__isnull", False),
                    ("verb", "extend"),
                ),
                name="duties_turn_moves",
            ),
        ),
        migrations.AddConstraint(
            "turn",
            models.CheckConstraint(
                condition=models.Q(("verb", "extend"), _negated=True)
                | models.Q(("value__isnull", False))
                | models.Q(("standing", "unset")),
                name="duties_turn_how_much",
            ),
        ),
    ]
