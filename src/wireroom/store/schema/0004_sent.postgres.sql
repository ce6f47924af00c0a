-- Finds the text that an earlier attempt of the same SDK call sent (SQLite keeps it in memory: memory.sql).

CREATE TABLE sent (
    digest TEXT NOT NULL PRIMARY KEY,   -- messages.retry_of
    message_id TEXT NOT NULL
);

-- The outbox is a queue: its rows come and go, and what is dead must not be read again and again.
ALTER TABLE outbox SET (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0);
ALTER TABLE spend_slots SET (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500);
ALTER TABLE messages SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
