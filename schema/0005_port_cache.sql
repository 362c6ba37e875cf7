-- What cached answers of the port board are made from: src/app/routes.c names these tags.

SELECT cache_watch('berths', 'berths');
SELECT cache_watch('vessels', 'vessels');
SELECT cache_watch('cargo_tallies', 'tallies');
