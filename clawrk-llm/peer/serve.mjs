// Starts aimock on a free port, runs the program that is given with the address and the key, and
// compares what aimock understood of the three ways of asking, which has to be the same.
import { spawn } from "node:child_process";
import { deepStrictEqual, ok } from "node:assert";
import { LLMock } from "@copilotkit/aimock";

const KEY = "sk-of-aimock";
const SHEEP = '{"sheep":3}';
const PATHS = ["/v1/messages", "/v1/chat/completions", "/api/chat"];

const aimock = new LLMock({ port: 0, auth: { apiKeys: [KEY] }, logLevel: "warn" });
const on = (match, response) => aimock.addFixture({ match, response });
const said = (userMessage, response) => on({ userMessage }, { content: SHEEP, ...response });

said("simple", {});
said("model", { model: "as-it-says" });
// OpenAI's way of asking for a form is known to aimock, the others are not.
on({ userMessage: "form", model: /^gpt/, responseFormat: "json_schema" }, { content: SHEEP });
on({ userMessage: "form", model: /^claude/ }, { content: SHEEP });
on({ userMessage: "form", model: /^qwen/ }, { content: SHEEP });
said("too long", { finishReason: "length" });
on({ userMessage: "no way", model: /^claude/ }, { content: "No.", finishReason: "refusal" });
on({ userMessage: "no way", model: /^gpt/ }, { content: "No.", finishReason: "content_filter" });
on({ userMessage: "no way", model: /^qwen/ }, { content: "No." });
on({ userMessage: "usage", model: /^gpt/ }, {
  content: SHEEP, usage: { prompt_tokens: 11, completion_tokens: 5 },
});
on({ userMessage: "usage", model: /^claude/ }, {
  content: SHEEP, usage: { input_tokens: 11, output_tokens: 5 },
});
on({ userMessage: "usage", model: /^qwen/ }, { content: SHEEP });
said("thoughts", { reasoning: "One, two, three." });
const error = (status, message) => ({ status, error: { message, type: "of_aimock" } });
on({ userMessage: "busy once", sequenceIndex: 0 }, { ...error(429, "slow down"), retryAfter: 1 });
on({ userMessage: "broken once", sequenceIndex: 0 }, error(500, "oh"));
said("once", {});
on({ userMessage: "later" }, { ...error(429, "much later"), retryAfter: 3600 });
for (const status of [400, 403, 422, 503, 529]) {
  on({ userMessage: `status ${status}` }, error(status, `this is ${status}`));
}

const url = await aimock.start();
const [program, ...more] = process.argv.slice(2);
const child = spawn(program, [...more, url, KEY], { stdio: "inherit" });
const code = await new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
const understood = aimock.getRequests();
await aimock.stop();
if (code === 0) {
  const messages = (path) => {
    const requests = understood.filter((it) => it.path === path && it.body?.messages);
    const found = requests.find((it) => it.body.messages.at(-1).content === "simple");
    ok(found, `${path} was not asked`);
    return found.body.messages.map(({ role, content }) => ({ role, content }));
  };
  for (const path of PATHS) {
    deepStrictEqual(messages(path), [
      { role: "system", content: "You count sheep." },
      { role: "user", content: "Ein Schaf?" },
      { role: "assistant", content: "{}" },
      { role: "user", content: "simple" },
    ], path);
  }
  const stray = understood.filter((it) => !PATHS.includes(it.path)).map((it) => it.path);
  deepStrictEqual(stray, []);
  console.log(`aimock understood ${understood.length} requests`);
}
process.exitCode = code;
