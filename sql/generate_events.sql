-- Make events with their orders and tickets, for measuring.
--
-- Events of the ranks :first_rank to :last_rank sell :scale / rank ^ :exponent
-- tickets each, in orders of up to four. The trigger that counts the tickets
-- runs once, at the end, as it does for a sale.
WITH planned AS MATERIALIZED (
    SELECT nextval('events_id_seq') AS id, rank,
           CAST(round(:scale * power(rank, -(:exponent))) AS integer) AS tickets
    FROM generate_series(CAST(:first_rank AS bigint), :last_rank) AS rank
),
new_events AS (
    INSERT INTO events (id, organizer_id, name, description, start_time, end_time, timezone,
                        location, capacity, created_at, updated_at)
    SELECT id, :first_organizer + rank % :organizers,
           (ARRAY['Jazz', 'Rock', 'Chess', 'Poetry', 'Cooking', 'Cinema', 'Science'])[1 + rank % 7]
               || ' ' || (ARRAY['night', 'fair', 'congress', 'day', 'festival'])[1 + rank % 5]
               || ' ' || rank,
           'An event that was made up to be counted.',
           start_time, start_time + interval '3 hours', 'Europe/Berlin',
           (ARRAY['Berlin', 'Lisbon', 'Oslo', 'Auckland', 'Lima'])[1 + rank % 5],
           tickets + 1 + rank % 50, now(), now()
    FROM planned
    CROSS JOIN LATERAL (
        SELECT now() + interval '1 day' + (rank * 7919 % 525600) * interval '1 minute' AS start_time
    ) AS times
),
planned_orders AS MATERIALIZED (
    -- Ids that begin with the rank come in order, as the UUIDv7 of real sales do:
    -- random ones would touch a page of the index each.
    SELECT lpad(to_hex(rank), 8, '0') AS id_start,
           CAST(lpad(to_hex(rank), 8, '0') || right(CAST(gen_random_uuid() AS text), 28) AS uuid)
               AS id,
           planned.id AS event_id,
           least(4, tickets - 4 * number) AS quantity,
           :first_buyer + (rank * 31 + number) % :buyers AS buyer_id
    FROM planned
    CROSS JOIN LATERAL generate_series(0, (tickets + 3) / 4 - 1) AS number
),
new_orders AS (
    INSERT INTO orders (id, event_id, buyer_id, status, total, created_at)
    SELECT id, event_id, buyer_id, 'confirmed', 0, now() FROM planned_orders
)
INSERT INTO tickets (id, event_id, order_id, code, issued_at)
SELECT CAST(id_start || right(CAST(gen_random_uuid() AS text), 28) AS uuid), event_id, id,
       -- 26 of the 32 hexadecimal digits: 104 random bits, enough for made-up tickets.
       upper(left(replace(CAST(gen_random_uuid() AS text), '-', ''), 26)), now()
FROM planned_orders
CROSS JOIN LATERAL generate_series(1, quantity)
