"""An administrator of a unit gives the roles of its type and no other, also past the programme.

Else the police could make an officer of theirs a caseworker of a helping organisation, who reads
what is kept apart.
"""

import re
from pathlib import Path

from django.db import migrations, models

from panoh.access.models.protection import Allow

FORMER = re.search(
    r"CREATE (FUNCTION public\.access_appoint\(.*?^END \$\$;)",
    (Path(__file__).parent / "verbs.sql").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
assert FORMER is not None  # noqa: S101 - the file stands beside this one
BEFORE = f"CREATE OR REPLACE {FORMER[1]}"
ANY = """WHERE role = p_role AND permission = 'installation_manage'))"""
OWN = """WHERE role = p_role AND permission = 'installation_manage'))
       OR (NOT public.access_can('installation_manage') AND NOT EXISTS (
           SELECT FROM public.access_unitrole r JOIN public.access_unit u ON u.type = r.type
           WHERE u.id = v_unit AND r.role = p_role))"""


class Migration(migrations.Migration):
    dependencies = [("access", "0022_bound")]

    operations = [
        migrations.CreateModel(
            name="UnitRole",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=40)),
                ("role", models.CharField(max_length=40)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("type", "role"), name="access_unit_role_once")
                ],
            },
        ),
        Allow("UnitRole"),
        migrations.RunSQL([BEFORE.replace(ANY, OWN)], [BEFORE]),
    ]
