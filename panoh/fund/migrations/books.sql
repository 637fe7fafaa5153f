-- The books of a fund: what no program can break, also not one with the application's password.
-- The signed context says who acts (audit/0001); the pack's roles say what each may.

-- Its own team and its own permission, else the wall.
CREATE FUNCTION public.fund_demand(p_book int, p_permission text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    IF NOT (p_book = ANY (public.ctx_teams()) AND public.access_can(p_permission)) THEN
        PERFORM public.access_refuse();
    END IF;
END $$;

-- The name of what was broken, as of a constraint.
CREATE FUNCTION public.fund_refuse(p_rule text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'the books refuse: %', p_rule
        USING ERRCODE = 'check_violation', CONSTRAINT = p_rule;
END $$;

CREATE FUNCTION public.fund_for_ever() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'the books are never changed: a mistake is reversed'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER fund_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fund_entry
    FOR EACH STATEMENT EXECUTE FUNCTION public.fund_for_ever();
CREATE TRIGGER fund_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fund_posting
    FOR EACH STATEMENT EXECUTE FUNCTION public.fund_for_ever();
CREATE TRIGGER fund_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON public.fund_approval
    FOR EACH STATEMENT EXECUTE FUNCTION public.fund_for_ever();

-- A closed month stays closed, and only a later one is closed after it.
CREATE FUNCTION public.fund_on_book() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.fund_demand(NEW.team_id, 'money_book');
    IF TG_OP = 'INSERT' THEN
        NEW.closed_through := NULL;
    ELSIF NEW.closed_through IS NULL OR NEW.closed_through <= OLD.closed_through
          OR (NEW.closed_through + 1) <> date_trunc('month', NEW.closed_through + 1)::date THEN
        PERFORM public.fund_refuse('fund_month_closed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fund_on_book BEFORE INSERT OR UPDATE ON public.fund_book
    FOR EACH ROW EXECUTE FUNCTION public.fund_on_book();
ALTER TABLE public.fund_book ADD CONSTRAINT fund_book_in_currency UNIQUE (team_id, currency);

-- A line comes with its four accounts; nobody else makes or changes one.
CREATE FUNCTION public.fund_on_line() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.fund_demand(NEW.book_id, 'money_book');
    INSERT INTO public.fund_account (line_id, book_id, stage, balance)
    SELECT NEW.id, NEW.book_id, s.stage, 0
    FROM unnest(ARRAY['given', 'free', 'promised', 'spent']) WITH ORDINALITY AS s (stage, place)
    ORDER BY s.place;
    RETURN NULL;
END $$;
CREATE TRIGGER fund_on_line AFTER INSERT ON public.fund_line
    FOR EACH ROW EXECUTE FUNCTION public.fund_on_line();

-- What was asked stays what was asked; who asks is who is signed in, and reaches the case.
CREATE FUNCTION public.fund_keep_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF (NEW.ref, NEW.book_id, NEW.kind, NEW.purpose, NEW.amount, NEW.currency, NEW.urgent,
        NEW.asked_team_id, NEW.asked_by_id, NEW.asked_at)
       IS DISTINCT FROM (OLD.ref, OLD.book_id, OLD.kind, OLD.purpose, OLD.amount, OLD.currency,
        OLD.urgent, OLD.asked_team_id, OLD.asked_by_id, OLD.asked_at) THEN
        PERFORM public.fund_refuse('fund_request_stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fund_keep_request BEFORE UPDATE ON public.fund_request
    FOR EACH ROW EXECUTE FUNCTION public.fund_keep_request();
ALTER TABLE public.fund_request ADD CONSTRAINT fund_request_in_currency
    FOREIGN KEY (book_id, currency) REFERENCES public.fund_book (team_id, currency);

-- Police, prosecutors, secretariat and rapporteur learn nothing of money, whatever else they see.
CREATE POLICY apart ON public.fund_request AS RESTRICTIVE TO app
    USING (NOT (SELECT public.cases_never_apart()));
CREATE POLICY own ON public.fund_request AS RESTRICTIVE FOR INSERT TO app
    WITH CHECK (asked_by_id = (SELECT public.ctx_user())
        AND (SELECT public.access_can('money_ask'))
        AND (holder = ANY (public.ctx_teams()) OR teams && public.ctx_teams()));
CREATE POLICY money_reads ON public.duties_duty AS RESTRICTIVE FOR SELECT TO app
    USING (kind NOT LIKE 'money.%' OR NOT (SELECT public.cases_never_apart()));
CREATE POLICY money_changes ON public.duties_duty AS RESTRICTIVE FOR UPDATE TO app
    USING (kind NOT LIKE 'money.%' OR NOT (SELECT public.cases_never_apart()));

-- A signature is made by whoever is signed in, of the fund that was asked.
CREATE FUNCTION public.fund_on_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.fund_demand(NEW.book_id, 'money_approve');
    IF NEW.by_id IS DISTINCT FROM public.ctx_user() THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fund_on_approval BEFORE INSERT ON public.fund_approval
    FOR EACH ROW EXECUTE FUNCTION public.fund_on_approval();
ALTER TABLE public.fund_approval ADD CONSTRAINT fund_approval_of_request
    FOREIGN KEY (request_id, book_id, asked_by_id)
    REFERENCES public.fund_request (id, book_id, asked_by_id);

-- An entry: by whoever is signed in, for an open day. The book is locked against closing.
ALTER TABLE public.fund_entry ADD COLUMN made_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE FUNCTION public.fund_on_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_closed date;
BEGIN
    PERFORM public.fund_demand(NEW.book_id, CASE NEW.kind
        WHEN 'commitment' THEN 'money_approve' WHEN 'release' THEN 'money_approve'
        WHEN 'payment' THEN 'money_pay' ELSE 'money_book' END);
    IF NEW.by_id IS DISTINCT FROM public.ctx_user() THEN
        PERFORM public.access_refuse();
    END IF;
    SELECT b.closed_through INTO v_closed FROM public.fund_book b
    WHERE b.team_id = NEW.book_id FOR SHARE;
    IF NEW.day <= v_closed THEN
        PERFORM public.fund_refuse('fund_month_closed');
    END IF;
    NEW.made_in := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER fund_on_entry BEFORE INSERT ON public.fund_entry
    FOR EACH ROW EXECUTE FUNCTION public.fund_on_entry();

-- Postings: of an entry of this very transaction, same book, same day, and all of them at once: the
-- look at the whole entry may be called for before the transaction ends, and nothing comes after it.
-- Accounts are locked in one order, then moved; where something is entered afterwards, no day since may fall below nought.
CREATE FUNCTION public.fund_on_postings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_rows p
        LEFT JOIN public.fund_entry e ON e.id = p.entry_id
        LEFT JOIN public.fund_account a ON a.id = p.account_id
        WHERE (e.made_in, e.book_id, a.book_id, e.day)
              IS DISTINCT FROM (pg_current_xact_id(), p.book_id, p.book_id, p.day))
       OR (SELECT count(*) FROM public.fund_posting p
           WHERE p.entry_id IN (SELECT n.entry_id FROM new_rows n))
          <> (SELECT count(*) FROM new_rows) THEN
        PERFORM public.fund_refuse('fund_posting_of_its_entry');
    END IF;
    PERFORM 1 FROM public.fund_account a
    WHERE a.id IN (SELECT p.account_id FROM new_rows p) ORDER BY a.id FOR NO KEY UPDATE;
    UPDATE public.fund_account a
    SET balance = a.balance + x.amount, last_on = greatest(a.last_on, x.last_on)
    FROM (SELECT p.account_id, sum(p.amount)::bigint AS amount, max(p.day) AS last_on
          FROM new_rows p GROUP BY p.account_id) x
    WHERE a.id = x.account_id;
    INSERT INTO public.fund_daytotal (account_id, book_id, day, amount)
    SELECT p.account_id, p.book_id, p.day, sum(p.amount)::bigint
    FROM new_rows p GROUP BY 1, 2, 3 ORDER BY 1, 3
    ON CONFLICT (account_id, day) DO UPDATE SET amount = fund_daytotal.amount + EXCLUDED.amount;
    IF EXISTS (
        SELECT FROM (
            SELECT p.account_id, min(p.day) AS since FROM new_rows p
            JOIN public.fund_account a ON a.id = p.account_id
            WHERE p.amount < 0 AND a.stage <> 'given' AND p.day < a.last_on GROUP BY 1) n,
        LATERAL (
            SELECT d.day, sum(d.amount) OVER (ORDER BY d.day) AS standing
            FROM public.fund_daytotal d WHERE d.account_id = n.account_id) s
        WHERE s.day >= n.since AND s.standing < 0) THEN
        PERFORM public.fund_refuse('fund_never_below_zero');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fund_on_postings AFTER INSERT ON public.fund_posting
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION public.fund_on_postings();

-- At the end of the transaction each entry is looked at as a whole.
CREATE FUNCTION public.fund_check_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    -- Each line makes nought by itself: no sum goes from one purpose or source to another.
    IF (SELECT count(*) < 2 FROM public.fund_posting p WHERE p.entry_id = NEW.id) OR EXISTS (
        SELECT FROM public.fund_posting p JOIN public.fund_account a ON a.id = p.account_id
        WHERE p.entry_id = NEW.id GROUP BY a.line_id HAVING sum(p.amount) <> 0) THEN
        PERFORM public.fund_refuse('fund_entry_balances');
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        PERFORM public.fund_check_reversal(NEW);
    ELSIF EXISTS (
        SELECT FROM public.fund_posting p JOIN public.fund_account a ON a.id = p.account_id
        WHERE p.entry_id = NEW.id AND (NEW.kind, a.stage, sign(p.amount)::int) NOT IN (
            ('appropriation', 'given', -1), ('appropriation', 'free', 1),
            ('commitment', 'free', -1), ('commitment', 'promised', 1),
            ('release', 'promised', -1), ('release', 'free', 1),
            ('payment', 'promised', -1), ('payment', 'spent', 1))) THEN
        PERFORM public.fund_refuse('fund_entry_moves');
    END IF;
    IF (NEW.kind IN ('commitment', 'release', 'payment')) AND NEW.request_id IS NULL
       OR NEW.kind = 'appropriation' AND NEW.request_id IS NOT NULL THEN
        PERFORM public.fund_refuse('fund_entry_of_request');
    END IF;
    IF NEW.request_id IS NOT NULL THEN
        PERFORM public.fund_check_request(NEW);
    END IF;
    RETURN NULL;
END $$;

-- A reversal is the mirror of its entry, and is itself never reversed.
CREATE FUNCTION public.fund_check_reversal(p_entry public.fund_entry) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_old public.fund_entry;
BEGIN
    SELECT * INTO v_old FROM public.fund_entry e WHERE e.id = p_entry.reverses_id;
    IF v_old.kind = 'reversal' OR v_old.book_id <> p_entry.book_id
       OR v_old.request_id IS DISTINCT FROM p_entry.request_id OR EXISTS (
        SELECT FROM (
            SELECT FROM public.fund_posting p WHERE p.entry_id IN (v_old.id, p_entry.id)
            GROUP BY p.account_id HAVING sum(p.amount) <> 0) x) THEN
        PERFORM public.fund_refuse('fund_reversal_mirrors');
    END IF;
END $$;

-- What is promised or paid is what was asked: the whole sum, for its purpose, never by its asker;
-- paid on two signatures, or in the fast lane on one. No request lives on another's money.
CREATE FUNCTION public.fund_check_request(p_entry public.fund_entry) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    r public.fund_request;
    v_signed int;
    v_ceiling bigint;
BEGIN
    SELECT * INTO r FROM public.fund_request x WHERE x.id = p_entry.request_id;
    IF r.book_id <> p_entry.book_id OR p_entry.by_id = r.asked_by_id THEN
        PERFORM public.fund_refuse('fund_entry_of_request');
    END IF;
    IF EXISTS (
        SELECT FROM public.fund_posting p JOIN public.fund_account a ON a.id = p.account_id
        JOIN public.fund_line l ON l.id = a.line_id
        WHERE p.entry_id = p_entry.id AND l.purpose <> r.purpose) THEN
        PERFORM public.fund_refuse('fund_off_purpose');
    END IF;
    IF r.amount <> (SELECT sum(p.amount) FROM public.fund_posting p
                    WHERE p.entry_id = p_entry.id AND p.amount > 0) THEN
        PERFORM public.fund_refuse('fund_parts_make_the_whole');
    END IF;
    IF EXISTS (
        SELECT FROM public.fund_entry e JOIN public.fund_posting p ON p.entry_id = e.id
        JOIN public.fund_account a ON a.id = p.account_id
        WHERE e.request_id = r.id AND a.stage IN ('promised', 'spent')
        GROUP BY a.id HAVING sum(p.amount) < 0) THEN
        PERFORM public.fund_refuse('fund_own_promise');
    END IF;
    SELECT count(*) INTO v_signed FROM public.fund_approval s WHERE s.request_id = r.id;
    SELECT b.fast_ceiling INTO v_ceiling FROM public.fund_book b WHERE b.team_id = r.book_id;
    IF p_entry.kind = 'commitment' AND v_signed < 1
       OR p_entry.kind = 'payment' AND v_signed < 2 AND NOT coalesce(
           r.urgent AND v_signed = 1 AND r.amount <= v_ceiling, false) THEN
        PERFORM public.fund_refuse('fund_two_approvers');
    END IF;
END $$;
CREATE CONSTRAINT TRIGGER fund_check_entry AFTER INSERT ON public.fund_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.fund_check_entry();

REVOKE EXECUTE ON FUNCTION
    public.fund_demand(int, text), public.fund_refuse(text), public.fund_for_ever(),
    public.fund_on_book(), public.fund_on_line(), public.fund_keep_request(),
    public.fund_on_approval(), public.fund_on_entry(), public.fund_on_postings(),
    public.fund_check_entry(), public.fund_check_reversal(public.fund_entry),
    public.fund_check_request(public.fund_entry)
FROM PUBLIC;
-- Called by a trigger that runs as whoever changes a request.
GRANT EXECUTE ON FUNCTION public.fund_refuse(text) TO app;
