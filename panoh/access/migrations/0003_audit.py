"""Who may ask `audit` who saw a dossier, and what a unit did: the two questions it leaves open."""

from django.db import migrations

# The holder tells the person who saw her file. A unit's entries are for those of its own accounts
# whose role carries the permission.
ANSWER = """
CREATE OR REPLACE FUNCTION public.audit_may_read_dossier(dossier bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.access_dossier d
                   WHERE d.id = dossier AND d.holder = ANY (public.ctx_teams()));
END $$;
CREATE OR REPLACE FUNCTION public.audit_may_read_unit(unit int) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    RETURN public.access_can('audit_read') AND EXISTS (
        SELECT FROM public.access_user u WHERE u.id = public.ctx_user() AND u.unit_id = unit);
END $$;
"""

NOBODY = """
CREATE OR REPLACE FUNCTION public.audit_may_read_dossier(dossier bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = '' AS $$ BEGIN RETURN false; END $$;
CREATE OR REPLACE FUNCTION public.audit_may_read_unit(unit int) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = '' AS $$ BEGIN RETURN false; END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0002_walls"), ("audit", "0003_walls")]

    operations = [migrations.RunSQL(ANSWER, NOBODY)]
