"""Who sees estimates and releases, and ``kept.sql``, which keeps every promise about them."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Allow

SQL = (Path(__file__).parent / "kept.sql").read_text("utf-8")
TABLES = ("output", "source", "paper", "signature", "decision", "spend")
DROP = "".join(
    [
        "ALTER TABLE public.statistics_signature DROP CONSTRAINT statistics_signature_of_output;",
        *(
            f"DROP TRIGGER {trigger} ON public.statistics_{table};"
            for table, trigger in (
                ("paper", "statistics_for_ever"),
                ("signature", "statistics_for_ever"),
                ("decision", "statistics_for_ever"),
                ("spend", "statistics_for_ever"),
                ("output", "statistics_for_ever"),
                ("output", "statistics_keep_output"),
                ("paper", "statistics_on_paper"),
                ("signature", "statistics_on_signature"),
                ("decision", "statistics_on_decision"),
                ("spend", "statistics_on_spend"),
            )
        ),
        *(
            f"DROP POLICY {policy} ON public.statistics_{table};"
            for table, policies in (
                ("output", ("jobs_all", "reads", "plans")),
                ("source", ("jobs_all", "sends")),
                ("paper", ("jobs_all", "reads")),
                ("signature", ("reads", "signs")),
                ("decision", ("reads", "decides")),
                ("spend", ("jobs_all", "reads")),
            )
            for policy in policies
        ),
        *(f"ALTER TABLE public.statistics_{t} DISABLE ROW LEVEL SECURITY;" for t in TABLES),
        *(
            f"DROP FUNCTION public.statistics_{name};"
            for name in (
                *("on_spend()", "on_decision()", "is_signed(uuid)", "on_signature()"),
                *("seal(uuid)", "on_paper()", "keep_output()", "for_ever()", "works()"),
                *("approves()", "refuse(text)"),
            )
        ),
    ]
)


class Migration(migrations.Migration):
    dependencies = [("statistics", "0001_initial"), ("access", "0019_submit")]

    operations = [
        Allow(
            "Output",
            app="select, insert",
            jobs="select, update (state, status, is_passed, fault, tries, made_at)",
        ),
        Allow("Source", app="insert", jobs="select, delete"),
        Allow("Paper", app="select", jobs="select, insert"),
        Allow("Signature", app="select, insert"),
        Allow("Decision", app="select, insert"),
        Allow("Spend", app="select", jobs="select, insert"),
        # Whole, not split at semicolons: bodies of functions hold CASE.
        migrations.RunSQL([SQL], [DROP]),
    ]
