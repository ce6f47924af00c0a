-- Who serves these data. Each process holds the advisory lock of its name for as long as it lives, so that the
-- others know when it is gone and take over what was leased to it.

CREATE TABLE processes (
    owner TEXT NOT NULL PRIMARY KEY,    -- as in outbox.lease_owner
    lock BIGINT NOT NULL,
    began_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
