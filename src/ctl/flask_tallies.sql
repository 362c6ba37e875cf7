-- Tallies. A tally's id is made from its key there, so it is the same one in every run. Tallies are never changed: one that was
-- changed there is voided here, and stored anew under the id of its next form.
CREATE TEMPORARY TABLE flask_rows ON COMMIT DROP AS
SELECT t.key, t.vessel, t.tally_type AS their_type, coalesce(t.cargo_type, v.cargo_type) AS their_cargo, t.count, t.location AS their_location,
       v.id AS vessel_id, v.name AS vessel_name, 0 AS form, pg_temp.flask_id('tally', t.key, 0) AS id,
       CASE WHEN t.tally_type IS NULL THEN 'loaded' ELSE type.ours END AS tally_type,
       CASE WHEN t.cargo_type IS NULL THEN v.our_cargo ELSE coalesce(cargo.ours, 'general') END AS cargo_type,
       left(t.location, 50) AS location, shift.ours AS shift, t.tallied_at,
       greatest(least(coalesce(t.recorded_at, t.tallied_at), now()), t.tallied_at) AS recorded_at,
       CASE WHEN t.by IS NOT NULL THEN coalesce(u.shown, left('user ' || t.by, 100)) END AS tallied_by, u.id AS user_id,
       left(nullif(concat_ws(chr(10), CASE WHEN t.shift IS NOT NULL AND shift.ours IS NULL THEN 'Shift: ' || t.shift END, t.notes), ''), 500)
           AS note,
       char_length(t.notes) > 500 OR char_length(t.location) > 50 AS cut,
       CASE WHEN v.key IS NULL THEN 'names a vessel that is not there'
            WHEN v.reason IS NOT NULL THEN 'its vessel is left out'
            WHEN t.count IS NULL THEN 'has no count'
            WHEN t.count = 0 THEN 'counts nothing'
            WHEN t.count < 0 THEN 'counts less than nothing: void the tally that it corrects'
            WHEN t.count > 10000 THEN 'counts more than 10000'
            WHEN t.tally_type IS NOT NULL AND type.ours IS NULL THEN format('the tally type %s is not known', t.tally_type)
            WHEN t.tallied_at IS NULL THEN 'has no time'
            WHEN t.tallied_at > now() + interval '24 hours' THEN 'is more than a day in the future'
       END AS reason
  FROM flask_tallies t
  LEFT JOIN flask_vessels v ON v.key = t.vessel
  LEFT JOIN flask_users u ON u.key = t.by
  LEFT JOIN flask_words type ON type.what = 'tally type' AND type.theirs = pg_temp.flask_word(t.tally_type)
  LEFT JOIN flask_words cargo ON cargo.what = 'cargo type' AND cargo.theirs = pg_temp.flask_word(t.cargo_type)
  LEFT JOIN flask_words shift ON shift.what = 'shift' AND shift.theirs = pg_temp.flask_word(t.shift);
ANALYZE flask_rows;
ANALYZE flask_vessels;
