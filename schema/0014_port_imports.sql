-- Which vessels came from another application, so that an import that runs again finds them, whatever was renamed or
-- postponed meanwhile. Tallies and people need none: a tally's id is made from its key there, people have their names.

CREATE TABLE vessel_imports (
    source    text NOT NULL,                    -- the other installation, as the import was told
    key       text NOT NULL,                    -- the vessel's there
    vessel_id bigint NOT NULL
              CONSTRAINT vessel_imports_once UNIQUE
              CONSTRAINT vessel_imports_vessel_exists REFERENCES vessels (id) ON DELETE CASCADE,
    version   integer NOT NULL,                 -- of the vessel as the import left it: another one means people changed it here
    PRIMARY KEY (source, key)
);
