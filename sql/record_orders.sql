-- Insert orders with their tickets, the answers stored for idempotency keys, and
-- entries of the audit trail, in one round trip.
--
-- Parameters: :orders, :tickets, :requests, :audit_entries
--             a JSON array of objects each, one object per row
--             {…_columns}
--             the columns of the tables, which the program fills in
--
-- json_populate_recordset() turns an array into rows of a table, by the names of
-- its columns, so that the text of the statement is the same for one ticket and
-- for a thousand. All inserts see the same snapshot. The foreign keys between
-- them are checked at the end of the statement, when all rows exist; then the
-- trigger also runs that adds the tickets to tickets_sold of their events and
-- ticket types (count_tickets_sold in migrations/).
WITH new_orders AS (
    INSERT INTO orders ({order_columns}, waitlist_number)
    SELECT {order_columns},
           -- The order of arrival: this transaction holds the lock of the event.
           CASE status WHEN 'waitlisted' THEN nextval('orders_waitlist_number_seq') END
    FROM json_populate_recordset(CAST(NULL AS orders), CAST(:orders AS json))
),
new_requests AS (
    INSERT INTO accepted_requests ({request_columns})
    SELECT {request_columns}
    FROM json_populate_recordset(CAST(NULL AS accepted_requests), CAST(:requests AS json))
),
new_audit_entries AS (
    INSERT INTO audit_entries ({audit_columns})
    SELECT {audit_columns}
    FROM json_populate_recordset(CAST(NULL AS audit_entries), CAST(:audit_entries AS json))
)
INSERT INTO tickets ({ticket_columns})
SELECT {ticket_columns}
FROM json_populate_recordset(CAST(NULL AS tickets), CAST(:tickets AS json))
