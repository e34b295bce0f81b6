// Drives a running fake with Stripe's own library for Node.
//
// usage: sdk.mjs STRIPE_URL CONTROL_URL KEY
import assert from "node:assert/strict";
import Stripe from "stripe";

const [stripeUrl, control, key] = process.argv.slice(2);
const { hostname: host, port } = new URL(stripeUrl);
const client = (key) =>
  new Stripe(key, {
    apiVersion: "2026-08-26.dahlia",
    host,
    port,
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
  });
const stripe = client(key);
const { errors } = Stripe;

async function order(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(control + path, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.text());
}

async function all(list) {
  const ids = [];
  for await (const { id } of list) ids.push(id);
  return ids;
}

// Somebody subscribes.
const customers = [];
for (let n = 0; n < 5; n += 1) {
  const made = await stripe.customers.create({ metadata: { clawrk_user: `node-${n}` } });
  customers.push(made.id);
}
const newest = await all(stripe.customers.list({ limit: 2 }));
assert.deepEqual(newest.slice(0, 5), [...customers].reverse());
const product = await stripe.products.create({ name: "Team" });
const price = await stripe.prices.create({
  product: product.id,
  currency: "usd",
  unit_amount: 7500,
  recurring: { interval: "month" },
});
const session = await stripe.checkout.sessions.create({
  mode: "subscription",
  customer: customers[0],
  line_items: [{ price: price.id, quantity: 2 }],
  metadata: { clawrk_tier: "team" },
  subscription_data: { metadata: { clawrk_tier: "team" } },
  success_url: "https://example.com/success",
  cancel_url: "https://example.com/cancel",
});
await order(`/checkouts/${session.id}/complete`);
const done = await stripe.checkout.sessions.retrieve(session.id);
assert.equal(done.status, "complete");
const subscription = await stripe.subscriptions.retrieve(done.subscription);
assert.equal(subscription.items.data[0].quantity, 2);
const [invoice] = (await stripe.invoices.list({ customer: customers[0] })).data;
assert.equal(invoice.amount_paid, 15000);
assert.equal(invoice.parent.subscription_details.metadata.clawrk_tier, "team");

// Somebody is paid.
const account = await stripe.accounts.create({
  controller: {
    stripe_dashboard: { type: "express" },
    fees: { payer: "application" },
    losses: { payments: "application" },
    requirement_collection: "stripe",
  },
  capabilities: { transfers: { requested: true } },
});
await order(`/accounts/${account.id}/onboard`);
assert.equal((await stripe.accounts.retrieve(account.id)).capabilities.transfers, "active");
const terms = {
  amount: 100,
  currency: "usd",
  destination: account.id,
  transfer_group: "job-of-node",
  metadata: { clawrk_payout: "po_node" },
};
const transfer = await stripe.transfers.create(terms, { idempotencyKey: "po_node:1" });
const again = await stripe.transfers.create(terms, { idempotencyKey: "po_node:1" });
assert.equal(again.id, transfer.id);
assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
const other = { ...terms, amount: 200 };
await assert.rejects(
  stripe.transfers.create(other, { idempotencyKey: "po_node:1" }),
  errors.StripeIdempotencyError,
);
const group = await all(stripe.transfers.list({ transfer_group: "job-of-node", limit: 1 }));
assert.deepEqual(group, [transfer.id]);
await stripe.transfers.createReversal(transfer.id, { amount: 60 });
assert.equal((await stripe.transfers.retrieve(transfer.id)).amount_reversed, 60);

// What goes wrong arrives as what it is.
await assert.rejects(client("sk_test_wrong").balance.retrieve(), errors.StripeAuthenticationError);
await assert.rejects(stripe.transfers.retrieve("tr_none"), errors.StripeInvalidRequestError);
for (const [fault, error] of [
  ["busy", errors.StripeRateLimitError],
  ["error_done", errors.StripeAPIError],
  ["lost", errors.StripeConnectionError],
  ["cut", errors.StripeError],
  ["gateway", errors.StripeError],
]) {
  // The library itself asks once more where a connection that it had kept is found closed.
  const times = fault === "lost" ? 2 : 1;
  await order("/faults", { path: "/v1/customers", fault, times });
  await assert.rejects(stripe.customers.create({ name: fault }), error, fault);
}
console.log(`the library for Node ${Stripe.PACKAGE_VERSION}: all as asked`);
