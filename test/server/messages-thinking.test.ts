/** Thinking in messages: how it is shown, and what goes back to the provider that has signed it. */
import type Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { ModelCall, ModelEvent, ModelStream } from "../../server/agent/types.ts";
import {
  createAnthropicClient,
  messageRequest,
  messagesConfig,
} from "../support/clients/anthropic-client.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";

const model = "test/signed";
const signature = { signature: "provider's own" };
const weather: Anthropic.Tool = { name: "get_weather", input_schema: { type: "object" } };

/** Thinks, signs, speaks and calls; what was signed has to come back unchanged. */
const answer: readonly ModelEvent[] = [
  { type: "thinking", text: "Which city?" },
  { type: "state", model, part: "thinking", state: signature },
  { type: "text", text: "Let me look." },
  { type: "tool_call", index: 0, id: "call_1", name: "get_weather" },
  { type: "tool_call_arguments", index: 0, fragment: "{}" },
  { type: "tool_call_state", model, index: 0, state: { mark: "of the call" } },
  { type: "finish", reason: "tool_calls" },
];

const signedTurn: ModelCall["turns"][number] = {
  role: "assistant",
  model,
  content: [
    { type: "thinking", text: "Which city?", state: signature },
    { type: "text", text: "Let me look." },
    { type: "tool_call", id: "call_1", name: "get_weather", arguments: "{}", state: { mark: "of the call" } },
  ],
};

async function startGateway() {
  const modelCalls: ModelCall[] = [];
  const stream: ModelStream = async function* respond(call) {
    modelCalls.push({ ...call, turns: [...call.turns] });
    yield* call.turns.length === 1
      ? answer
      : ([
          { type: "text", text: "Snow." },
          { type: "finish", reason: "stop" },
        ] as const);
  };
  return { gateway: await startTestGateway({ config: messagesConfig, model: stream }), modelCalls };
}

const request = (thinking?: Anthropic.ThinkingConfigParam): Anthropic.MessageCreateParamsNonStreaming => ({
  ...messageRequest("The weather?"),
  tools: [weather],
  ...(thinking === undefined ? {} : { thinking }),
});

const withResult = (content: Anthropic.ContentBlockParam[], thinking?: Anthropic.ThinkingConfigParam) => {
  const first = request(thinking);
  const result = { type: "tool_result", tool_use_id: "call_1", content: "Snow" } as const;
  return {
    ...first,
    messages: [
      ...first.messages,
      { role: "assistant" as const, content },
      { role: "user" as const, content: [result] },
    ],
  };
};

test.each<[string, Anthropic.ThinkingConfigParam | undefined, readonly string[]]>([
  ["as text", { type: "adaptive" }, ["thinking", "text", "tool_use", "redacted_thinking"]],
  [
    "without text",
    { type: "adaptive", display: "omitted" },
    ["thinking", "text", "tool_use", "redacted_thinking"],
  ],
  ["not at all", undefined, ["text", "redacted_thinking", "tool_use", "redacted_thinking"]],
])(
  "shown %s, everything that the provider has signed goes back to it in its order",
  async (_, thinking, types) => {
    const { gateway, modelCalls } = await startGateway();
    const { messages } = createAnthropicClient(gateway);
    const { content } = await messages.create(request(thinking));
    expect(content.map(({ type }) => type)).toEqual(types);
    const text = content.find((block) => block.type === "thinking")?.thinking;
    expect(text).toBe(
      thinking === undefined
        ? undefined
        : thinking.type === "adaptive" && thinking.display === "omitted"
          ? ""
          : "Which city?",
    );

    await messages.create(withResult(content, thinking));
    expect(modelCalls[1]?.turns[1]).toEqual(signedTurn);
  },
);

test("foreign, empty and altered signatures drop their blocks, and never fail a request", async () => {
  const { gateway, modelCalls } = await startGateway();
  const { messages } = createAnthropicClient(gateway);
  const { content } = await messages.create(request({ type: "adaptive" }));
  const [own] = content;
  const sealed = own?.type === "thinking" ? own.signature : "";
  const calls = content.filter((block) => block.type === "tool_use");
  const altered = (sealed.startsWith("A") ? "B" : "A") + sealed.slice(1);
  for (const signature of ["", "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk", altered]) {
    await messages.create(withResult([{ type: "thinking", thinking: "Mine.", signature }, ...calls]));
    expect(modelCalls.at(-1)?.turns[1]).toEqual({
      role: "assistant",
      content: [{ type: "tool_call", id: "call_1", name: "get_weather", arguments: "{}" }],
    });
  }
});

test("what was sealed for one key is nothing for another", async () => {
  const { gateway, modelCalls } = await startGateway();
  const { content } = await createAnthropicClient(gateway).messages.create(request({ type: "adaptive" }));
  const other = createAnthropicClient(gateway, {
    apiKey: await createKey(gateway, "other", { scopes: ["run"] }),
  });
  await other.messages.create(withResult(content, { type: "adaptive" }));
  expect(JSON.stringify(modelCalls[1]?.turns)).not.toContain("provider's own");
});
