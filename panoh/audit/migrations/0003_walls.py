"""Append-only, in SQL: who may write, who may read, and what the sealer is shown."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE public.audit_entry_order AS bigint OWNED BY public.audit_entry.seq;
REVOKE ALL ON SEQUENCE public.audit_entry_order FROM PUBLIC, app, jobs, auditor;

-- As the owner, so that the writer needs no right on the sequence.
CREATE FUNCTION public.audit_entry_fill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    -- The transaction's number first, the row's after it: the sealer relies on that order.
    PERFORM pg_current_xact_id();
    NEW.seq := nextval('public.audit_entry_order');
    NEW.stored_at := clock_timestamp();
    NEW.vouched := coalesce(NEW.user_id = public.ctx_user(), false);
    RETURN NEW;
END $$;
CREATE TRIGGER audit_entry_fill BEFORE INSERT ON public.audit_entry
    FOR EACH ROW EXECUTE FUNCTION public.audit_entry_fill();

CREATE FUNCTION public.audit_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'the audit table is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse();
CREATE TRIGGER audit_head_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse();

REVOKE ALL ON public.audit_entry, public.audit_head FROM PUBLIC, app, jobs, auditor;
GRANT INSERT ON public.audit_entry TO app, jobs;
GRANT SELECT, INSERT ON public.audit_head TO jobs;
GRANT SELECT ON public.audit_entry, public.audit_head TO auditor;

-- Who may ask is known to a room above, which replaces these two. Until then: nobody.
CREATE FUNCTION public.audit_may_read_dossier(dossier bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = '' AS $$ BEGIN RETURN false; END $$;
CREATE FUNCTION public.audit_may_read_unit(unit int) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = '' AS $$ BEGIN RETURN false; END $$;

CREATE FUNCTION public.audit_who_saw(dossier bigint) RETURNS TABLE (
    at timestamptz, user_id int, system varchar, unit_id int, event varchar, fields varchar[],
    reason varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF public.ctx_ok() AND public.audit_may_read_dossier(dossier) THEN
        RETURN QUERY SELECT e.at, e.user_id, e.system, e.unit_id, e.event, e.fields, e.reason
            FROM public.audit_entry e WHERE e.dossier_id = dossier ORDER BY e.seq DESC;
    END IF;
END $$;

CREATE FUNCTION public.audit_unit_entries(unit int, before_seq bigint, most int) RETURNS TABLE (
    seq bigint, at timestamptz, user_id int, system varchar, event varchar, subject_type varchar,
    subject_id varchar, dossier_id bigint, fields varchar[], reason varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF public.ctx_ok() AND public.audit_may_read_unit(unit) THEN
        RETURN QUERY SELECT e.seq, e.at, e.user_id, e.system, e.event, e.subject_type,
                e.subject_id, e.dossier_id, e.fields, e.reason
            FROM public.audit_entry e
            WHERE e.unit_id = unit AND (before_seq IS NULL OR e.seq < before_seq)
            ORDER BY e.seq DESC LIMIT most;
    END IF;
END $$;

-- The sealer sees hashes, not entries.
CREATE FUNCTION public.audit_last_seq() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM public.audit_entry_order;
$$;
CREATE FUNCTION public.audit_unsealed(after bigint, upto bigint, most int)
RETURNS TABLE (seqs bigint[], leaves bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(array_agg(t.seq ORDER BY t.seq), '{}'),
           coalesce(string_agg(t.leaf, ''::bytea ORDER BY t.seq), '')
    FROM (
        SELECT seq, sha256('\\x00'::bytea || convert_to(json_build_array(
            seq, id, event, user_id, system, unit_id, subject_type, subject_id, dossier_id,
            fields, reason, (extract(epoch FROM at) * 1000000)::bigint,
            (extract(epoch FROM stored_at) * 1000000)::bigint, vouched)::text, 'UTF8')) AS leaf
        FROM public.audit_entry WHERE seq > after AND seq <= upto ORDER BY seq LIMIT most
    ) t;
$$;
REVOKE ALL ON FUNCTION public.audit_last_seq(), public.audit_unsealed(bigint, bigint, int)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.audit_last_seq(), public.audit_unsealed(bigint, bigint, int)
    TO jobs;
"""

DROP = """
DROP FUNCTION public.audit_unsealed(bigint, bigint, int);
DROP FUNCTION public.audit_last_seq();
DROP FUNCTION public.audit_unit_entries(int, bigint, int);
DROP FUNCTION public.audit_who_saw(bigint);
DROP FUNCTION public.audit_may_read_unit(int);
DROP FUNCTION public.audit_may_read_dossier(bigint);
DROP TRIGGER audit_head_append_only ON public.audit_head;
DROP TRIGGER audit_entry_append_only ON public.audit_entry;
DROP FUNCTION public.audit_refuse();
DROP TRIGGER audit_entry_fill ON public.audit_entry;
DROP FUNCTION public.audit_entry_fill();
DROP SEQUENCE public.audit_entry_order;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_entries")]

    operations = [migrations.RunSQL(CREATE, DROP)]
