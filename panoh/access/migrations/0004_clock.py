"""Background jobs take the lock of a dossier first, like everybody, and never wait for it."""

from django.db import migrations

LOCK = """
CREATE FUNCTION public.access_lock_by_clock(p_dossier bigint)
RETURNS TABLE (id bigint, ref varchar, holder int, sealed boolean, opened_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    SELECT d.id, d.ref, d.holder, d.sealed, d.opened_at FROM public.access_dossier d
    WHERE d.id = p_dossier FOR NO KEY UPDATE SKIP LOCKED
$$;
REVOKE EXECUTE ON FUNCTION public.access_lock_by_clock(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.access_lock_by_clock(bigint) TO jobs;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0003_audit")]

    operations = [migrations.RunSQL(LOCK, "DROP FUNCTION public.access_lock_by_clock(bigint)")]
