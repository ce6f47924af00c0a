-- The first schema. One text for SQLite and PostgreSQL: BIGINT, BOOLEAN and TEXT mean the same on both;
-- "WITHOUT ROWID" is SQLite's and is dropped by the PostgreSQL engine.
-- Times are UTC milliseconds of business time, except columns that say machine time. Money is micro-dollars.
-- Every table of a resource is keyed by (account_id, region) first: an account lives in one cell.

CREATE TABLE places (               -- an account's corner of a Region, made when it is first seen
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revision TEXT NOT NULL,         -- another one after each change of the account's resources; never used twice
    PRIMARY KEY (account_id, region)
) WITHOUT ROWID;

CREATE TABLE access_keys (          -- of the whole installation, hence not by Region
    access_key_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    admin BOOLEAN NOT NULL,
    sealed_secret TEXT NOT NULL,    -- AES-GCM, base64; never the secret itself
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE counters (             -- maintained counts, so that a quota never needs COUNT(*)
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,             -- an AccountLimitName, pool/<id>/identities, numbers/<country>/<type>
    value BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, name)
) WITHOUT ROWID;

CREATE TABLE tokens (               -- answers kept for a caller's retries, by ClientToken
    digest TEXT NOT NULL PRIMARY KEY,   -- of account, Region, operation and token
    account_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,      -- of the request's parameters
    answer TEXT NOT NULL,           -- the encoded result
    expires_at BIGINT NOT NULL      -- machine time
) WITHOUT ROWID;

CREATE TABLE tags (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    resource_arn TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account_id, region, resource_arn, key)
) WITHOUT ROWID;

CREATE TABLE opt_out_lists (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, name)
) WITHOUT ROWID;
CREATE INDEX opt_out_lists_by_age ON opt_out_lists (account_id, region, created_at, name);

CREATE TABLE opted_out_numbers (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    list_name TEXT NOT NULL,
    number TEXT NOT NULL,           -- E.164
    opted_out_at BIGINT NOT NULL,
    end_user_opted_out BOOLEAN NOT NULL,
    PRIMARY KEY (account_id, region, list_name, number)
) WITHOUT ROWID;
CREATE INDEX opted_out_numbers_by_age ON opted_out_numbers (account_id, region, list_name, opted_out_at, number);

CREATE TABLE opt_ins (              -- when the owner last took a number off a list (once in 30 days, as AWS)
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    list_name TEXT NOT NULL,
    number TEXT NOT NULL,
    opted_in_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, list_name, number)
) WITHOUT ROWID;

CREATE TABLE phone_numbers (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    phone_number_id TEXT NOT NULL,
    phone_number TEXT NOT NULL,
    active_at BIGINT NOT NULL,      -- PENDING before it, ACTIVE from it on
    country TEXT NOT NULL,
    message_type TEXT NOT NULL,
    capabilities TEXT NOT NULL,     -- JSON list
    number_type TEXT NOT NULL,
    monthly_price TEXT NOT NULL,    -- dollars as AWS spells them, "1.00"
    two_way_enabled BOOLEAN NOT NULL,
    two_way_channel_arn TEXT,
    two_way_channel_role TEXT,
    self_managed_opt_outs BOOLEAN NOT NULL,
    opt_out_list TEXT NOT NULL,
    international_sending BOOLEAN NOT NULL,
    deletion_protection BOOLEAN NOT NULL,
    pool_id TEXT,
    registration_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, phone_number_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX phone_numbers_by_number ON phone_numbers (phone_number);
CREATE INDEX phone_numbers_by_age ON phone_numbers (account_id, region, created_at, phone_number_id);
CREATE INDEX phone_numbers_by_list ON phone_numbers (account_id, region, opt_out_list);

CREATE TABLE sender_ids (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    folded TEXT NOT NULL,           -- lower-cased: the key is case-insensitive
    country TEXT NOT NULL,
    sender_id TEXT NOT NULL,        -- in the casing first given
    message_types TEXT NOT NULL,    -- JSON list
    monthly_price TEXT NOT NULL,
    registered BOOLEAN NOT NULL,
    registration_id TEXT,
    deletion_protection BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, folded, country)
) WITHOUT ROWID;
CREATE INDEX sender_ids_by_age ON sender_ids (account_id, region, created_at, folded, country);

CREATE TABLE pools (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    pool_id TEXT NOT NULL,
    message_type TEXT NOT NULL,
    two_way_enabled BOOLEAN NOT NULL,
    two_way_channel_arn TEXT,
    two_way_channel_role TEXT,
    self_managed_opt_outs BOOLEAN NOT NULL,
    opt_out_list TEXT NOT NULL,
    shared_routes BOOLEAN NOT NULL,
    deletion_protection BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, pool_id)
) WITHOUT ROWID;
CREATE INDEX pools_by_age ON pools (account_id, region, created_at, pool_id);
CREATE INDEX pools_by_list ON pools (account_id, region, opt_out_list);

CREATE TABLE pool_identities (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    pool_id TEXT NOT NULL,
    kind TEXT NOT NULL,             -- phone-number, sender-id or rcs-agent
    identity TEXT NOT NULL,         -- PhoneNumberId, folded sender ID, RcsAgentId
    country TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, pool_id, kind, identity, country)
) WITHOUT ROWID;
CREATE INDEX pool_identities_by_age
    ON pool_identities (account_id, region, pool_id, joined_at, kind, identity, country);
CREATE INDEX pool_identities_by_identity ON pool_identities (account_id, region, kind, identity, country);

CREATE TABLE keywords (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    owner_id TEXT NOT NULL,         -- PhoneNumberId, PoolId or RcsAgentId
    keyword TEXT NOT NULL,          -- upper case
    message TEXT NOT NULL,
    action TEXT NOT NULL,
    PRIMARY KEY (account_id, region, owner_id, keyword)
) WITHOUT ROWID;

CREATE TABLE configuration_sets (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    default_message_type TEXT,
    default_sender_id TEXT,
    default_feedback BOOLEAN,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, name)
) WITHOUT ROWID;

CREATE TABLE spend (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    channel TEXT NOT NULL,          -- SMS, MMS, VOICE, RCS or NOTIFY
    month TEXT NOT NULL,            -- 2026-11, UTC
    micros BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, channel, month)
) WITHOUT ROWID;

CREATE TABLE messages (
    message_id TEXT NOT NULL PRIMARY KEY,   -- UUIDv7: new ones append
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    channel TEXT NOT NULL,
    direction TEXT NOT NULL,        -- OUTBOUND or INBOUND
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    origination TEXT NOT NULL,      -- what the handset shows
    origination_kind TEXT NOT NULL,
    destination TEXT NOT NULL,
    country TEXT NOT NULL,
    international BOOLEAN NOT NULL, -- the identity is of another country than the destination
    body TEXT NOT NULL,
    encoding TEXT NOT NULL,
    part_count BIGINT NOT NULL,
    message_type TEXT NOT NULL,
    pool_id TEXT,
    configuration_set TEXT,
    context TEXT,                   -- JSON object
    parameters TEXT,                -- JSON object: Keyword, DestinationCountryParameters
    feedback BOOLEAN NOT NULL,
    price_micros BIGINT NOT NULL,
    fee_micros BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    why TEXT NOT NULL,
    retry_of TEXT                   -- a digest of the SDK call that sent it; memory.sql has the index
) WITHOUT ROWID;
-- No index by destination: an insert at a random place costs a send a fifth more, a search walks the newest.
CREATE INDEX messages_by_account ON messages (account_id, message_id);

CREATE TABLE parts (                -- written when a part is handed over; before that it is body and part_count
    message_id TEXT NOT NULL,
    number BIGINT NOT NULL,         -- 1, 2, …
    status TEXT NOT NULL,
    carrier TEXT NOT NULL,
    carrier_message_id TEXT,
    failure TEXT,                   -- the event type that this part failed with
    doubt BOOLEAN NOT NULL,         -- it may have been handed over more than once
    PRIMARY KEY (message_id, number)
) WITHOUT ROWID;
CREATE INDEX parts_by_carrier_id ON parts (carrier, carrier_message_id);

CREATE TABLE events (               -- at most one of a type for a message; at most one final one
    message_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    is_final BOOLEAN NOT NULL,
    body TEXT NOT NULL,             -- the AWS event, JSON
    PRIMARY KEY (message_id, event_type)
) WITHOUT ROWID;

CREATE TABLE outbox (               -- the promise: what is still to be done for a message
    message_id TEXT NOT NULL PRIMARY KEY,
    stage TEXT NOT NULL,            -- route or handing
    carrier TEXT,
    due_at BIGINT NOT NULL,         -- machine time
    lease_owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,    -- machine time
    attempts BIGINT NOT NULL,
    doubt BOOLEAN NOT NULL          -- an earlier hand-over has no known outcome
) WITHOUT ROWID;
CREATE INDEX outbox_by_due ON outbox (due_at, message_id);

CREATE TABLE parked_receipts (      -- heard before the answer to the submit was settled
    carrier TEXT NOT NULL,
    carrier_message_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    heard_at BIGINT NOT NULL,
    PRIMARY KEY (carrier, carrier_message_id)
) WITHOUT ROWID;
CREATE INDEX parked_receipts_by_age ON parked_receipts (heard_at);
