"""Who neither prepares nor signs reads what a status lets be said, also past the programme."""

from django.db import migrations

NOW = """
-- What was found, or what an approver made of it, if stricter.
CREATE FUNCTION public.statistics_status(p_output uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT r.ranks[max(array_position(r.ranks, x.status))]
    FROM (SELECT ARRAY['estimate', 'range_only', 'no_estimate']) r (ranks), (
        SELECT o.status::text FROM public.statistics_output o WHERE o.id = p_output
        UNION ALL
        SELECT s.status::text FROM public.statistics_signature s WHERE s.output_id = p_output
    ) x (status)
    WHERE public.access_can('counts_read') GROUP BY r.ranks
$$;

-- A result under a status, as `outputs.as_told`: numbers of single methods only where it is an
-- estimate, the range of all of them where it is a range. Groups each under their own, or stricter.
CREATE FUNCTION public.statistics_cut(p_result jsonb, p_status text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $$
DECLARE
    v_ranks CONSTANT text[] := ARRAY['estimate', 'range_only', 'no_estimate'];
    v_cut jsonb := p_result - ARRAY['methods', 'envelope', 'diagnostics', 'groups', 'severities'];
    v_groups jsonb := '{}';
    v_plain boolean := p_status = 'estimate';
    v_status text;
    g record;
BEGIN
    FOR g IN SELECT key, value FROM jsonb_each(coalesce(p_result -> 'groups', '{}')) LOOP
        v_status := g.value ->> 'status';
        IF p_status <> p_result ->> 'status'
           AND array_position(v_ranks, p_status) > array_position(v_ranks, v_status) THEN
            v_status := p_status;
        END IF;
        v_plain := v_plain AND v_status = 'estimate';
        v_groups := v_groups || jsonb_build_object(
            g.key, public.statistics_cut(g.value, v_status));
    END LOOP;
    IF p_result ? 'groups' THEN
        v_cut := v_cut || jsonb_build_object('groups', v_groups);
    END IF;
    RETURN v_cut || jsonb_build_object(
        'envelope', CASE WHEN p_status <> 'no_estimate' THEN p_result -> 'envelope' END,
        'methods', CASE WHEN p_status = 'estimate' THEN p_result -> 'methods' ELSE '[]' END,
        -- Their words carry numbers of single methods.
        'diagnostics', CASE WHEN v_plain THEN p_result -> 'diagnostics' ELSE (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'code', d.one -> 'code', 'severity', d.one -> 'severity') ORDER BY d.place), '[]')
            FROM jsonb_array_elements(p_result -> 'diagnostics')
                WITH ORDINALITY AS d (one, place)) END);
END $$;

-- What is published of an estimate, for whoever reads numbers.
CREATE FUNCTION public.statistics_told(p_output uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.statistics_cut(convert_from(p.content, 'UTF8')::jsonb,
                                 public.statistics_status(o.id))
    FROM public.statistics_output o
    JOIN public.statistics_paper p ON p.output_id = o.id AND p.path = 'result.json'
    WHERE o.id = p_output AND o.state = 'published' AND NOT p.is_secret
      AND public.access_can('counts_read')
$$;

ALTER POLICY reads ON public.statistics_paper USING (CASE
    WHEN is_secret THEN (SELECT public.statistics_approves())
    WHEN (SELECT public.statistics_works()) THEN true
    WHEN path IN ('result.json', 'forecast.json', 'gate.json') THEN false
    ELSE EXISTS (SELECT FROM public.statistics_output o
                 WHERE o.id = output_id AND o.state = 'published')
        AND (path <> 'models.csv.gz' OR public.statistics_status(output_id) = 'estimate') END);

REVOKE EXECUTE ON FUNCTION public.statistics_status(uuid), public.statistics_told(uuid),
    public.statistics_cut(jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.statistics_status(uuid), public.statistics_told(uuid) TO app;
"""
BEFORE = """
ALTER POLICY reads ON public.statistics_paper USING (CASE
    WHEN is_secret THEN (SELECT public.statistics_approves())
    ELSE (SELECT public.statistics_works()) OR EXISTS (
        SELECT FROM public.statistics_output o
        WHERE o.id = output_id AND o.state = 'published') END);
DROP FUNCTION public.statistics_told(uuid);
DROP FUNCTION public.statistics_cut(jsonb, text);
DROP FUNCTION public.statistics_status(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("statistics", "0004_leavers")]

    operations = [migrations.RunSQL([NOW], [BEFORE])]
