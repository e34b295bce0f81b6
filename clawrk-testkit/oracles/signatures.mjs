// Signs and checks webhooks with Stripe's own library for Node: rows of JSON in, answers out.
//
// usage: signatures.mjs sign|check
import { createInterface } from "node:readline";
import Stripe from "stripe";

const { webhooks } = new Stripe("sk_test_ofTheOracles1");
const TOLERANCE_SECONDS = 300;

const verbs = {
  sign: ([payload, secret, timestamp]) =>
    webhooks.generateTestHeaderString({ payload, secret, timestamp }),
  check: ({ body, secret, header, now }) => {
    try {
      webhooks.constructEvent(body, header, secret, TOLERANCE_SECONDS, undefined, now * 1000);
      return true;
    } catch (error) {
      // Else it stumbled over the header. A body is read only once its signature was found good.
      return error instanceof SyntaxError;
    }
  },
};

const verb = verbs[process.argv[2]];
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(verb(JSON.parse(line))));
}
