-- Insert orders with their tickets, the answers stored for idempotency keys, and
-- entries of the audit trail, in one round trip.
--
-- Each column is passed as an array, and unnest() turns the arrays into rows, so
-- that the text of the statement is the same for one ticket and for a thousand.
-- All inserts see the same snapshot. The foreign keys between them are checked
-- at the end of the statement, when all rows exist; then the trigger also runs
-- that adds the tickets to tickets_sold of their events and ticket types
-- (count_tickets_sold in migrations/).
WITH new_orders AS (
    INSERT INTO orders (id, event_id, buyer_id, guest_name, guest_email, registrant, status,
                        total, currency, created_at, waitlist_number)
    SELECT *,
           -- The order of arrival: this transaction holds the lock of the event.
           CASE status WHEN 'waitlisted' THEN nextval('orders_waitlist_number_seq') END
    FROM unnest(
        CAST(:order_ids AS uuid[]),
        CAST(:order_event_ids AS bigint[]),
        CAST(:order_buyer_ids AS bigint[]),
        CAST(:order_guest_names AS text[]),
        CAST(:order_guest_emails AS text[]),
        CAST(:order_registrants AS text[]),
        CAST(:order_statuses AS text[]),
        CAST(:order_totals AS numeric[]),
        CAST(:order_currencies AS text[]),
        CAST(:order_created_ats AS timestamptz[])
    ) AS new_order (id, event_id, buyer_id, guest_name, guest_email, registrant, status, total,
                    currency, created_at)
),
new_requests AS (
    INSERT INTO accepted_requests (owner, key, fingerprint, answer, accepted_at)
    SELECT owner, key, decode(fingerprint, 'hex'), answer, accepted_at FROM unnest(
        CAST(:request_owners AS text[]),
        CAST(:request_keys AS text[]),
        CAST(:request_fingerprints AS text[]),
        CAST(:request_answers AS jsonb[]),
        CAST(:request_accepted_ats AS timestamptz[])
    ) AS request (owner, key, fingerprint, answer, accepted_at)
),
new_deeds AS (
    INSERT INTO audit_entries (at, deed, actor_id, api_key_id, event_id, order_id, account_id,
                               detail, address, request_id)
    SELECT * FROM unnest(
        CAST(:deed_ats AS timestamptz[]),
        CAST(:deeds AS text[]),
        CAST(:deed_actor_ids AS bigint[]),
        CAST(:deed_api_key_ids AS bigint[]),
        CAST(:deed_event_ids AS bigint[]),
        CAST(:deed_order_ids AS uuid[]),
        CAST(:deed_account_ids AS bigint[]),
        CAST(:deed_details AS text[]),
        CAST(:deed_addresses AS text[]),
        CAST(:deed_request_ids AS text[])
    )
)
INSERT INTO tickets (id, event_id, order_id, code, ticket_type_id, price, attendee_name,
                     attendee_email, search_text, issued_at)
SELECT * FROM unnest(
    CAST(:ticket_ids AS uuid[]),
    CAST(:ticket_event_ids AS bigint[]),
    CAST(:ticket_order_ids AS uuid[]),
    CAST(:ticket_codes AS text[]),
    CAST(:ticket_type_ids AS bigint[]),
    CAST(:ticket_prices AS numeric[]),
    CAST(:ticket_attendee_names AS text[]),
    CAST(:ticket_attendee_emails AS text[]),
    CAST(:ticket_search_texts AS text[]),
    CAST(:ticket_issued_ats AS timestamptz[])
)
