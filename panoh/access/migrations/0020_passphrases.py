"""A passphrase is set by its own account alone; an invitation is taken by its code alone.

Until now whoever had the application's password could write another's passphrase, or take an
invitation with what stands in the table in place of the code.
"""

from django.db import migrations

NOW = """
-- Runs as whoever writes: the verbs of this room are their owner's, and nobody signs in by this.
CREATE FUNCTION public.access_keep_passphrase() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF current_user = 'app' AND NEW.id IS DISTINCT FROM public.ctx_user() THEN
        RAISE EXCEPTION 'refused by the wall' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION public.access_keep_passphrase() FROM PUBLIC;
CREATE TRIGGER access_own_passphrase BEFORE UPDATE OF password ON public.access_user
    FOR EACH ROW WHEN (NEW.password IS DISTINCT FROM OLD.password)
    EXECUTE FUNCTION public.access_keep_passphrase();

-- The table holds a mark of the code (96 bits of chance), which gives no code back.
CREATE OR REPLACE FUNCTION public.access_take_invitation(
    p_user int, p_invitation text, p_password text, p_at timestamptz
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.access_user SET password = p_password, invitation = '', invited_until = NULL
    WHERE id = p_user AND is_active AND invited_until > p_at
      AND invitation = encode(sha256(convert_to(p_invitation, 'UTF8')), 'hex');
    RETURN FOUND;
END $$;
"""
BEFORE = """
DROP TRIGGER access_own_passphrase ON public.access_user;
DROP FUNCTION public.access_keep_passphrase();
CREATE OR REPLACE FUNCTION public.access_take_invitation(
    p_user int, p_invitation text, p_password text, p_at timestamptz
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.access_user SET password = p_password, invitation = '', invited_until = NULL
    WHERE id = p_user AND is_active AND invitation <> '' AND invitation = p_invitation
      AND invited_until > p_at;
    RETURN FOUND;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0019_submit")]

    operations = [migrations.RunSQL(NOW, BEFORE)]
