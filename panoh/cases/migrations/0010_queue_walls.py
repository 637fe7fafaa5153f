"""Who reads the commission's queue: functions only, which show no file and no holder."""

from django.db import migrations

from panoh.access.models.protection import Protect

CREATE = """
-- Open, not sealed, of a grown person, and she agreed to an application to the reader's own unit;
-- the yes holds now. Nobody whom she excludes reads it.
CREATE FUNCTION public.cases_in_queue() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT c.dossier_id FROM public.cases_case c
    JOIN public.access_dossier d ON d.id = c.dossier_id AND NOT d.sealed
    JOIN public.access_user u ON u.id = public.ctx_user()
    JOIN public.access_unit o ON o.id = u.unit_id
    WHERE public.ctx_ok() AND c.state = 'open' AND c.age_branch = 'adult'
      AND EXISTS (
        SELECT FROM public.consent_consent k
        WHERE k.dossier_id = c.dossier_id AND k.purpose = 'status' AND k.answer = 'yes'
          AND k.unit_id = o.id AND k.withdrawn_at IS NULL
          AND k.effective_at <= statement_timestamp() AND k.ends_at >= statement_timestamp())
      AND NOT EXISTS (
        SELECT FROM public.access_never n WHERE n.dossier_id = c.dossier_id
          AND (n.unit_id = o.id OR (n.kind = 'district' AND n.district = o.district)))
$$;

CREATE FUNCTION public.cases_read_queue(p_limit int)
RETURNS TABLE (code varchar, month date, district varchar, trafficking varchar)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('queue_read') THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.cases_queued (id, dossier_id, code, listed_at)
    SELECT gen_random_uuid(), f.id,
           upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 10)), statement_timestamp()
    FROM public.cases_in_queue() AS f(id)
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT q.code, date_trunc('month', q.listed_at)::date, c.district, c.trafficking
    FROM public.cases_in_queue() AS f(id)
    JOIN public.cases_queued q ON q.dossier_id = f.id
    JOIN public.cases_case c ON c.dossier_id = f.id
    -- In the order of the random references: the order of opening would tell which is which.
    ORDER BY date_trunc('month', q.listed_at) DESC, q.code LIMIT p_limit;
END $$;

-- The duty is the message. Whoever asks learns neither file nor holder, also not from the audit.
CREATE FUNCTION public.cases_ask_holder(p_code text, p_message text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_queued uuid;
    v_dossier bigint;
    v_holder int;
BEGIN
    IF NOT public.access_can('queue_ask') OR p_message NOT IN ('call', 'papers', 'sitting') THEN
        PERFORM public.access_refuse();
    END IF;
    SELECT q.id, q.dossier_id INTO v_queued, v_dossier FROM public.cases_queued q
    WHERE q.code = p_code AND q.dossier_id IN (SELECT public.cases_in_queue());
    IF v_queued IS NULL THEN
        RETURN false;
    END IF;
    SELECT d.holder INTO v_holder FROM public.access_dossier d
    WHERE d.id = v_dossier FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM public.duties_duty y WHERE y.dossier_id = v_dossier
          AND y.kind = 'queue.' || p_message AND y.settled_at IS NULL)
    THEN
        RETURN true;
    END IF;
    INSERT INTO public.duties_duty
        (id, kind, dossier_id, owner_id, subject_id, period, opened_at, is_late,
         urgency_rank, sensitivity_rank, level, outcome)
    VALUES (gen_random_uuid(), 'queue.' || p_message, v_dossier, v_holder, v_queued, '',
            clock_timestamp(), false, 9, 9, 0, '');
    INSERT INTO public.audit_entry
        (id, event, user_id, system, subject_type, subject_id, dossier_id, fields, reason, at)
    VALUES (gen_random_uuid(), 'queue.message', public.ctx_user(), '', 'cases.Queued',
            v_queued::text, v_dossier, '{}', p_message, clock_timestamp());
    RETURN true;
END $$;

REVOKE EXECUTE ON FUNCTION public.cases_in_queue(), public.cases_read_queue(int),
    public.cases_ask_holder(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.cases_read_queue(int), public.cases_ask_holder(text, text) TO app;
"""

DROP = """
DROP FUNCTION public.cases_ask_holder(text, text);
DROP FUNCTION public.cases_read_queue(int);
DROP FUNCTION public.cases_in_queue();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_queue"),
        ("consent", "0005_decision_walls"),
        ("duties", "0002_walls"),
        ("audit", "0003_walls"),
    ]

    operations = [Protect("Queued", category=None), migrations.RunSQL(CREATE, DROP)]
