/** Fields that newer SDKs send: accepted, honoured, or rejected by name. */
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { says } from "../../contracts/examples/script.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const config: ConfigInput = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } } },
  logging: { level: "debug" },
};
const chat = { model: "openclaw", messages: [{ role: "user", content: "hi" }] };
const responses = { model: "openclaw", input: "hi" };

async function start() {
  const { model, modelCalls } = createModelSequence([says("Hello.")]);
  const gateway = await startTestGateway({ config, model });
  const post = async (
    path: string,
    body: object,
    headers = {},
  ): Promise<readonly [number, Readonly<Record<string, unknown>>]> => {
    const response = await fetch(`${gateway.url}/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return [response.status, (await response.json()) as Readonly<Record<string, unknown>>];
  };
  return { post, gateway, modelCalls };
}

test.for([
  ["chat/completions", chat],
  ["responses", responses],
] as const)("%s: moderation that blocks is rejected by name, scores are ignored", async ([path, body]) => {
  const { post } = await start();
  const moderation = (input: string, output: string) => ({
    moderation: { model: "m", policy: { input: { mode: input }, output: { mode: output } } },
  });
  expect(await post(path, { ...body, ...moderation("score", "score") })).toMatchObject([200, {}]);
  for (const [input, output, param] of [
    ["block", "score", "input"],
    ["score", "block", "output"],
  ] as const)
    expect(await post(path, { ...body, ...moderation(input, output) })).toMatchObject([
      400,
      { error: { code: "unsupported_value", param: `moderation.policy.${param}.mode` } },
    ]);
});

test("background_options: later windows need a background response without a stream", async () => {
  const { post } = await start();
  const options = (completion_window: string, more = {}) =>
    post("responses", {
      ...responses,
      ...more,
      background_options: { completion_window, continuation_id: "x" },
    });
  expect((await options("soonest"))[0]).toBe(200);
  expect((await options("8h", { background: true }))[0]).toBe(200);
  const error = { error: { code: "invalid_value", param: "background_options.completion_window" } };
  expect(await options("2h")).toMatchObject([400, error]);
  expect(await options("8h", { background: true, stream: true })).toMatchObject([400, error]);
  expect(await options("1h")).toMatchObject([
    400,
    { error: { param: "background_options.completion_window" } },
  ]);
});

test.for([
  ["chat/completions", chat],
  ["responses", responses],
] as const)(
  "%s: the caching fields reach the model; a session has a key of its own",
  async ([path, body]) => {
    const { post, modelCalls } = await start();
    const caching = {
      prompt_cache_key: "k",
      prompt_cache_retention: "24h",
      prompt_cache_options: { mode: "explicit", ttl: "30m" },
    };
    const [status, reply] = await post(path, { ...body, ...caching });
    expect(status).toBe(200);
    expect(modelCalls.at(-1)?.promptCache).toEqual({ key: "k", retention: "24h" });
    if (path === "responses")
      expect(reply).toMatchObject({ prompt_cache_key: "k", prompt_cache_retention: "24h" });

    await post(path, body);
    expect(modelCalls.at(-1)?.promptCache?.key).toBeUndefined();
    await post(path, body, { "x-openclaw-session-key": "trip" });
    const key = modelCalls.at(-1)?.promptCache?.key;
    expect(key).toMatch(/^[\w-]{32}$/);
    await post(path, { ...body, prompt_cache_retention: "forever" }, { "x-openclaw-session-key": "trip" });
    expect(modelCalls.at(-1)?.promptCache).toEqual({ key, retention: undefined });
  },
);

test("fields without effect are accepted: tiers, breakpoints, programs, images, contexts, phases, ids of the client", async () => {
  const { post, gateway } = await start();
  const text = { type: "input_text", text: "hi", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } };
  const [status, reply] = await post("responses", {
    model: null,
    input: [{ type: "message", id: "msg_8c1f", role: "user", content: [text] }],
    service_tier: "ultrafast",
    access_programs: { a: 1 },
    image: { context_compression: true },
    context_management: [{ type: "compaction", compact_threshold: 1000 }],
    reasoning: { effort: "low", context: "auto", mode: "x" },
    text: { verbosity: "low" },
    safety_identifier: "s",
    user: "u",
    include: ["web_search_call.results", "message.input_image.image_url"],
    client_metadata: { session_id: "s-1", thread_id: "t-1", secret: "canary" },
    tools: [{ type: "function", name: "look", parameters: {}, async: true }],
  });
  expect([status, reply]).toMatchObject([
    200,
    { service_tier: "default", safety_identifier: "s", text: { verbosity: "low" } },
  ]);
  const line = gateway.log.find((each) => each.includes("client metadata"));
  expect(line).toContain('"session_id":"s-1","thread_id":"t-1"');
  expect(gateway.log.join("")).not.toContain("canary");
});

test("the phase of a message is kept in the stored items", async () => {
  const { post, gateway } = await start();
  const input = [
    { type: "message", role: "user", content: "hi" },
    {
      type: "message",
      role: "assistant",
      phase: "commentary",
      content: [{ type: "output_text", text: "One moment." }],
    },
    { type: "message", role: "user", content: "and?" },
  ];
  const [, { id }] = await post("responses", { ...responses, input });
  const items = await fetch(`${gateway.url}/v1/responses/${String(id)}/input_items?order=asc`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await items.json()).toMatchObject({ data: [{}, { phase: "commentary" }, {}] });
});

test("the model is told the grammar of a custom tool", async () => {
  const { post, modelCalls } = await start();
  const format = { type: "grammar", syntax: "lark", definition: "start: /a+/" };
  await post("responses", {
    ...responses,
    tools: [{ type: "custom", name: "patch", description: "Patches.", format }],
  });
  const custom = {
    name: "patch",
    description: "Patches.",
    format: { type: "grammar", grammar: { syntax: "regex", definition: "^a+$" } },
  };
  await post("chat/completions", { ...chat, tools: [{ type: "custom", custom }] });
  const describe = (index: number) =>
    modelCalls[index]?.tools.find(({ name }) => name === "patch")?.description;
  expect(describe(0)).toBe("Patches.\n\nThe input must match this grammar (lark):\nstart: /a+/");
  expect(describe(1)).toBe("Patches.\n\nThe input must match this grammar (regex):\n^a+$");
});
