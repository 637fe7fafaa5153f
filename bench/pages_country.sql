-- Three hundred units with one team and one entry of the register each.

INSERT INTO access_unit (code, name, type, district, duty_phone)
SELECT 'bench' || n, 'Fictional unit ' || n, 'ngo', ($districts::text[])[1 + n %
    cardinality($districts::text[])], '000 00 00 00'
FROM generate_series(1, $teams) n;

INSERT INTO access_team (unit_id, name, is_intake)
SELECT id, 'Fictional team ' || id, true
FROM access_unit
WHERE starts_with(code, 'bench');

INSERT INTO directory_organisation (id, names, type, level, jamoat, district, area,
    country, whole_country, languages, unit_id, last_checked_on)
SELECT gen_random_uuid(), jsonb_build_object('en', name), 'ngo', 'district', '', district,
    ARRAY[district], '', false, '{tg,ru}', id, current_date
FROM access_unit
WHERE starts_with(code, 'bench');

INSERT INTO directory_contact (id, organisation_id, kind, value, since)
SELECT gen_random_uuid(), id, 'telephone', '000 00 00 00', now()
FROM directory_organisation;

INSERT INTO directory_service (id, organisation_id, code, sexes, languages, opening, hours,
    capacity, admits_children, care)
SELECT gen_random_uuid(), o.id, code, '{woman,man}', '{}', 'always', '{}', 'ask_first', true,
    '{}'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM directory_organisation) o
JOIN unnest(ARRAY['bed', 'doctor', 'counselling']) WITH ORDINALITY AS one (code, which)
    ON (o.place + one.which) % 3 = 0
ON CONFLICT DO NOTHING;

CREATE TABLE bench_team AS
SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, unit_id
FROM access_team;
