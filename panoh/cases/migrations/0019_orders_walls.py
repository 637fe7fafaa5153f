"""Who sees orders, signatures and breaches, and the functions of ``orders.sql``."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Protect

SQL = (Path(__file__).parent / "orders.sql").read_text("utf-8")
DROP = """
DROP FUNCTION public.cases_order_counts(text);
DROP FUNCTION public.cases_breaches();
DROP FUNCTION public.cases_open_breach(uuid, text, int, int, timestamptz, timestamptz, timestamptz,
                                       timestamptz, timestamptz);
DROP FUNCTION public.cases_may_open_breach(int);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0018_orders"), ("audit", "0003_walls")]

    operations = [
        Protect("Order", category=None),
        Protect("OrderSignature", category=None),
        Protect("Affected", category=None),
        migrations.RunSQL(SQL, DROP),
    ]
