-- The named queries: every statement that the verbs of a transaction do not make by themselves.
--
-- A query begins with a line
--     -- name: NAME -> ANSWER
-- and ends at the next such line; "-> ANSWER" may be left out for a statement that answers no rows. ANSWER is
--     a row type of rows.py    each row is decoded into it; write $columns (or $columns(p) for a table called p)
--                              where its columns belong
--     scalar                   the first column; `scalar bool` makes it a boolean
--     tuple                    the columns as they come
-- Parameters are written :name and given by keyword: tx.one("count", account_id=…, region=…, name=…).
-- Read them with tx.one or tx.all; run a statement without an answer with tx.execute or tx.execute_many.
-- One text serves SQLite and PostgreSQL: no "INSERT OR …", no IFNULL (COALESCE), no strftime, no JSON functions,
-- no rowid, TRUE and FALSE for booleans, a LIMIT without OFFSET. What only PostgreSQL is to read (it has more than
-- one writer) stands in /*pg … */, a comment to SQLite. In the SET of an upsert say table.column and
-- excluded.column. Every query must be served by an index (no COUNT(*) but of the outbox: counters keep what a quota needs).
-- A test prepares each of them, and looks for the names that src/ uses.
-- Keep the sections in the order of the nouns; end no statement with a semicolon.

-- ---------------------------------------------------------------------------------------------------- counters

-- name: count -> scalar
INSERT INTO counters (account_id, region, name, value) VALUES (:account_id, :region, :name, :by)
ON CONFLICT (account_id, region, name) DO UPDATE SET value = counters.value + excluded.value
RETURNING value

-- -------------------------------------------------------------------------------------------------------- tags

-- name: tags_of -> Tag
SELECT $columns FROM tags
WHERE account_id = :account_id AND region = :region AND resource_arn = :resource_arn ORDER BY key

-- name: delete_tags
DELETE FROM tags WHERE account_id = :account_id AND region = :region AND resource_arn = :resource_arn

-- ---------------------------------------------------------------------------------------------------- keywords

-- name: keywords_of -> Keyword
SELECT $columns FROM keywords
WHERE account_id = :account_id AND region = :region AND owner_id = :owner_id ORDER BY keyword

-- name: copy_keywords
INSERT INTO keywords (account_id, region, owner_id, keyword, message, action)
SELECT account_id, region, :owner_id, keyword, message, action FROM keywords
WHERE account_id = :account_id AND region = :region AND owner_id = :copied_from

-- name: copy_keywords_to_numbers
-- The numbers of a pool that goes away keep the keywords that they had through it.
INSERT INTO keywords (account_id, region, owner_id, keyword, message, action)
SELECT k.account_id, k.region, i.identity, k.keyword, k.message, k.action FROM pool_identities i
JOIN keywords k ON k.account_id = i.account_id AND k.region = i.region AND k.owner_id = i.pool_id
WHERE i.account_id = :account_id AND i.region = :region AND i.pool_id = :pool_id AND i.kind = 'phone-number'

-- name: delete_keywords
DELETE FROM keywords WHERE account_id = :account_id AND region = :region AND owner_id = :owner_id

-- ------------------------------------------------------------------------------------------------------- pools

-- name: drive_numbers
-- What is set on a pool is set on every number in it.
UPDATE phone_numbers SET two_way_enabled = :two_way_enabled, two_way_channel_arn = :two_way_channel_arn,
    two_way_channel_role = :two_way_channel_role, self_managed_opt_outs = :self_managed_opt_outs,
    opt_out_list = :opt_out_list
WHERE account_id = :account_id AND region = :region AND phone_number_id IN (
    SELECT identity FROM pool_identities
    WHERE account_id = :account_id AND region = :region AND pool_id = :pool_id AND kind = 'phone-number')

-- name: free_numbers
-- The numbers of a pool that goes away; they keep what the pool had set.
UPDATE phone_numbers SET pool_id = NULL
WHERE account_id = :account_id AND region = :region AND phone_number_id IN (
    SELECT identity FROM pool_identities
    WHERE account_id = :account_id AND region = :region AND pool_id = :pool_id AND kind = 'phone-number')

-- name: delete_pool_identities
DELETE FROM pool_identities WHERE account_id = :account_id AND region = :region AND pool_id = :pool_id

-- ----------------------------------------------------------------------------------------------- phone numbers

-- name: phone_number_called -> PhoneNumber
SELECT $columns FROM phone_numbers
WHERE phone_number = :phone_number AND account_id = :account_id AND region = :region

-- name: number_is_taken -> scalar bool
SELECT TRUE FROM phone_numbers WHERE phone_number = :phone_number

-- -------------------------------------------------------------------------------------------------- sender IDs

-- name: pool_of_sender_id -> scalar
-- One of the pools that a sender ID is in.
SELECT pool_id FROM pool_identities
WHERE account_id = :account_id AND region = :region AND kind = 'sender-id' AND identity = :folded
    AND country = :country
LIMIT 1

-- ---------------------------------------------------------------------------------------------- opt-out lists

-- name: list_is_used -> scalar bool
SELECT EXISTS (SELECT 1 FROM phone_numbers
        WHERE account_id = :account_id AND region = :region AND opt_out_list = :name)
    OR EXISTS (SELECT 1 FROM pools
        WHERE account_id = :account_id AND region = :region AND opt_out_list = :name)

-- name: delete_opted_out_numbers
DELETE FROM opted_out_numbers WHERE account_id = :account_id AND region = :region AND list_name = :name

-- name: delete_opt_ins
DELETE FROM opt_ins WHERE account_id = :account_id AND region = :region AND list_name = :name

-- ----------------------------------------------------------------------------------------------------- sending

-- name: numbers_of_account -> PhoneNumber
SELECT $columns FROM phone_numbers WHERE account_id = :account_id AND region = :region
ORDER BY created_at, phone_number_id

-- name: numbers_of_pool -> PhoneNumber
SELECT $columns(n) FROM pool_identities i
JOIN phone_numbers n
    ON n.account_id = i.account_id AND n.region = i.region AND n.phone_number_id = i.identity
WHERE i.account_id = :account_id AND i.region = :region AND i.pool_id = :pool_id AND i.kind = 'phone-number'
ORDER BY i.joined_at, i.identity

-- name: sender_ids_of_account -> SenderId
SELECT $columns FROM sender_ids WHERE account_id = :account_id AND region = :region
ORDER BY created_at, folded, country

-- name: sender_ids_of_pool -> SenderId
SELECT $columns(s) FROM pool_identities i
JOIN sender_ids s
    ON s.account_id = i.account_id AND s.region = i.region AND s.folded = i.identity AND s.country = i.country
WHERE i.account_id = :account_id AND i.region = :region AND i.pool_id = :pool_id AND i.kind = 'sender-id'
ORDER BY i.joined_at, i.identity, i.country

-- name: sender_ids_named -> SenderId
SELECT $columns FROM sender_ids WHERE account_id = :account_id AND region = :region AND folded = :folded
ORDER BY country

-- name: degraded_now -> tuple
SELECT identity, said FROM degraded WHERE account_id = :account_id AND region = :region AND until > :now

-- name: keep_why
INSERT INTO whys (account_id, region, why_id, used_on, story)
VALUES (:account_id, :region, :why_id, :used_on, :story)
ON CONFLICT (account_id, region, why_id) DO UPDATE SET used_on = excluded.used_on

-- name: sent_before -> scalar
SELECT message_id FROM sent WHERE digest = :digest

-- name: remember_sent
INSERT INTO sent (digest, message_id) VALUES (:digest, :message_id)

-- name: spend
-- Counts a cost in one slot of the month; changes nothing when that would pass what the slot was granted, when it
-- was granted under another limit, or when there is no such slot yet.
UPDATE spend_slots SET micros = micros + :micros
WHERE account_id = :account_id AND region = :region AND channel = :channel AND month = :month AND slot = :slot
    AND most = :most AND micros + :micros <= granted

-- name: unspend
UPDATE spend_slots SET micros = micros - :micros
WHERE account_id = :account_id AND region = :region AND channel = :channel AND month = :month AND slot = :slot

-- name: spent -> scalar
SELECT CAST(COALESCE(SUM(micros), 0) AS BIGINT) FROM spend_slots
WHERE account_id = :account_id AND region = :region AND channel = :channel AND month = :month

-- name: spend_slots -> SpendSlot
-- Who sends meanwhile waits, or is waited for.
SELECT $columns FROM spend_slots
WHERE account_id = :account_id AND region = :region AND channel = :channel AND month = :month
ORDER BY slot /*pg FOR UPDATE */

-- name: grant_spend
INSERT INTO spend_slots (account_id, region, channel, month, slot, micros, granted, most)
VALUES (:account_id, :region, :channel, :month, :slot, :micros, :granted, :most)
ON CONFLICT (account_id, region, channel, month, slot)
    DO UPDATE SET micros = excluded.micros, granted = excluded.granted, most = excluded.most

-- ---------------------------------------------------------------------------------------------------- the line

-- name: outbox_due -> Outbox
SELECT $columns FROM outbox WHERE due_at <= :now AND (lease_owner = :owner OR lease_until <= :now)
ORDER BY due_at, message_id LIMIT :most /*pg FOR UPDATE SKIP LOCKED */

-- name: outbox_next_due -> scalar
SELECT due_at FROM outbox WHERE due_at > :now ORDER BY due_at LIMIT 1

-- name: outbox_size -> scalar
-- Asked at the start, and when nothing is in memory after a sweep or a reset; else the line counts for itself.
SELECT COUNT(*) FROM outbox

-- name: outbox_handing
UPDATE outbox SET stage = 'handing', carrier = :carrier, lease_until = :until
WHERE message_id = :message_id AND lease_owner = :owner

-- name: outbox_lease
UPDATE outbox SET lease_until = :until WHERE message_id = :message_id AND lease_owner = :owner

-- name: outbox_again
UPDATE outbox SET stage = :stage, due_at = :due_at, attempts = :attempts, doubt = :doubt
WHERE message_id = :message_id AND lease_owner = :owner

-- name: outbox_set_aside
-- In doubt only if it was being handed over when it broke the stage.
UPDATE outbox SET doubt = (doubt OR stage = 'handing'), stage = 'route', due_at = :due_at, attempts = attempts + 1
WHERE message_id = :message_id

-- name: outbox_done
DELETE FROM outbox WHERE message_id = :message_id AND lease_owner = :owner

-- name: forget_tokens
DELETE FROM tokens WHERE digest > :after AND digest <= :last AND expires_at <= :now

-- name: forget_attempt
DELETE FROM sent WHERE digest = :digest

-- name: sent_page -> tuple
SELECT digest, message_id FROM sent WHERE digest > :after ORDER BY digest LIMIT :most

-- name: forget_sent
DELETE FROM sent WHERE digest > :after AND digest <= :last AND message_id < :before

-- name: forget_parked
DELETE FROM parked_receipts WHERE heard_at < :before

-- name: parts_of_message -> Part
SELECT $columns FROM parts WHERE message_id = :message_id ORDER BY number

-- name: parts_of_carrier -> Part
-- More than one where a carrier took a whole text in one piece.
SELECT $columns FROM parts WHERE carrier = :carrier AND carrier_message_id = :carrier_message_id

-- name: any_parked -> scalar bool
SELECT EXISTS (SELECT 1 FROM parked_receipts)

-- name: stick
INSERT INTO sticky (account_id, region, destination, identity, delivered_at)
VALUES (:account_id, :region, :destination, :identity, :delivered_at)
ON CONFLICT (account_id, region, destination)
    DO UPDATE SET identity = excluded.identity, delivered_at = excluded.delivered_at

-- name: forget_sticky
-- Between two keys of the walk: the first has been looked at before, the last has not.
DELETE FROM sticky
WHERE (account_id, region, destination) > (:after_account_id, :after_region, :after_destination)
    AND (account_id, region, destination) <= (:account_id, :region, :destination)
    AND delivered_at <= :before

-- name: any_trouble -> scalar bool
SELECT EXISTS (SELECT 1 FROM troubles WHERE slot >= :oldest)

-- name: troubles_since -> tuple
SELECT slot, finals, failures FROM troubles
WHERE account_id = :account_id AND region = :region AND identity = :identity AND slot >= :oldest

-- name: count_trouble
INSERT INTO troubles (account_id, region, identity, slot, counter, finals, failures)
VALUES (:account_id, :region, :identity, :slot, :counter, :finals, :failures)
ON CONFLICT (account_id, region, identity, slot, counter)
    DO UPDATE SET finals = troubles.finals + excluded.finals, failures = troubles.failures + excluded.failures

-- name: forget_troubles
DELETE FROM troubles WHERE slot < :oldest

-- name: degrade
INSERT INTO degraded (account_id, region, identity, until, said)
VALUES (:account_id, :region, :identity, :until, :said)
ON CONFLICT (account_id, region, identity) DO UPDATE SET until = excluded.until, said = excluded.said

-- name: forget_degraded
DELETE FROM degraded WHERE until <= :now

-- name: texts_aging -> tuple
-- Of each text: its id, when it was accepted, whether the outbox has it, whether it has ended, and when its last
-- event was. What is SENT, every part of it and none in doubt, had an event: where there is none now, retention
-- took it, which it does after the end only.
SELECT m.message_id, m.created_at,
    EXISTS (SELECT 1 FROM outbox o WHERE o.message_id = m.message_id),
    m.status IN ('DELIVERED', 'FAILED', 'EXPIRED', 'UNKNOWN', 'RECEIVED')
        OR EXISTS (SELECT 1 FROM events e WHERE e.message_id = m.message_id AND e.is_final)
        OR (m.status = 'SENT'
            AND NOT EXISTS (SELECT 1 FROM events e WHERE e.message_id = m.message_id)
            AND NOT EXISTS (
                SELECT 1 FROM parts p WHERE p.message_id = m.message_id AND (p.status <> 'SENT' OR p.doubt))),
    (SELECT max(e.created_at) FROM events e WHERE e.message_id = m.message_id)
FROM messages m WHERE m.message_id >= :first AND m.message_id <= :last ORDER BY m.message_id LIMIT :most

-- name: texts_counted -> tuple
-- Along the narrowest index that has all texts.
SELECT account_id, message_id FROM messages WHERE (account_id, message_id) > (:account_id, :message_id)
ORDER BY account_id, message_id LIMIT :most

-- name: newest_text -> scalar
SELECT message_id FROM messages ORDER BY message_id DESC LIMIT 1

-- name: oldest_text -> scalar
SELECT created_at FROM messages ORDER BY message_id LIMIT 1

-- name: forget_body
UPDATE messages SET body = '' WHERE message_id = :message_id AND body <> ''

-- name: forget_whys
DELETE FROM whys WHERE (account_id, region, why_id) IN (
    SELECT account_id, region, why_id FROM whys WHERE used_on < :before ORDER BY used_on LIMIT :most)

-- ------------------------------------------------------------------------------------------- the console: texts

-- name: messages_newest -> Message
SELECT $columns FROM messages WHERE message_id < :before AND message_id > :after
ORDER BY message_id DESC LIMIT :most

-- name: next_message_ids -> scalar
SELECT message_id FROM messages WHERE message_id > :after ORDER BY message_id LIMIT :most

-- name: messages_of_number -> Message
-- What a person got and sent; never what a number of ours sent.
SELECT $columns FROM messages WHERE message_id > :after AND message_id <= :last
    AND ((direction = 'OUTBOUND' AND destination = :number) OR (direction = 'INBOUND' AND origination = :number))

-- name: messages_newest_of_account -> Message
SELECT $columns FROM messages WHERE account_id = :account_id AND message_id < :before AND message_id > :after
ORDER BY message_id DESC LIMIT :most

-- ------------------------------------------------------------------------------------------- the console: reset

-- name: accounts_seen -> scalar
SELECT DISTINCT account_id FROM places

-- name: message_ids_of_account -> scalar
SELECT message_id FROM messages WHERE account_id = :account_id ORDER BY message_id LIMIT :most

-- name: reset_outbox
DELETE FROM outbox WHERE message_id = :message_id

-- name: reset_parts
DELETE FROM parts WHERE message_id = :message_id

-- name: reset_events
DELETE FROM events WHERE message_id = :message_id

-- name: reset_messages
DELETE FROM messages WHERE message_id = :message_id

-- name: reset_parked_receipts
DELETE FROM parked_receipts

-- name: reset_places
DELETE FROM places WHERE account_id = :account_id

-- name: reset_counters
DELETE FROM counters WHERE account_id = :account_id

-- name: reset_tokens
DELETE FROM tokens WHERE account_id = :account_id

-- name: reset_tags
DELETE FROM tags WHERE account_id = :account_id

-- name: reset_opt_out_lists
DELETE FROM opt_out_lists WHERE account_id = :account_id

-- name: reset_opted_out_numbers
DELETE FROM opted_out_numbers WHERE account_id = :account_id

-- name: reset_opt_ins
DELETE FROM opt_ins WHERE account_id = :account_id

-- name: reset_phone_numbers
DELETE FROM phone_numbers WHERE account_id = :account_id

-- name: reset_sender_ids
DELETE FROM sender_ids WHERE account_id = :account_id

-- name: reset_pools
DELETE FROM pools WHERE account_id = :account_id

-- name: reset_pool_identities
DELETE FROM pool_identities WHERE account_id = :account_id

-- name: reset_keywords
DELETE FROM keywords WHERE account_id = :account_id

-- name: reset_configuration_sets
DELETE FROM configuration_sets WHERE account_id = :account_id

-- name: reset_sticky
DELETE FROM sticky WHERE account_id = :account_id

-- name: reset_troubles
DELETE FROM troubles WHERE account_id = :account_id

-- name: reset_degraded
DELETE FROM degraded WHERE account_id = :account_id

-- name: reset_whys
DELETE FROM whys WHERE account_id = :account_id

-- name: reset_spend
DELETE FROM spend_slots WHERE account_id = :account_id

-- name: reset_spend_limits
DELETE FROM spend_limits WHERE account_id = :account_id
