-- On to the next form of those tallies whose form an earlier run has voided, as they had changed.
UPDATE flask_rows r SET form = r.form + 1, id = pg_temp.flask_id('tally', r.key, r.form + 1)
  FROM cargo_tallies t JOIN cargo_tallies w ON w.voids = t.id
 WHERE t.id = r.id AND w.id = pg_temp.flask_id('void', r.key, r.form)
