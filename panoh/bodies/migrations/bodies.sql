-- What a body promises, kept past the programme: quorum, one vote for each seat, minutes that stay.

-- The name of what was broken, as of a constraint.
CREATE FUNCTION public.bodies_refuse(p_rule text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'the body refuses: %', p_rule
        USING ERRCODE = 'check_violation', CONSTRAINT = p_rule;
END $$;

-- Bodies that the acting account keeps or sits in, today.
CREATE FUNCTION public.bodies_mine() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(array_agg(x.id), '{}') FROM (
        SELECT b.id FROM public.bodies_body b WHERE b.team_id = ANY (public.ctx_teams())
        UNION
        SELECT s.body_id FROM public.bodies_seat s
        WHERE (s.user_id = public.ctx_user() OR s.alternate_id = public.ctx_user())
          AND s.since <= current_date + 1 AND (s.until IS NULL OR s.until >= current_date)
    ) x WHERE public.ctx_ok()
$$;

CREATE FUNCTION public.bodies_keeps(p_body uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.access_can('body_keep') AND EXISTS (
        SELECT FROM public.bodies_body b
        WHERE b.id = p_body AND b.team_id = ANY (public.ctx_teams()))
$$;

CREATE FUNCTION public.bodies_demand(p_body uuid) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    IF NOT public.bodies_keeps(p_body) THEN
        PERFORM public.access_refuse();
    END IF;
END $$;

-- Items that touch the acting account: it reads nothing of them.
CREATE FUNCTION public.bodies_conflicted() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(array_agg(c.item_id), '{}') FROM public.bodies_conflict c
    WHERE c.user_id = public.ctx_user()
$$;

CREATE FUNCTION public.bodies_touching() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT i.subject_id FROM public.bodies_item i
    WHERE i.id = ANY (public.bodies_conflicted()) AND i.subject_id IS NOT NULL
$$;

-- Does the matter touch whoever sits there: the seat, its member or the alternate who came?
CREATE FUNCTION public.bodies_touched(p_item uuid, p_seat uuid, p_alternate boolean)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.bodies_conflict c JOIN public.bodies_seat s ON s.id = p_seat
        WHERE c.item_id = p_item AND (c.user_id IS NULL AND c.seat_id = s.id
            OR c.user_id = CASE WHEN p_alternate THEN s.alternate_id ELSE s.user_id END))
$$;

-- Voting seats that are there now, without those whom the item touches.
CREATE FUNCTION public.bodies_present(p_sitting uuid, p_item uuid) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT count(*)::int FROM public.bodies_attendance a
    JOIN public.bodies_seat s ON s.id = a.seat_id
    WHERE a.sitting_id = p_sitting AND a.came_at IS NOT NULL AND a.left_at IS NULL AND s.votes
      AND (p_item IS NULL OR NOT public.bodies_touched(p_item, s.id, a.by_alternate))
$$;

-- An open sitting, locked: nobody comes, leaves, votes or closes meanwhile.
CREATE FUNCTION public.bodies_lock_open(p_sitting uuid) RETURNS public.bodies_sitting
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_sitting public.bodies_sitting;
BEGIN
    SELECT * INTO v_sitting FROM public.bodies_sitting s WHERE s.id = p_sitting FOR UPDATE;
    IF v_sitting.state IS DISTINCT FROM 'open' THEN
        PERFORM public.bodies_refuse('bodies_sitting_open');
    END IF;
    RETURN v_sitting;
END $$;

-- Founding is for the administration of the installation; who keeps the body seats its members.
CREATE FUNCTION public.bodies_on_body() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('installation_manage') THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_body BEFORE INSERT OR UPDATE ON public.bodies_body
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_body();

CREATE FUNCTION public.bodies_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.bodies_demand(NEW.body_id);
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_kept BEFORE INSERT OR UPDATE ON public.bodies_seat
    FOR EACH ROW EXECUTE FUNCTION public.bodies_kept();
CREATE TRIGGER bodies_kept BEFORE INSERT ON public.bodies_addendum
    FOR EACH ROW EXECUTE FUNCTION public.bodies_kept();
CREATE TRIGGER bodies_kept BEFORE INSERT ON public.bodies_event
    FOR EACH ROW EXECUTE FUNCTION public.bodies_kept();

-- The course of a sitting. Its quorum is counted when it opens; closed, it stays as it is.
CREATE FUNCTION public.bodies_on_sitting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_body public.bodies_body;
BEGIN
    SELECT * INTO v_body FROM public.bodies_body b WHERE b.id = NEW.body_id FOR UPDATE;
    IF TG_OP = 'INSERT' THEN
        PERFORM public.bodies_demand(NEW.body_id);
        IF NOT (NEW.state = 'called' OR NEW.state = 'open' AND NEW.on_paper)
           OR NEW.signed_by_id IS NOT NULL OR NEW.closed_at IS NOT NULL
           OR NEW.called_by_id IS DISTINCT FROM public.ctx_user() THEN
            PERFORM public.bodies_refuse('bodies_sitting_course');
        END IF;
        NEW.number := NULL; NEW.needed := NULL;
    ELSE
        IF OLD.state IN ('closed', 'cancelled') THEN
            PERFORM public.bodies_refuse('bodies_closed');
        END IF;
        IF (NEW.body_id, NEW.on_paper, NEW.reason, NEW.typed_by_id, NEW.called_at, NEW.called_by_id)
           IS DISTINCT FROM (OLD.body_id, OLD.on_paper, OLD.reason, OLD.typed_by_id, OLD.called_at,
                OLD.called_by_id)
           OR OLD.state = 'open' AND (NEW.number, NEW.needed, NEW.starts_at, NEW.opened_at)
                IS DISTINCT FROM (OLD.number, OLD.needed, OLD.starts_at, OLD.opened_at)
           OR (OLD.state, NEW.state) NOT IN (('called', 'called'), ('called', 'open'),
                ('called', 'cancelled'), ('open', 'open'), ('open', 'closed')) THEN
            PERFORM public.bodies_refuse('bodies_sitting_course');
        END IF;
        IF NEW.signed_by_id IS DISTINCT FROM OLD.signed_by_id THEN
            -- The second signature: anybody of the body but who typed it up, and nothing else.
            IF OLD.signed_by_id IS NOT NULL OR NOT NEW.on_paper OR NEW.state <> OLD.state
               OR NEW.signed_by_id IS DISTINCT FROM public.ctx_user()
               OR NOT NEW.body_id = ANY (public.bodies_mine()) THEN
                PERFORM public.bodies_refuse('bodies_second_signs');
            END IF;
        ELSE
            PERFORM public.bodies_demand(NEW.body_id);
        END IF;
    END IF;
    IF NEW.state = 'open' AND (TG_OP = 'INSERT' OR OLD.state = 'called') THEN
        SELECT coalesce(max(s.number), 0) + 1 INTO NEW.number FROM public.bodies_sitting s
        WHERE s.body_id = NEW.body_id;
        SELECT greatest(count(*) * v_body.quorum_percent / 100 + 1, 1) INTO NEW.needed
        FROM public.bodies_seat s
        WHERE s.body_id = NEW.body_id AND s.votes AND s.since <= NEW.starts_at::date
          AND (s.until IS NULL OR s.until >= NEW.starts_at::date);
    END IF;
    IF NEW.state = 'closed' THEN
        IF NEW.on_paper AND NEW.signed_by_id IS NULL THEN
            PERFORM public.bodies_refuse('bodies_second_signs');
        END IF;
        IF EXISTS (SELECT FROM public.bodies_item i
                   WHERE i.sitting_id = NEW.id AND i.outcome = '') THEN
            PERFORM public.bodies_refuse('bodies_unsettled');
        END IF;
        INSERT INTO public.bodies_happening (id, body_id, kind, item_kind, outcome, key, at)
        VALUES (gen_random_uuid(), NEW.body_id, 'sat', '', '', NEW.id::text, NEW.starts_at);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_sitting BEFORE INSERT OR UPDATE ON public.bodies_sitting
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_sitting();

-- The secretary writes who came; a member only answers the invitation of the own seat.
CREATE FUNCTION public.bodies_on_attendance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_sitting public.bodies_sitting;
BEGIN
    SELECT * INTO v_sitting FROM public.bodies_sitting s WHERE s.id = NEW.sitting_id FOR UPDATE;
    IF v_sitting.state NOT IN ('called', 'open') THEN
        PERFORM public.bodies_refuse('bodies_closed');
    END IF;
    IF v_sitting.body_id <> NEW.body_id OR NOT EXISTS (
        SELECT FROM public.bodies_seat s WHERE s.id = NEW.seat_id AND s.body_id = NEW.body_id)
       OR TG_OP = 'UPDATE' AND (NEW.sitting_id, NEW.seat_id) IS DISTINCT FROM
                               (OLD.sitting_id, OLD.seat_id)
       OR v_sitting.state <> 'open' AND NEW.came_at IS NOT NULL THEN
        PERFORM public.bodies_refuse('bodies_attends');
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.came_at, NEW.left_at, NEW.by_alternate) IS NOT DISTINCT FROM
                            (OLD.came_at, OLD.left_at, OLD.by_alternate)
       AND EXISTS (SELECT FROM public.bodies_seat s WHERE s.id = NEW.seat_id
                   AND public.ctx_user() IN (s.user_id, s.alternate_id)) THEN
        RETURN NEW;
    END IF;
    PERFORM public.bodies_demand(NEW.body_id);
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_attendance BEFORE INSERT OR UPDATE ON public.bodies_attendance
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_attendance();

-- A matter comes before the next sitting; it is settled in an open one, with quorum and votes.
CREATE FUNCTION public.bodies_on_item() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_sitting public.bodies_sitting;
    v_majority int;
    v_for int;
    v_against int;
    v_cast int;
    v_present int;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.tabled_by_id IS DISTINCT FROM public.ctx_user()
           OR NOT public.ctx_ok() THEN
            PERFORM public.access_refuse();
        END IF;
        IF NEW.sitting_id IS NOT NULL THEN
            PERFORM public.bodies_demand(NEW.body_id);
            IF NOT EXISTS (SELECT FROM public.bodies_sitting s WHERE s.id = NEW.sitting_id
                           AND s.body_id = NEW.body_id AND s.state IN ('called', 'open')) THEN
                PERFORM public.bodies_refuse('bodies_sitting_open');
            END IF;
        ELSE
            SELECT s.id INTO NEW.sitting_id FROM public.bodies_sitting s
            WHERE s.body_id = NEW.body_id AND s.state = 'called' AND s.starts_at >= NEW.tabled_at
            ORDER BY s.starts_at LIMIT 1;
        END IF;
        RETURN NEW;
    END IF;
    PERFORM public.bodies_demand(NEW.body_id);
    IF OLD.outcome <> '' OR (NEW.id, NEW.body_id, NEW.kind, NEW.subject_id, NEW.number, NEW.title,
        NEW.due_on, NEW.tabled_at, NEW.tabled_by_id) IS DISTINCT FROM (OLD.id, OLD.body_id,
        OLD.kind, OLD.subject_id, OLD.number, OLD.title, OLD.due_on, OLD.tabled_at,
        OLD.tabled_by_id) THEN
        PERFORM public.bodies_refuse('bodies_settled_stays');
    END IF;
    IF NEW.sitting_id IS DISTINCT FROM OLD.sitting_id THEN
        IF NEW.outcome <> '' OR EXISTS (
            SELECT FROM public.bodies_sitting s WHERE s.id = OLD.sitting_id AND s.state = 'open'
              AND NOT EXISTS (SELECT FROM public.bodies_postponement p
                              WHERE p.item_id = NEW.id AND p.sitting_id = s.id))
           OR NEW.sitting_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM public.bodies_sitting s WHERE s.id = NEW.sitting_id
              AND s.body_id = NEW.body_id AND s.state IN ('called', 'open')) THEN
            PERFORM public.bodies_refuse('bodies_put_off_why');
        END IF;
        NEW.paper_for := NULL; NEW.paper_against := NULL; NEW.paper_abstained := NULL;
        RETURN NEW;
    END IF;
    v_sitting := public.bodies_lock_open(NEW.sitting_id);
    IF NOT v_sitting.on_paper AND (NEW.paper_for, NEW.paper_against, NEW.paper_abstained)
       IS DISTINCT FROM (NULL::int, NULL::int, NULL::int)
       OR v_sitting.signed_by_id IS NOT NULL
       AND (NEW.paper_for, NEW.paper_against, NEW.paper_abstained) IS DISTINCT FROM
           (OLD.paper_for, OLD.paper_against, OLD.paper_abstained) THEN
        PERFORM public.bodies_refuse('bodies_votes');
    END IF;
    IF NEW.outcome = '' THEN
        RETURN NEW;
    END IF;
    IF NEW.settled_by_id IS DISTINCT FROM public.ctx_user() THEN
        PERFORM public.access_refuse();
    END IF;
    IF v_sitting.on_paper AND v_sitting.signed_by_id IS NULL THEN
        PERFORM public.bodies_refuse('bodies_second_signs');
    END IF;
    v_present := public.bodies_present(NEW.sitting_id, NEW.id);
    IF v_present < v_sitting.needed THEN
        PERFORM public.bodies_refuse('bodies_quorum');
    END IF;
    SELECT count(*) FILTER (WHERE v.choice = 'for'), count(*) FILTER (WHERE v.choice = 'against'),
           count(*) INTO v_for, v_against, v_cast
    FROM public.bodies_vote v
    LEFT JOIN public.bodies_attendance a ON a.sitting_id = v.sitting_id AND a.seat_id = v.seat_id
    WHERE v.item_id = NEW.id AND v.sitting_id = NEW.sitting_id
      AND NOT public.bodies_touched(NEW.id, v.seat_id, coalesce(a.by_alternate, false));
    IF v_cast = 0 THEN
        v_for := coalesce(NEW.paper_for, 0); v_against := coalesce(NEW.paper_against, 0);
        v_cast := v_for + v_against + coalesce(NEW.paper_abstained, 0);
        IF v_cast = 0 OR v_cast > v_present THEN
            PERFORM public.bodies_refuse('bodies_votes');
        END IF;
    END IF;
    SELECT b.majority_percent INTO v_majority FROM public.bodies_body b WHERE b.id = NEW.body_id;
    NEW.carried := v_for * 100 > v_majority * (v_for + v_against);
    IF NEW.outcome IN ('accepted', 'adopted') AND NOT NEW.carried
       OR NEW.outcome IN ('declined', 'rejected') AND NEW.carried THEN
        PERFORM public.bodies_refuse('bodies_carried');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_item BEFORE INSERT OR UPDATE ON public.bodies_item
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_item();

-- What is counted of a body is written here alone: received, decided.
CREATE FUNCTION public.bodies_count_item() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.bodies_happening (id, body_id, kind, item_kind, outcome, key, at)
        VALUES (gen_random_uuid(), NEW.body_id, 'received', NEW.kind, '', NEW.id::text,
                NEW.tabled_at);
    ELSIF NEW.outcome <> '' AND OLD.outcome = '' THEN
        INSERT INTO public.bodies_happening (id, body_id, kind, item_kind, outcome, key, at)
        SELECT gen_random_uuid(), NEW.body_id, 'decided', NEW.kind, NEW.outcome, NEW.id::text,
               CASE WHEN s.on_paper THEN s.starts_at ELSE NEW.settled_at END
        FROM public.bodies_sitting s WHERE s.id = NEW.sitting_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER bodies_count_item AFTER INSERT OR UPDATE ON public.bodies_item
    FOR EACH ROW EXECUTE FUNCTION public.bodies_count_item();

-- A vote: of a seat that is there and has a voice, on an item of this sitting that is not settled
-- and does not touch whoever sits; cast by who sits, or written by the secretary.
CREATE FUNCTION public.bodies_on_vote() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.bodies_lock_open(NEW.sitting_id);
    IF NOT EXISTS (
        SELECT FROM public.bodies_item i
        JOIN public.bodies_attendance a ON a.sitting_id = i.sitting_id AND a.seat_id = NEW.seat_id
        JOIN public.bodies_seat s ON s.id = a.seat_id
        WHERE i.id = NEW.item_id AND i.sitting_id = NEW.sitting_id AND i.body_id = NEW.body_id
          AND i.outcome = '' AND s.votes AND a.came_at IS NOT NULL AND a.left_at IS NULL
          AND NOT public.bodies_touched(i.id, s.id, a.by_alternate)
          AND (public.ctx_user() = CASE WHEN a.by_alternate THEN s.alternate_id ELSE s.user_id END
               OR public.bodies_keeps(NEW.body_id))) THEN
        PERFORM public.bodies_refuse('bodies_may_vote');
    END IF;
    IF NEW.by_id IS DISTINCT FROM public.ctx_user() THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_vote BEFORE INSERT ON public.bodies_vote
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_vote();

CREATE FUNCTION public.bodies_on_conflict() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NEW.by_id IS DISTINCT FROM public.ctx_user() OR NOT NEW.body_id = ANY (public.bodies_mine())
       OR NOT (NEW.user_id IS NOT DISTINCT FROM public.ctx_user()
               OR public.bodies_keeps(NEW.body_id)) THEN
        PERFORM public.access_refuse();
    END IF;
    IF NOT EXISTS (SELECT FROM public.bodies_item i WHERE i.id = NEW.item_id
                   AND i.body_id = NEW.body_id AND i.outcome = '') THEN
        PERFORM public.bodies_refuse('bodies_settled_stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_conflict BEFORE INSERT ON public.bodies_conflict
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_conflict();

CREATE FUNCTION public.bodies_on_open_sitting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.bodies_demand(NEW.body_id);
    IF (public.bodies_lock_open(NEW.sitting_id)).body_id <> NEW.body_id THEN
        PERFORM public.bodies_refuse('bodies_sitting_open');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_open_sitting BEFORE INSERT ON public.bodies_postponement
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_open_sitting();
CREATE TRIGGER bodies_on_open_sitting BEFORE INSERT ON public.bodies_resolution
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_open_sitting();

-- What was resolved is done once, by its owner or by who keeps the body.
CREATE FUNCTION public.bodies_on_done() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF OLD.done_at IS NOT NULL THEN
        PERFORM public.bodies_refuse('bodies_done_stays');
    END IF;
    IF NOT OLD.owner_id = ANY (public.ctx_teams()) THEN
        PERFORM public.bodies_demand(NEW.body_id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_done BEFORE UPDATE ON public.bodies_resolution
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_done();

-- A proposal is written by who is signed in, and answered by the body it was made to.
CREATE FUNCTION public.bodies_on_proposal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.by_id IS DISTINCT FROM public.ctx_user() OR NOT public.ctx_ok()
           OR NEW.state <> 'waiting'
           OR NEW.of_id IS NOT NULL AND NOT NEW.of_id = ANY (public.bodies_mine()) THEN
            PERFORM public.access_refuse();
        END IF;
        RETURN NEW;
    END IF;
    PERFORM public.bodies_demand(NEW.body_id);
    IF OLD.state NOT IN ('waiting', 'deferred') THEN
        PERFORM public.bodies_refuse('bodies_answer_stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_proposal BEFORE INSERT OR UPDATE ON public.bodies_proposal
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_proposal();

-- An event with a proposal that nobody answered is not closed; a closed one stays.
CREATE FUNCTION public.bodies_on_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.bodies_demand(NEW.body_id);
    IF OLD.closed_at IS NOT NULL THEN
        PERFORM public.bodies_refuse('bodies_closed');
    END IF;
    IF NEW.closed_at IS NOT NULL AND EXISTS (
        SELECT FROM public.bodies_proposal p
        WHERE p.event_id = NEW.id AND p.state = 'waiting') THEN
        PERFORM public.bodies_refuse('bodies_unanswered');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_event BEFORE UPDATE ON public.bodies_event
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_event();

CREATE FUNCTION public.bodies_on_paper_of_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NEW.by_id IS DISTINCT FROM public.ctx_user()
       OR NOT NEW.body_id = ANY (public.bodies_mine()) THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_paper_of_member BEFORE INSERT ON public.bodies_draft
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_paper_of_member();
CREATE TRIGGER bodies_on_paper_of_member BEFORE INSERT ON public.bodies_reading
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_paper_of_member();

-- Open tasks of the co-ordination go to the unit that co-ordinates now; the kinds are the duties'.
CREATE FUNCTION public.bodies_move_tasks() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_team int;
BEGIN
    SELECT t.id INTO v_team FROM public.bodies_coordination c
    JOIN public.access_team t ON t.unit_id = c.unit_id AND t.is_intake
    WHERE c.since <= current_date ORDER BY c.since DESC, t.id LIMIT 1;
    UPDATE public.duties_duty d SET owner_id = v_team
    WHERE v_team IS NOT NULL AND d.settled_at IS NULL AND d.kind LIKE 'coordination.%'
      AND d.owner_id <> v_team;
END $$;
CREATE FUNCTION public.bodies_on_coordination() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('installation_manage')
       OR NEW.by_id IS DISTINCT FROM public.ctx_user() THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM public.bodies_move_tasks();
    RETURN NULL;
END $$;
CREATE TRIGGER bodies_on_coordination AFTER INSERT ON public.bodies_coordination
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_coordination();

-- Who reads: whoever keeps the body or sits in it; never an item that touches them.
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['seat', 'sitting', 'attendance', 'item', 'postponement',
        'conflict', 'vote', 'resolution', 'addendum', 'event', 'proposal', 'draft', 'happening'] LOOP
        EXECUTE format('ALTER TABLE public.bodies_%I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('ALTER TABLE public.bodies_%I FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY owner_all ON public.bodies_%I TO CURRENT_USER USING (true)',
                       v_table);
        EXECUTE format('CREATE POLICY app_reads ON public.bodies_%I FOR SELECT TO app '
                       'USING (body_id = ANY ((SELECT public.bodies_mine())::uuid[]))', v_table);
        -- What may be written, each trigger above decides.
        EXECUTE format('CREATE POLICY app_adds ON public.bodies_%I FOR INSERT TO app '
                       'WITH CHECK ((SELECT public.ctx_ok()))', v_table);
        EXECUTE format('CREATE POLICY app_changes ON public.bodies_%I FOR UPDATE TO app '
                       'USING (body_id = ANY ((SELECT public.bodies_mine())::uuid[]))', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['sitting', 'item', 'proposal', 'event', 'happening'] LOOP
        EXECUTE format('CREATE POLICY jobs_all ON public.bodies_%I TO jobs USING (true)', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['postponement', 'vote'] LOOP
        EXECUTE format('CREATE POLICY conflict ON public.bodies_%I AS RESTRICTIVE FOR SELECT TO app '
                       'USING (NOT item_id = ANY ((SELECT public.bodies_conflicted())::uuid[]))',
                       v_table);
    END LOOP;
END $$;
CREATE POLICY conflict ON public.bodies_item AS RESTRICTIVE FOR SELECT TO app
    USING (NOT id = ANY ((SELECT public.bodies_conflicted())::uuid[]));
-- Of whom else a matter touches, who is touched learns nothing.
CREATE POLICY conflict ON public.bodies_conflict AS RESTRICTIVE FOR SELECT TO app
    USING (user_id = (SELECT public.ctx_user())
           OR NOT item_id = ANY ((SELECT public.bodies_conflicted())::uuid[]));
CREATE POLICY app_owes ON public.bodies_resolution FOR SELECT TO app
    USING (owner_id = ANY (public.ctx_teams()));
CREATE POLICY app_does ON public.bodies_resolution FOR UPDATE TO app
    USING (owner_id = ANY (public.ctx_teams()));
CREATE POLICY app_proposed ON public.bodies_proposal FOR SELECT TO app
    USING (by_id = (SELECT public.ctx_user()) AND (SELECT public.ctx_ok())
           OR of_id = ANY ((SELECT public.bodies_mine())::uuid[]));
CREATE POLICY app_counts ON public.bodies_happening FOR SELECT TO app
    USING ((SELECT public.access_can('counts_read')));
-- A proposal that is on an agenda goes with its item: whom the item touches does not read it.
CREATE POLICY conflict ON public.bodies_proposal AS RESTRICTIVE FOR SELECT TO app
    USING (NOT id IN (SELECT i.subject_id FROM public.bodies_touching() i (subject_id))
           OR by_id = (SELECT public.ctx_user()));

REVOKE EXECUTE ON FUNCTION public.bodies_move_tasks() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.bodies_move_tasks() TO jobs;
