"""The signed context: who acts, for which teams, in this connection, for at most a minute.

Stands on the lowest floor that needs it. The row policies of every room ask `ctx_ok()`; without
a valid context they show no row. HMAC-SHA256 (RFC 2104) is built from core `sha256`, because no
contrib extension is present. Whoever may run SQL but does not hold the key cannot make a context,
and one that was seen cannot be used in another connection or after a minute.
In a policy write `(select public.ctx_ok())`: evaluated once, and by the leader of a parallel
plan (a worker has another pid, so a bare call there would answer false).
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION public.audit_pad(key bytea, pad int) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = '' AS $$
DECLARE
    block bytea := key || decode(repeat('00', 64 - length(key)), 'hex');
BEGIN
    FOR i IN 0..63 LOOP
        block := set_byte(block, i, get_byte(block, i) # pad);
    END LOOP;
    RETURN block;
END $$;

-- Written by the command `prepare` alone. Two rows may stand while a key is being renewed.
CREATE TABLE public.audit_context_key (
    key bytea PRIMARY KEY CHECK (length(key) = 32),
    made_at timestamptz NOT NULL DEFAULT now(),
    inner_pad bytea NOT NULL GENERATED ALWAYS AS (public.audit_pad(key, 54)) STORED,
    outer_pad bytea NOT NULL GENERATED ALWAYS AS (public.audit_pad(key, 92)) STORED
);
REVOKE ALL ON public.audit_context_key FROM PUBLIC, app, jobs, auditor;
ALTER TABLE public.audit_context_key ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION public.ctx_ok() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    until text := current_setting('app.until', true);
    pid text := current_setting('app.pid', true);
    message bytea;
BEGIN
    IF until IS NULL OR until !~ '^[0-9]{1,12}$' OR pid IS DISTINCT FROM pg_backend_pid()::text THEN
        RETURN false;
    END IF;
    -- Not statement_timestamp(): a context must not outlive its minute inside one long DO block.
    IF until::bigint <= extract(epoch FROM clock_timestamp())
       OR until::bigint > extract(epoch FROM clock_timestamp()) + 60 THEN
        RETURN false;
    END IF;
    message := convert_to(
        coalesce(current_setting('app.teams', true), '') || '|'
        || coalesce(current_setting('app.user', true), '') || '|' || pid || '|' || until, 'UTF8');
    RETURN EXISTS (
        SELECT FROM public.audit_context_key k
        WHERE encode(sha256(k.outer_pad || sha256(k.inner_pad || message)), 'hex')
              = current_setting('app.sig', true));
END $$;

CREATE FUNCTION public.ctx_user() RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN CASE WHEN public.ctx_ok() THEN nullif(current_setting('app.user', true), '')::int END;
END $$;

CREATE FUNCTION public.ctx_teams() RETURNS int[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
    RETURN CASE WHEN public.ctx_ok()
        THEN string_to_array(current_setting('app.teams', true), ',')::int[]
        ELSE '{}'::int[] END;
END $$;
"""

DROP = """
DROP FUNCTION public.ctx_teams();
DROP FUNCTION public.ctx_user();
DROP FUNCTION public.ctx_ok();
DROP TABLE public.audit_context_key;
DROP FUNCTION public.audit_pad(bytea, int);
"""


class Migration(migrations.Migration):
    dependencies: list[tuple[str, str]] = []
    initial = True

    operations = [migrations.RunSQL(CREATE, DROP)]
