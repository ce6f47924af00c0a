-- What is spent is counted in several rows for each month, so that no two texts of a busy account wait for one
-- another (docs/adr/0014). `spend` has no reader any more, and goes.

CREATE TABLE spend_slots (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    channel TEXT NOT NULL,          -- SMS, MMS, VOICE, RCS or NOTIFY
    month TEXT NOT NULL,            -- 2026-11, UTC
    slot BIGINT NOT NULL,           -- 0, 1, …
    micros BIGINT NOT NULL,         -- spent here
    granted BIGINT NOT NULL,        -- what may be spent here; together no more than the limit
    most BIGINT NOT NULL,           -- the limit that it was granted under; under another one it does not count
    PRIMARY KEY (account_id, region, channel, month, slot)
) WITHOUT ROWID;

INSERT INTO spend_slots (account_id, region, channel, month, slot, micros, granted, most)
    SELECT account_id, region, channel, month, 0, micros, micros, -1 FROM spend;

DROP TABLE spend;
