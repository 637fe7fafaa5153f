"""What an account has sent, so that a form sent twice does nothing twice; the hourly sweep."""

from django.db import migrations, models

WALL = """
REVOKE ALL ON public.vault_sent FROM PUBLIC, app, jobs, auditor;
GRANT SELECT, INSERT ON public.vault_sent TO app;
ALTER TABLE public.vault_sent ENABLE ROW LEVEL SECURITY;
CREATE POLICY wall ON public.vault_sent TO app
    USING (user_id = nullif(current_setting('app.user', true), '')::int
           AND (SELECT public.ctx_ok()))
    WITH CHECK (user_id = nullif(current_setting('app.user', true), '')::int
                AND (SELECT public.ctx_ok()));

CREATE OR REPLACE FUNCTION public.vault_sweep_drafts() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
    DELETE FROM public.vault_draft WHERE expires_at < statement_timestamp();
    DELETE FROM public.vault_sent WHERE expires_at < statement_timestamp();
$$;
"""

UNWALL = """
CREATE OR REPLACE FUNCTION public.vault_sweep_drafts() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
    DELETE FROM public.vault_draft WHERE expires_at < statement_timestamp();
$$;
DROP POLICY wall ON public.vault_sent;
ALTER TABLE public.vault_sent DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0006_offered")]

    operations = [
        migrations.CreateModel(
            name="Sent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("user_id", models.IntegerField()),
                ("page", models.CharField(max_length=300)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunSQL(WALL, UNWALL),
    ]
