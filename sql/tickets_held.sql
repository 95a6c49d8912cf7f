-- The live tickets that buyers of an event hold or wait for, for events with a limit.
--
-- Parameters: :buyers  a JSON array of objects: number (identifies the buyer in the
--                      result), event_id, account_id, person
--
-- A person is known by the account and by the email address at the time of the
-- sale (orders.person): their orders count together. The caller has locked the
-- events, so no other transaction adds to the numbers before it commits.
--
-- UNION, and not OR, so that each part uses its own index (orders_by_buyer,
-- orders_by_person), and an order that both parts find counts once.
SELECT buyer.number, count(*) AS held
FROM json_to_recordset(CAST(:buyers AS json))
    AS buyer (number integer, event_id bigint, account_id bigint, person text)
CROSS JOIN LATERAL (
    SELECT orders.id
    FROM orders
    WHERE orders.buyer_id = buyer.account_id
      AND orders.event_id = buyer.event_id AND orders.status <> 'cancelled'
    UNION
    SELECT orders.id
    FROM orders
    WHERE orders.person = buyer.person
      AND orders.event_id = buyer.event_id AND orders.status <> 'cancelled'
) AS theirs
JOIN tickets ON tickets.event_id = buyer.event_id AND tickets.order_id = theirs.id
            AND tickets.cancelled_at IS NULL
GROUP BY buyer.number
