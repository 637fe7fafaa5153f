"""Who is shut out is unknown where nobody is signed in, and not nobody.

A statement that loses its context half-way must not find that nothing is kept from it: policies
say ``NOT cases_never_apart()``. Nor does an account read it whose every role was taken away: an
administrator of the police could do that.
"""

from django.db import migrations

NOW = """
CREATE OR REPLACE FUNCTION public.cases_never_apart() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT CASE WHEN me.id IS NOT NULL THEN NOT coalesce((
        SELECT bool_and(EXISTS (SELECT FROM public.access_rolepermission p
                                WHERE p.role = r.role AND p.permission = 'apart_read'))
        FROM public.access_rolegrant r
        WHERE r.user_id = me.id AND r.since <= statement_timestamp()
          AND (r.until IS NULL OR r.until > statement_timestamp())
    ), false) END FROM (SELECT public.ctx_user() AS id OFFSET 0) me
$$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION public.cases_never_apart() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_rolegrant r
        WHERE r.user_id = public.ctx_user()
          AND r.since <= statement_timestamp()
          AND (r.until IS NULL OR r.until > statement_timestamp())
          AND NOT EXISTS (SELECT FROM public.access_rolepermission p
                          WHERE p.role = r.role AND p.permission = 'apart_read')
    )
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0029_asks")]

    operations = [migrations.RunSQL(NOW, BEFORE)]
