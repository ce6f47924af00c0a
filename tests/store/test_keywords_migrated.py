"""Migration 2: the numbers in pools give up keywords of their own, for they have their pool's."""

import apsw

from wireroom.store import migrate

NUMBER = """
INSERT INTO phone_numbers (account_id, region, phone_number_id, phone_number, active_at, country,
    message_type, capabilities, number_type, monthly_price, two_way_enabled, self_managed_opt_outs,
    opt_out_list, international_sending, deletion_protection, pool_id, created_at)
VALUES ('123456789012', 'us-east-1', :number, :number, 0, 'US', 'TRANSACTIONAL', '["SMS"]', 'TOLL_FREE',
    '2.00', FALSE, FALSE, 'Default', FALSE, FALSE, :pool, 0)
"""
KEYWORD = """
INSERT INTO keywords (account_id, region, owner_id, keyword, message, action)
VALUES ('123456789012', 'us-east-1', :owner, 'HELP', 'Call us', 'AUTOMATIC_RESPONSE')
"""


def test_a_number_in_a_pool_gives_up_the_keywords_that_it_brought_along() -> None:
    connection = apsw.Connection(":memory:")
    first, second = migrate.migrations()[:2]
    migrate.apply(first, connection.execute)
    for number, pool in (("pooled", "pool"), ("free", None)):
        connection.execute(NUMBER, {"number": number, "pool": pool})
    for owner in ("pooled", "free", "pool"):
        connection.execute(KEYWORD, {"owner": owner})
    migrate.apply(second, connection.execute)
    left = connection.execute("SELECT owner_id FROM keywords ORDER BY owner_id").fetchall()
    connection.close()
    assert left == [("free",), ("pool",)]
