-- What SQLite keeps in memory only, made and filled each time the data are opened. It belongs to the writer's
-- connection and to its transactions: undone with them, gone with the process. (On PostgreSQL, which several
-- processes share, an ordinary table.)

CREATE TEMP TABLE sent (            -- finds the text that an earlier attempt of the same SDK call sent
    digest TEXT NOT NULL PRIMARY KEY,   -- messages.retry_of
    message_id TEXT NOT NULL
) WITHOUT ROWID;
