// A model that runs on this machine, behind the part of OpenAI's chat completions that clawrk asks.
// The model and what runs it are others' work; only this shape around them is ours.
//
// usage: serve.mjs MODEL.gguf NAME KEY
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { getLlama, LlamaChat, LlamaLogLevel } from "node-llama-cpp";

const CONTEXT_TOKENS = 8192;
const BODY_BYTES_MAX = 4 << 20;
const TEXT_CHARS_MAX = 60;
const LIST_ITEMS_MAX = 2;

const [file, name, key] = process.argv.slice(2);
const started = performance.now();
const llama = await getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  logLevel: LlamaLogLevel.error,
});
const model = await llama.loadModel({ modelPath: file });
// One thread: more than there are idle cores wait for each other, and a token takes seconds.
const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads: 1 });
const chat = new LlamaChat({ contextSequence: context.getSequence() });

/** What the client is told instead of an answer. */
class Refusal extends Error {
  constructor(status, code, message, type = "invalid_request_error") {
    super(message);
    this.status = status;
    this.error = { message, type, param: null, code };
  }
}

function checkKey(header) {
  const hash = (text) => createHash("sha256").update(text).digest();
  if (!timingSafeEqual(hash(header ?? ""), hash(`Bearer ${key}`))) {
    throw new Refusal(401, "invalid_api_key", "Incorrect API key provided.");
  }
}

async function read(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) {
      throw new Refusal(413, "request_too_large", `At most ${BODY_BYTES_MAX} bytes are read.`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Refusal(400, null, "We could not parse the JSON body of your request.");
  }
}

function history(messages) {
  if (!Array.isArray(messages) || messages.at(-1)?.role !== "user") {
    throw new Refusal(400, null, "messages must be a list that ends with one of the user.");
  }
  return messages.map(({ role, content }) => {
    if (typeof content !== "string") throw new Refusal(400, null, "content must be a text.");
    switch (role) {
      case "system":
      case "user":
        return { type: role, text: content };
      case "assistant":
        return { type: "model", response: [content] };
      default:
        throw new Refusal(400, null, "role must be system, user or assistant.");
    }
  });
}

/**
 * The schema, with bounds for each text and list that has none, since a model this small
 * does not end by itself, or does not begin. They only take away from what may be written: whatever is
 * written is valid by the schema that was sent, and nothing that is not valid by it becomes so.
 */
function bounded(schema) {
  if (Array.isArray(schema)) return schema.map(bounded);
  if (schema === null || typeof schema !== "object") return schema;
  const { properties, items, ...rest } = schema;
  if (properties !== undefined) {
    const each = Object.entries(properties).map(([name, value]) => [name, bounded(value)]);
    rest.properties = Object.fromEntries(each);
  }
  if (items !== undefined) rest.items = bounded(items);
  if (rest.type === "array") {
    rest.minItems ??= 1;
    rest.maxItems ??= LIST_ITEMS_MAX;
  }
  if (rest.type === "string" && rest.enum === undefined) {
    rest.minLength ??= 1;
    rest.maxLength ??= TEXT_CHARS_MAX;
  }
  return rest;
}

async function grammar(format) {
  switch (format?.type ?? "text") {
    case "text":
      return undefined;
    case "json_schema":
      return await llama.createGrammarForJsonSchema(bounded(format.json_schema.schema));
    default:
      throw new Refusal(400, null, `response_format ${format.type} is not supported.`);
  }
}

async function complete(body, signal) {
  if (body.model !== name) {
    throw new Refusal(404, "model_not_found", `The model \`${body.model}\` does not exist.`);
  }
  const chatHistory = history(body.messages);
  const { contextText } = chat.chatWrapper.generateContextState({ chatHistory });
  const asked = contextText.tokenize(model.tokenizer).length;
  // A few are for what the engine puts before an answer.
  const room = CONTEXT_TOKENS - asked - 16;
  if (room <= 0) {
    const message = `This model's maximum context length is ${CONTEXT_TOKENS} tokens.`;
    throw new Refusal(400, "context_length_exceeded", message);
  }
  const most = body.max_completion_tokens ?? body.max_tokens ?? room;
  let written = 0;
  const began = performance.now();
  const { response, metadata } = await chat.generateResponse(chatHistory, {
    grammar: await grammar(body.response_format),
    maxTokens: Math.min(most, room),
    // OpenAI's own default; and with less, so small a model writes the same line over and over.
    temperature: body.temperature ?? 1,
    onToken: (tokens) => (written += tokens.length),
    signal,
  });
  const finish = metadata.stopReason === "maxTokens" ? "length" : "stop";
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.error(`${asked} tokens in, ${written} out, ${seconds} s, ${finish}`);
  return {
    id: `chatcmpl-${Date.now()}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model: name,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: response, refusal: null },
        logprobs: null,
        finish_reason: finish,
      },
    ],
    usage: { prompt_tokens: asked, completion_tokens: written, total_tokens: asked + written },
  };
}

// One after the other: there is one context.
let last = Promise.resolve();
function inTurn(task) {
  const mine = last.then(task);
  last = mine.catch(() => {});
  return mine;
}

async function answer(request, signal) {
  checkKey(request.headers.authorization);
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
    throw new Refusal(404, "unknown_url", `Unknown request: ${request.method} ${request.url}`);
  }
  const body = await read(request);
  return await inTurn(() => {
    signal.throwIfAborted();
    return complete(body, signal);
  });
}

const server = createServer(async (request, response) => {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  let status = 200;
  let value;
  try {
    value = await answer(request, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof Refusal)) console.error(error);
    const told =
      error instanceof Refusal ? error : new Refusal(500, null, "It failed.", "server_error");
    status = told.status;
    value = { error: told.error };
  }
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
});
server.requestTimeout = 0;
server.listen(0, "127.0.0.1", () => {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.error(`loaded in ${seconds} s`);
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
