-- Dossiers $first to $last, then what belongs to each of them. The large team holds three
-- tenths; a request goes to a shifted place, a seventh of all to the receiver that is measured.

CREATE TABLE bench_dossier AS
SELECT nextval(pg_get_serial_sequence('access_dossier', 'id')) AS id, n, CASE WHEN n % 10 < 3
    THEN $large ELSE t.id END AS holder, now() - n * interval '3 minutes' AS opened_at
FROM generate_series($first, $last) n JOIN bench_team t ON t.place = n % $teams;

CREATE TABLE bench_ask AS
SELECT md5('r' || k || ':' || d.id)::uuid AS id, md5('c' || k || ':' || d.id)::uuid AS consent,
    d.id AS dossier, d.n, d.holder, CASE WHEN (n + k) % 7 = 0 AND d.holder <> $receiver THEN
    $receiver ELSE t.id END AS team, d.opened_at + interval '1 hour' AS at, CASE WHEN (n * 7 +
    k) % 100 < 2 THEN 'sent' WHEN (n * 7 + k) % 100 < 3 THEN 'info_asked' WHEN (n * 7 + k) % 100
    < 10 THEN 'accepted' WHEN (n * 7 + k) % 100 < 80 THEN 'completed' ELSE 'declined' END AS
    state
FROM bench_dossier d CROSS JOIN generate_series(1, 2) k JOIN bench_team t ON t.place = (n * 11 +
    k * 13) % $teams
WHERE (k = 1 OR n % 10 < 3) AND t.id <> d.holder;

CREATE TABLE bench_reach AS
SELECT d.id, d.holder, array_agg(DISTINCT a.team) FILTER (WHERE state IN ('accepted',
    'completed')) || d.holder AS teams, CASE WHEN count(a.id) FILTER (WHERE state <> 'declined')
    > 0 THEN now() + interval '90 days' ELSE 'infinity' END AS fresh_until
FROM bench_dossier d
LEFT JOIN bench_ask a ON a.dossier = d.id
GROUP BY d.id, d.holder;

INSERT INTO access_dossier (id, ref, holder, sealed, opened_at, teams, fresh_until)
SELECT d.id, 'B' || lpad(n::text, 9, '0'), d.holder, false, d.opened_at, r.teams, r.fresh_until
FROM bench_dossier d JOIN bench_reach r USING (id);

INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, starts_at)
SELECT gen_random_uuid(), id, holder, 511, 0, 'holder', opened_at
FROM bench_dossier;

INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, source_id,
    starts_at, ends_at, ended_at)
SELECT gen_random_uuid(), dossier, team, CASE WHEN state IN ('accepted', 'completed') THEN 583
    ELSE 512 END, CASE WHEN state IN ('sent', 'info_asked') THEN 71 ELSE 0 END, 'referral', id,
    at, now() + interval '90 days', CASE WHEN state = 'declined' THEN at END
FROM bench_ask;

INSERT INTO access_listing (team_id, opened_at, dossier_id)
SELECT DISTINCT t, d.opened_at, d.id
FROM bench_dossier d JOIN bench_reach r USING (id), unnest(r.teams) t;

INSERT INTO cases_case (dossier_id, version, state, opened_at, opened_by_id, first_contact_at,
    channel, contact_source, safe_to_talk, danger_now, sex, age_branch, age_band, under_18_then,
    district, language, interpreter, children, citizenship, happened_in, scope, case_category, trafficking,
    smuggling, identified_by, urgency, urgency_rank, urgency_chosen, sensitivity,
    sensitivity_rank, sensitivity_chosen, close_reason, closed_at, teams, fresh_until, holder)
SELECT d.id, 1, CASE WHEN n % 3 = 0 THEN 'closed' ELSE 'open' END, opened_at, $worker,
    opened_at, '', '', 'yes', CASE WHEN n % 50 = 0 THEN 'danger' ELSE 'none' END, CASE n % 2
    WHEN 0 THEN 'woman' ELSE 'man' END, 'adult', 'age_21_29', '', 'tj_3505401', 'tg', '', '',
    '', '', 'not_yet_known', 'potential', 'not_assessed', 'not_assessed', '', CASE WHEN n % 50 = 0
    THEN 'immediate' ELSE 'routine' END, CASE WHEN n % 50 = 0 THEN 1 ELSE 3 END, '', 'ordinary',
    3, '', CASE WHEN n % 3 = 0 THEN 'contact_lost' ELSE '' END, CASE WHEN n % 3 = 0 THEN now()
    END, r.teams, r.fresh_until, r.holder
FROM bench_dossier d JOIN bench_reach r USING (id);

INSERT INTO cases_event (id, dossier_id, event, detail, at, by_id, teams, fresh_until, holder)
SELECT gen_random_uuid(), d.id, e, '', opened_at, $worker, r.teams, r.fresh_until, r.holder
FROM bench_dossier d JOIN bench_reach r USING (id), unnest(ARRAY['case.opened', 'case.changed'])
    e;

INSERT INTO cases_fact (id, dossier_id, field, list_name, code, list_on, unit_type, added_at,
    added_by_id, category, teams, fresh_until, holder)
SELECT gen_random_uuid(), d.id, 'services_asked', 'services', 'bed', opened_at::date, 'ngo',
    opened_at, $worker, 1, r.teams, r.fresh_until, r.holder
FROM bench_dossier d JOIN bench_reach r USING (id);

INSERT INTO consent_consent (id, dossier_id, unit_id, team_id, purpose, categories, services,
    answer, until, ends_at, asked_at, asked_by_id, effective_at, asked_now, script_version,
    explained, language, read_in, present, interpreter, support, told_limits, by_telephone,
    withdraw_reason, teams, fresh_until, holder)
SELECT a.consent, dossier, t.unit_id, a.team, 'service', 71, '{bed}', 'yes', current_date + 90,
    now() + interval '90 days', at, $worker, at, false, '1', '{}', 'tg', 'tg', '{nobody}',
    'not_needed', '{}', true, false, '', '{}', r.fresh_until, a.holder
FROM bench_ask a JOIN access_team t ON t.id = a.team JOIN bench_reach r ON r.id = a.dossier;

INSERT INTO referrals_referral (id, ref, dossier_id, from_team_id, to_team_id, state, source,
    destination, services, urgency, urgency_rank, sensitivity_rank, danger, sex, age_band,
    children, language, care_needs, region, categories, consent_id, drafted_at, drafted_by_id,
    sent_at, sent_by_id, reply_due_at, asked, info_channel, answer_channel, answered_at,
    confirmed_at, decline_reason, outcome, handover_way, teams, fresh_until, holder)
SELECT a.id, upper(substr(md5(a.id::text), 1, 10)), dossier, a.holder, a.team, state,
    'not_known', 'ngo', '{bed}', 'routine', 1 + n % 3, 1 + n % 3, 'none', CASE n % 2 WHEN 0 THEN
    'woman' ELSE 'man' END, 'age_21_29', 'none', 'tg', '{}', 'tj_35', 71, consent, at, $worker,
    at, $worker, now() + (n % 48) * interval '1 hour', '{}', '', 'here', CASE WHEN state IN
    ('accepted', 'completed', 'declined') THEN at END, CASE WHEN state IN ('accepted',
    'completed') THEN at END, CASE WHEN state = 'declined' THEN 'full' ELSE '' END, CASE WHEN
    state = 'completed' THEN 'helped' ELSE '' END, '', CASE WHEN state = 'declined' THEN
    '{}'::int[] ELSE ARRAY[a.team]::int[] END, r.fresh_until, a.holder
FROM bench_ask a JOIN bench_reach r ON r.id = a.dossier
ON CONFLICT (ref) DO NOTHING;

INSERT INTO duties_duty (id, kind, dossier_id, owner_id, period, opened_at, due_at, is_late,
    urgency_rank, sensitivity_rank, level, settled_at, outcome, teams, fresh_until, holder)
SELECT gen_random_uuid(), 'case.later_questions', id, holder, 'later_questions', opened_at,
    now() + (n % 144 - 24) * interval '1 hour', n % 144 < 24 AND n % 20 = 0, 1 + n % 3, 1 + n %
    3, 0, CASE WHEN n % 20 > 0 THEN opened_at END, CASE WHEN n % 20 > 0 THEN 'done' ELSE '' END,
    '{}', 'infinity', holder
FROM bench_dossier;

INSERT INTO duties_duty (id, kind, dossier_id, owner_id, subject_id, period, opened_at, due_at,
    is_late, urgency_rank, sensitivity_rank, level, settled_at, outcome, teams, fresh_until,
    holder)
SELECT gen_random_uuid(), 'referral.reply', dossier, team, id, 'referral_reply_routine', at,
    now() + (n % 48) * interval '1 hour', false, 1 + n % 3, 1 + n % 3, 0, CASE WHEN state <>
    'sent' THEN at END, CASE WHEN state <> 'sent' THEN 'done' ELSE '' END, '{}', 'infinity',
    holder
FROM bench_ask;

DROP TABLE bench_dossier, bench_ask, bench_reach;
