-- Orders of one event with their tickets, to be changed.
--
-- Parameters: :event_id
--             :order_ids  which; NULL gives all that wait, the first one first
--
-- Sent with the event locked (sql/lock_events.sql). Whoever changes an order
-- holds its event, so the orders need no lock of their own, and nobody who
-- follows this can wait for another in a circle: there is one lock for each
-- event, and several are taken in the order of their ids.
SELECT o.id, o.event_id, o.buyer_id, o.guest_name, o.guest_email, o.registrant, o.status,
       o.total, o.currency, o.created_at,
       t.id AS ticket_id, t.code, t.ticket_type_id, t.price, t.attendee_name, t.attendee_email,
       t.issued_at, t.checked_in_at, t.cancelled_at
FROM orders AS o
JOIN tickets AS t ON t.event_id = o.event_id AND t.order_id = o.id
WHERE o.event_id = :event_id
  AND CASE WHEN CAST(:order_ids AS uuid[]) IS NULL THEN o.status = 'waitlisted'
           ELSE o.id = ANY(CAST(:order_ids AS uuid[])) END
ORDER BY o.waitlist_number, o.id, t.id
