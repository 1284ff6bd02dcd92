import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { createChatBody } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { openRawConnection, formatRequest } from "../support/sockets/raw-http.ts";
import {
  completionChunk,
  closeConnection,
  jsonResponse,
  startScriptedProvider,
  sseResponse,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

const canaries = {
  token: "canary-token-7d1f0c52b9a84e63",
  "wrong credential": "canary-wrong-58a0",
  "provider key": "canary-key-c95a1e7730f24d18",
  "provider header": "canary-header-02b6",
  prompt: "canary-prompt-3e8b",
  answer: "canary-answer-94c0",
  "tool output": "canary-output-b17d",
  "tool arguments": "canary-arguments-66fa",
} as const;

/** Returns the canary as text, in base64 at each of the three offsets, in hexadecimal and in upper case. */
function encodings(canary: string): readonly string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.from(" ".repeat(offset) + canary).toString("base64");
    return text.slice(offset === 0 ? 0 : 4, -4);
  });
  return [canary, ...base64, Buffer.from(canary).toString("hex"), canary.toUpperCase()];
}

/** Returns the names of the canaries in the text, in any encoding. */
function findCanaries(text: string): readonly string[] {
  return Object.entries(canaries)
    .filter(([, canary]) => encodings(canary).some((encoding) => text.includes(encoding)))
    .map(([name]) => name);
}

test("the search finds a canary in base64, wherever it begins", () => {
  for (const before of ["", "a", "ab", "abc"]) {
    const hidden = Buffer.from(`${before}${canaries.token} and more`).toString("base64");
    expect(findCanaries(hidden)).toEqual(["token"]);
  }
});

const answerWith = (text: string): ScriptedResponse =>
  sseResponse(
    frame(completionChunk({ content: text })),
    frame(completionChunk({}, "stop")),
    "data: [DONE]\n\n",
  );
const frame = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

/** Provider responses with secrets in them, successful and failed. */
const answers: readonly ScriptedResponse[] = [
  answerWith(canaries.answer),
  answerWith(canaries.answer),
  jsonResponse({
    choices: [{ index: 0, message: { role: "assistant", content: canaries.answer }, finish_reason: "stop" }],
  }),
  jsonResponse({ error: { message: `Incorrect API key provided: ${canaries["provider key"]}` } }, 401),
  jsonResponse({ error: { message: `The key ${canaries["provider key"]} is over its limit.` } }, 429),
  jsonResponse({ error: { message: `failed with ${canaries["provider key"]}` } }, 400),
  sseResponse(`data: {"choices":[{"delta":{"content":"${canaries.answer}`, "\n\n"),
  sseResponse(`data: ${canaries.answer}\n\n`),
  sseResponse(frame(completionChunk({ content: canaries.answer })), closeConnection),
  { headers: { "content-type": "text/html" }, steps: [`<p>${canaries.answer}</p>`] },
];

test("the log, errors, state and command line contain no secret and no prompt", async () => {
  await using provider = await startScriptedProvider();
  const config: ConfigInput = {
    gateway: {
      auth: { token: canaries.token },
      http: { endpoints: { chatCompletions: { enabled: true } } },
    },
    logging: { level: "debug" },
    models: {
      providers: {
        scripted: {
          api: "openai-completions",
          baseUrl: provider.baseUrl,
          apiKey: canaries["provider key"],
          headers: { "x-canary": canaries["provider header"] },
          models: [{ id: "m" }],
        },
      },
    },
    agents: { defaults: { model: "scripted/m" } },
  };
  const gateway = await startGatewayProcess({ config, env: { OPENCLAW_GATEWAY_TOKEN: undefined } });
  const headers = { authorization: `Bearer ${canaries.token}`, "content-type": "application/json" };
  const errors: string[] = [];
  const post = async (body: unknown, more: Record<string, string> = {}): Promise<number> => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...headers, ...more },
      body: text,
    });
    const answer = await response.text();
    if (!response.ok) errors.push(answer);
    return response.status;
  };

  // Successful requests: streamed, stored, unstreamed; with a tool call and its output in the conversation.
  provider.script(...answers);
  const prompt = createChatBody(canaries.prompt);
  const toolCall = {
    id: "call_1",
    type: "function",
    function: { name: "look", arguments: JSON.stringify({ at: canaries["tool arguments"] }) },
  };
  const toolTurns = [
    { role: "user", content: canaries.prompt },
    { role: "assistant", content: null, tool_calls: [toolCall] },
    { role: "tool", tool_call_id: "call_1", content: canaries["tool output"] },
  ];
  expect(await post({ ...prompt, stream: true })).toBe(200);
  expect(
    await post(
      { model: "openclaw", messages: toolTurns, stream: true },
      { "x-openclaw-session-key": "kept" },
    ),
  ).toBe(200);
  expect(await post(prompt)).toBe(200);
  // Requests whose provider fails; after a rate limit or an error the next response is tried.
  for (let i = 0; i < 8; i++) await post({ ...prompt, stream: i % 2 === 0 });
  expect(provider.requests().length).toBeGreaterThanOrEqual(answers.length);

  // Rejected requests: credential, content type, syntax, schema, conversation, path.
  expect(await post(prompt, { authorization: `Bearer ${canaries["wrong credential"]}` })).toBe(401);
  expect(await post(prompt, { authorization: canaries.token })).toBe(401);
  expect(await post(prompt, { "content-type": "text/plain" })).toBe(415);
  const promptRejections = [
    `{"prompt": ${canaries.prompt}`,
    { model: "openclaw", messages: [{ role: canaries.prompt, content: "x" }] },
    { model: "openclaw", messages: canaries.prompt },
    { model: "openclaw", messages: [{ role: "tool", tool_call_id: canaries.prompt, content: "x" }] },
    { ...prompt, tools: [{ type: "function", function: { name: canaries.prompt.repeat(9) } }] },
  ];
  const errorsBeforePrompts = errors.length;
  for (const body of promptRejections) expect(await post(body)).toBe(400);
  await fetch(`${gateway.url}/v1/models?token=${canaries.token}`);
  await fetch(`${gateway.url}/nothing?token=${canaries.token}`);
  const raw = await openRawConnection(gateway.url);
  raw.send(formatRequest(["GET / HTTP/1.1", `Authorization: Bearer ${canaries.token}`, "broken header"]));
  await raw.closed;

  const command = readFileSync(`/proc/${gateway.child.pid}/cmdline`, "utf8");
  expect(await gateway.end("SIGTERM")).toBe(0);

  expect(findCanaries(command)).toEqual([]);
  expect(findCanaries(gateway.output())).toEqual([]);
  await expect.poll(gateway.output).toContain('"level":"debug"');
  // An error may repeat what the caller sent, but nothing of the gateway.
  expect(findCanaries(errors.slice(0, errorsBeforePrompts).join("\n"))).toEqual([]);
  const secrets = new Set(["token", "provider key", "provider header", "answer"]);
  expect(findCanaries(errors.join("\n")).filter((name) => secrets.has(name))).toEqual([]);

  const canariesOnDisk = new Set<string>();
  for (const name of readdirSync(gateway.stateDir, { recursive: true, encoding: "utf8" })) {
    // The last good copy has the texts of the configuration file, also its secrets, and its mode.
    if (name === "openclaw.last-good.json")
      expect(statSync(join(gateway.stateDir, name)).mode & 0o777).toBe(0o600);
    else if (/\.sqlite/.test(name))
      for (const canary of findCanaries(readFileSync(join(gateway.stateDir, name), "latin1")))
        canariesOnDisk.add(canary);
    else
      expect([name, findCanaries(readFileSync(join(gateway.stateDir, name), "latin1"))]).toEqual([name, []]);
  }
  expect([...canariesOnDisk].sort()).toEqual(["answer", "prompt", "tool arguments", "tool output"]);
});
