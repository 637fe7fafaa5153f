"""What is merely offered is not read, whatever it is offered for: not even as ciphertext."""

from django.db import migrations

CREATE = """
ALTER POLICY wall ON public.vault_datakeywrap USING (
    team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    AND offered IS NULL AND (SELECT public.ctx_ok()));
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0005_keep"), ("access", "0011_never_walls")]

    operations = [migrations.RunSQL(CREATE, migrations.RunSQL.noop)]
