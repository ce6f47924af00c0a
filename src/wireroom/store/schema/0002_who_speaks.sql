-- What decides who speaks: sticky identities, receipts counted against identities, why an identity was chosen;
-- and the limits that an owner sets to what is spent.

CREATE INDEX configuration_sets_by_age ON configuration_sets (account_id, region, created_at, name);

CREATE TABLE spend_limits (         -- overrides; without a row AWS's own limit is in force
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    channel TEXT NOT NULL,          -- as in spend
    dollars BIGINT NOT NULL,        -- a month, whole US dollars
    PRIMARY KEY (account_id, region, channel)
) WITHOUT ROWID;

CREATE TABLE sticky (               -- who delivered last to a destination; good for 25 hours from then on
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    destination TEXT NOT NULL,      -- E.164
    identity TEXT NOT NULL,         -- what the handset showed
    delivered_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, destination)
) WITHOUT ROWID;
-- No index by age: every delivery would write it at a random place. What is too old is found by a slow walk.

CREATE TABLE troubles (             -- final receipts of identities that had a failure not long ago
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    identity TEXT NOT NULL,         -- core.standing.standing_key
    slot BIGINT NOT NULL,           -- ten seconds of business time
    counter TEXT NOT NULL,          -- the process that counts here: no two write to one row
    finals BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, identity, slot, counter)
) WITHOUT ROWID;
CREATE INDEX troubles_by_age ON troubles (slot);

CREATE TABLE degraded (             -- identities that step back while another can speak
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    identity TEXT NOT NULL,
    until BIGINT NOT NULL,
    said TEXT NOT NULL,             -- the receipts that show it, in words
    PRIMARY KEY (account_id, region, identity)
) WITHOUT ROWID;
CREATE INDEX degraded_by_age ON degraded (until);

CREATE TABLE whys (                 -- why an identity was chosen, once for all texts with the same story
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    why_id TEXT NOT NULL,           -- a digest of the story; messages.why names it (older rows hold the story)
    used_on BIGINT NOT NULL,        -- the last UTC day of its use, as days since 1970
    story TEXT NOT NULL,
    PRIMARY KEY (account_id, region, why_id)
) WITHOUT ROWID;
CREATE INDEX whys_by_age ON whys (used_on);

-- A number in a pool has no keywords of its own any more: it has the pool's, and takes a copy when it leaves.
DELETE FROM keywords WHERE owner_id IN (SELECT phone_number_id FROM phone_numbers WHERE pool_id IS NOT NULL);
