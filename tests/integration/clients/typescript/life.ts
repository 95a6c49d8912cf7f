// The life of a shop, by openapi-fetch with the types that openapi-typescript generates.
//
// Usage: node life.js URL PICTURE

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";

type Problem = components["schemas"]["ConflictProblem"];
type Shop = Client<paths>;

const [base, picture] = process.argv.slice(2) as [string, string];
const PASSWORD = "correct horse battery";

function connect(token?: string): Shop {
  return createClient<paths>({
    baseUrl: base,
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
}

/** Return the data of a successful response. */
function data<T>(result: { data?: T; error?: unknown }): T {
  assert.ok(result.data !== undefined, JSON.stringify(result.error));
  return result.data;
}

async function signIn(name: string, role: components["schemas"]["Role"]): Promise<Shop> {
  const username = `${name}-${randomUUID().slice(0, 8)}`;
  const guest = connect();
  data(await guest.POST("/api/register", { body: { username, password: PASSWORD, role } }));
  const { refresh } = data(
    await guest.POST("/api/login", { body: { username, password: PASSWORD } }),
  );
  const tokens = data(await guest.POST("/api/token/refresh", { body: { refresh } }));
  return connect(tokens.access);
}

/** Return how many tickets are left, by a problem that is told apart by its code. */
function remaining(problem: Problem): number {
  switch (problem.code) {
    case "sold_out":
      return problem.remaining;
    case "sales_closed":
    case "event_started":
    case "event_cancelled":
      return 0;
    default:
      throw new Error(problem.detail);
  }
}

const name = `TypeScript ${randomUUID().slice(0, 8)}`;
const guest = connect();
const organizer = await signIn("olga", "organizer");
const bob = await signIn("bob", "user");

// An event with an image
const start = Date.now() + 30 * 24 * 3600 * 1000;
const event = data(
  await organizer.POST("/api/events", {
    body: {
      name,
      capacity: 6,
      start_time: new Date(start).toISOString(),
      end_time: new Date(start + 3 * 3600 * 1000).toISOString(),
      timezone: "Europe/Berlin",
      ticket_types: [
        { name: "Standard", price: "50.00", currency: "EUR", quantity: 5 },
        { name: "Child", quantity: 1 },
      ],
    },
  }),
);
assert.deepEqual([event.status, event.visibility], ["scheduled", "public"]);
const [standard, child] = event.ticket_types;
assert.ok(standard && child);
const at = { path: { event_id: event.id } };
const refused = await organizer.POST("/api/events", { body: { name: "", capacity: 0 } });
assert.ok(refused.error?.code === "validation_failed");
assert.ok(refused.error.errors["capacity"]);
const image = new Blob([readFileSync(picture)], { type: "image/png" });
const withImage = data(
  await organizer.PUT("/api/events/{event_id}/image", {
    params: at,
    body: image,
    bodySerializer: (body) => body,
    headers: { "Content-Type": "image/png" },
  }),
);
assert.ok(withImage.image_url);
const stored = data(
  await guest.GET("/api/events/{event_id}/image", { params: at, parseAs: "blob" }),
);
assert.deepEqual(await stored.arrayBuffer(), await image.arrayBuffer());

// A change that was not seen is not overwritten
const seen = (await organizer.GET("/api/events/{event_id}", { params: at })).response.headers;
const header = { "If-Match": seen.get("ETag") ?? "" };
const body = { location: "Blue Note, Berlin" };
const params = { ...at, header };
const changed = data(await organizer.PATCH("/api/events/{event_id}", { params, body }));
assert.deepEqual([changed.location, changed.capacity], ["Blue Note, Berlin", 6]);
const stale = await organizer.PATCH("/api/events/{event_id}", { params, body });
assert.equal(stale.error?.code, "version_conflict");

// What was got can be sent back
const got = data(await organizer.GET("/api/events/{event_id}", { params: at }));
const put = data(await organizer.PUT("/api/events/{event_id}", { params: at, body: got }));
assert.deepEqual({ ...put, version: got.version, updated_at: got.updated_at }, got);

// A purchase, once
const purchase = {
  params: { ...at, header: { "Idempotency-Key": randomUUID() } },
  body: { quantity: 2, ticket_type: standard },
};
const order = data(await bob.POST("/api/events/{event_id}/purchase", purchase));
const again = await bob.POST("/api/events/{event_id}/purchase", purchase);
assert.equal(again.response.headers.get("Idempotent-Replayed"), "true");
assert.equal(data(again).id, order.id);
assert.deepEqual([order.total, order.currency, order.status], ["100.00", "EUR", "confirmed"]);

// A guest buys; the box office sells to somebody by an API key; more is wanted than is left
const grace = { name: "Grace", email: "grace@example.org" };
const bought = data(
  await guest.POST("/api/events/{event_id}/purchase", {
    params: at,
    body: { quantity: 1, ticket_type: standard.id, buyer: grace },
  }),
);
assert.ok(bought.secret);
assert.equal(bought.buyer.email, grace.email);
const key = data(
  await organizer.POST("/api/keys", { body: { name: "Box office", scopes: ["sell"] } }),
);
assert.ok(key.key); // null in the answer to a request that is sent again
const sold = data(
  await connect(key.key).POST("/api/events/{event_id}/purchase", {
    params: at,
    body: {
      quantity: 1,
      ticket_type: standard.id,
      buyer: { name: "Walter", email: "walter@example.org" },
    },
  }),
);
assert.equal(sold.buyer.name, "Walter");
const byEmail = data(
  await organizer.GET("/api/events/{event_id}/orders", {
    params: { ...at, query: { q: "walter@example.org" } },
  }),
);
assert.ok(typeof byEmail !== "string"); // it can be CSV
assert.deepEqual(byEmail.items.map((item) => item.id), [sold.id]);
const refusal = await bob.POST("/api/events/{event_id}/purchase", {
  params: at,
  body: purchase.body,
});
assert.ok(refusal.error?.status === 409);
assert.equal(remaining(refusal.error), 1);

// A guest registers, and finds the order again by its secret
const registered = data(
  await guest.POST("/api/events/{event_id}/register", {
    params: at,
    body: { name: "Hedy", email: "hedy@example.org", ticket_type: child.id },
  }),
);
assert.ok(registered.secret);
const bySecret = { path: { order_id: registered.id }, query: { secret: registered.secret } };
const found = data(await guest.GET("/api/orders/{order_id}", { params: bySecret }));
assert.equal(found.id, registered.id);

// One ticket gets a name, the other one is handed on
const [first, second] = order.tickets;
assert.ok(first && second);
const named = data(
  await bob.PATCH("/api/orders/{order_id}/tickets/{ticket_id}", {
    params: { path: { order_id: order.id, ticket_id: first.id } },
    body: { attendee: { name: "Ada Example" } },
  }),
);
assert.ok(named.tickets.some((ticket) => ticket.attendee?.name === "Ada Example"));
const handedOn = data(
  await bob.POST("/api/orders/{order_id}/tickets/{ticket_id}/transfer", {
    params: { path: { order_id: order.id, ticket_id: second.id } },
    body: { name: "Eve", email: "eve@example.org" },
  }),
);
assert.notEqual(handedOn.code, second.code);

// Files
const byCode = { path: { code: first.code } };
const pdf = data(
  await guest.GET("/api/tickets/{code}/ticket.pdf", { params: byCode, parseAs: "blob" }),
);
assert.equal(await pdf.slice(0, 5).text(), "%PDF-");
const allTickets = data(
  await guest.GET("/api/orders/{order_id}/tickets.pdf", {
    params: { path: { order_id: sold.id }, query: { secret: sold.secret ?? "" } },
    parseAs: "blob",
  }),
);
assert.equal(await allTickets.slice(0, 5).text(), "%PDF-");
const qr = data(await guest.GET("/api/tickets/{code}/qr.png", { params: byCode, parseAs: "blob" }));
assert.equal(await qr.slice(1, 4).text(), "PNG");
const calendar = data(
  await guest.GET("/api/events/{event_id}/calendar.ics", { params: at, parseAs: "text" }),
);
assert.ok(calendar.includes(name));

// At the door
const scan = { params: at, body: { code: first.code } };
const admitted = data(await organizer.POST("/api/events/{event_id}/check-in", scan));
const twice = await organizer.POST("/api/events/{event_id}/check-in", scan);
assert.ok(twice.error?.code === "already_checked_in");
assert.equal(twice.error.checked_in_at, admitted.checked_in_at);
const batch = data(
  await organizer.POST("/api/events/{event_id}/check-in/batch", {
    params: at,
    body: { scans: [{ code: handedOn.code }, { code: first.code }, { code: "0".repeat(26) }] },
  }),
);
assert.deepEqual(
  batch.results.map((result) => result.problem?.code),
  [undefined, "already_checked_in", "ticket_not_found"],
);

// Lists, page by page
const attendees: components["schemas"]["AttendeeTicket"][] = [];
for (let cursor: string | null | undefined; cursor !== null; ) {
  const page = data(
    await organizer.GET("/api/events/{event_id}/attendees", {
      params: { ...at, query: { limit: 2, ...(cursor === undefined ? {} : { cursor }) } },
    }),
  );
  assert.ok(typeof page !== "string"); // it can be CSV
  attendees.push(...page.items);
  cursor = page.next;
}
const names = attendees.flatMap((ticket) => ticket.attendee?.name ?? []); // the others have no name
assert.deepEqual(names.sort(), ["Ada Example", "Eve", "Hedy"]);
const listed = data(
  await guest.GET("/api/events", { params: { query: { q: name, available: true, sort: "start_time" } } }),
);
assert.deepEqual(listed.items.map((item) => item.id), [event.id]);

// The guest and then the organizer cancel
const cancelled = data(await guest.DELETE("/api/orders/{order_id}", { params: bySecret }));
assert.equal(cancelled.status, "cancelled");
const off = data(await organizer.POST("/api/events/{event_id}/cancel", { params: at }));
assert.equal(off.status, "cancelled");
