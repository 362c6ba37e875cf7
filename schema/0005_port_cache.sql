-- What cached answers of the port board are made from: src/app/routes.c names these tags.

SELECT cache_watch('berths', 'berths');
SELECT cache_watch('vessels', 'vessels');
SELECT cache_watch('cargo_tallies', 'tallies');

-- One vessel with its totals, and its tallies. Neither a vessel's number nor a tally's vessel ever changes.
SELECT cache_watch_each('vessels', 'vessel', 'id');
SELECT cache_watch_each('cargo_tallies', 'vessel', 'vessel_id');
