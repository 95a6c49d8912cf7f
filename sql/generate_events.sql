-- Generate events with orders and tickets, for measurements.
--
-- Each event of the ranks :first_rank to :last_rank sells :scale / rank ^ :exponent
-- tickets, in orders of up to four. The trigger that counts the tickets runs once,
-- at the end of the statement, as it does for a sale.
WITH planned AS MATERIALIZED (
    SELECT nextval('events_id_seq') AS id, rank,
           -- The golden ratio alternates rounding up and down, so that the sum is exact.
           CAST(floor(:scale * power(rank, -(:exponent)) + rank * 0.6180339887 % 1) AS integer)
               AS tickets,
           -- Every fourth event has two ticket types and sells the first one.
           CASE WHEN rank % 4 = 0 THEN nextval('ticket_types_id_seq') END AS type_id,
           CASE WHEN rank % 4 = 0 THEN nextval('ticket_types_id_seq') END AS other_type_id
    FROM generate_series(CAST(:first_rank AS bigint), :last_rank) AS rank
),
described AS (
    SELECT id, rank, tickets,
           (ARRAY['Jazz', 'Rock', 'Chess', 'Poetry', 'Cooking', 'Cinema', 'Science'])[1 + rank % 7]
               || ' ' || (ARRAY['night', 'fair', 'congress', 'day', 'festival'])[1 + rank % 5]
               || ' ' || rank AS name,
           'An event that was made up to be counted.' AS description,
           'Hall ' || rank % 400 || ', '
               || (ARRAY['Berlin', 'Lisbon', 'Oslo', 'Auckland', 'Lima'])[1 + rank % 5] AS location,
           -- A quarter starts in the past months, the others within the coming year.
           now() + (rank * 7919 % 701280 - 175320) * interval '1 minute' AS start_time
    FROM planned
),
new_events AS (
    INSERT INTO events (id, organizer_id, name, description, category_id, visibility,
                        start_time, end_time, timezone, location, capacity, name_key, words,
                        created_at, updated_at)
    SELECT id, :first_organizer + rank % :organizers, name, description,
           :first_category + rank % :categories,
           CASE WHEN rank % 23 = 0 THEN 'unlisted' ELSE 'public' END,
           start_time, start_time + interval '3 hours', 'Europe/Berlin', location,
           -- Every tenth event is sold out.
           greatest(1, tickets + rank % 10),
           lower(name),
           -- The texts are ASCII words, which SQL can split as the application would.
           (SELECT array_agg(DISTINCT word) FROM (
               SELECT unnest(regexp_split_to_array(
                   lower(name || ' ' || location || ' ' || rtrim(description, '.')), '[ ,]+'
               )) AS word
               UNION ALL
               SELECT '@' || unnest(regexp_split_to_array(lower(location), '[ ,]+'))
           ) AS found),
           now() - rank * interval '1 second', now()
    FROM described
),
new_types AS (
    INSERT INTO ticket_types (id, event_id, position, name, price, currency, quantity)
    SELECT type_id, id, 1, 'Standard', 10, 'EUR', tickets + 10 FROM planned
    WHERE type_id IS NOT NULL
    UNION ALL
    SELECT other_type_id, id, 2, 'Gold', 25, 'EUR', 10 FROM planned
    WHERE other_type_id IS NOT NULL
),
planned_orders AS MATERIALIZED (
    -- Ids that begin with the rank are inserted in order, as the UUIDv7 of real
    -- sales are. Random ids would touch another page of the index each.
    SELECT lpad(to_hex(rank), 8, '0') AS id_start,
           CAST(lpad(to_hex(rank), 8, '0') || right(CAST(gen_random_uuid() AS text), 28) AS uuid)
               AS id,
           planned.id AS event_id, planned.type_id,
           CASE WHEN planned.type_id IS NULL THEN 0 ELSE 10 END AS price,
           least(4, tickets - 4 * number) AS quantity,
           :first_buyer + (rank * 31 + number) % :buyers AS buyer_id
    FROM planned
    CROSS JOIN LATERAL generate_series(0, (tickets + 3) / 4 - 1) AS number
),
new_orders AS (
    INSERT INTO orders (id, event_id, buyer_id, status, total, currency, created_at)
    SELECT id, event_id, buyer_id, 'confirmed', price * quantity,
           CASE WHEN price > 0 THEN 'EUR' END, now()
    FROM planned_orders
)
INSERT INTO tickets (id, event_id, order_id, ticket_type_id, price, code, issued_at)
SELECT CAST(id_start || right(CAST(gen_random_uuid() AS text), 28) AS uuid), event_id, id,
       type_id, price,
       -- 26 hexadecimal digits are 104 random bits, enough for generated tickets.
       upper(left(replace(CAST(gen_random_uuid() AS text), '-', ''), 26)), now()
FROM planned_orders
CROSS JOIN LATERAL generate_series(1, quantity)
