"""What touches an account is unknown where nobody is signed in, and not nothing.

A statement that loses its context half-way must not find that nothing is kept from it: policies
say ``NOT … = ANY (bodies_conflicted())`` and ``<> ALL (bodies_touching())``.
"""

from django.db import migrations

CONFLICTED = """
CREATE OR REPLACE FUNCTION public.bodies_conflicted() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    {conflicted}
$$;
CREATE OR REPLACE FUNCTION public.bodies_touching() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT i.subject_id FROM public.bodies_item i
    WHERE i.id = ANY (public.bodies_conflicted()) AND i.subject_id IS NOT NULL{touching}
$$;
"""
NOW = CONFLICTED.format(
    conflicted="""SELECT CASE WHEN me.id IS NOT NULL THEN coalesce((
        SELECT array_agg(c.item_id) FROM public.bodies_conflict c WHERE c.user_id = me.id
    ), '{}') END FROM (SELECT public.ctx_user() AS id OFFSET 0) me""",
    touching="\n    UNION ALL SELECT NULL WHERE NOT public.ctx_ok()",
)
BEFORE = CONFLICTED.format(
    conflicted="""SELECT coalesce(array_agg(c.item_id), '{}') FROM public.bodies_conflict c
    WHERE c.user_id = public.ctx_user()""",
    touching="",
)


class Migration(migrations.Migration):
    dependencies = [("bodies", "0008_zone")]

    operations = [migrations.RunSQL(NOW, BEFORE)]
