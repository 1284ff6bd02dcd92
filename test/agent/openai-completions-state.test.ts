/** What a server attached to thinking and calls goes back with the calls, to the model that made them. */
import { describe, expect, test } from "vitest";
import { getDefaultCompat, type Compat } from "../../server/agent/models/openai-completions/compat.ts";
import { createStep } from "../../server/agent/step.ts";
import type { AssistantTurn, ModelEvent } from "../../server/agent/types.ts";
import { randomId } from "../../server/lib/ids.ts";
import { call, readWithStates, unstreamedCall } from "../support/providers/completion-events.ts";
import {
  collectModelEvents,
  createCompletionsModel,
  createModelCall,
} from "../support/providers/openai-completions.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import {
  completionChunk,
  jsonResponse,
  sseFrames,
  sseResponse,
  startScriptedProvider,
} from "../support/providers/scripted-provider.ts";
import { createTestRun, noLimits, toolTurn, userTurn } from "../support/runs/runs.ts";

const signature = { google: { thought_signature: "SIG" } };
const look = { id: "a", type: "function", function: { name: "look", arguments: "{}" } };
const answer = sseResponse(sseFrames(completionChunk({ content: "ok" }, "stop")));

/** The message that goes back after a reply, in the next step of a run. */
async function sendBack(
  message: object,
  compat: Partial<Compat> = {},
  change?: (turn: AssistantTurn) => AssistantTurn,
): Promise<unknown> {
  await using provider = await startScriptedProvider();
  provider.script(jsonResponse({ choices: [{ index: 0, message, finish_reason: "stop" }] }), answer);
  const model = createCompletionsModel(provider.baseUrl, {
    compat: { ...getDefaultCompat(provider.baseUrl), ...compat },
  });
  const step = createStep(createTestRun({ model: createScriptedModel([]) }), [], randomId, noLimits);
  for (const event of await collectModelEvents(model, unstreamedCall)) step.push(event);
  const turn = step.toTurn();
  if (turn === undefined) throw new Error("The first step has no turn.");
  // The store keeps turns as JSON.
  const stored = JSON.parse(JSON.stringify(turn)) as AssistantTurn;
  const turns = [userTurn("go"), change?.(stored) ?? stored, toolTurn("a", "seen")];
  await collectModelEvents(model, createModelCall({ turns }));
  const body = provider.requests()[1]?.body as { readonly messages: readonly unknown[] };
  return body.messages[1];
}

const sent = { role: "assistant", content: null, tool_calls: [look] };

describe("a message with calls goes back with", () => {
  test.for(["reasoning_content", "reasoning", "reasoning_text"] as const)(
    "its thinking in the field that it came in: %s",
    async (field) => {
      expect(await sendBack({ [field]: "hm", tool_calls: [look] })).toEqual({ ...sent, [field]: "hm" });
    },
  );

  test("its reasoning details, unchanged and in order", async () => {
    const reasoning_details = [
      { type: "reasoning.text", text: "hm", signature: "s", index: 0 },
      { type: "reasoning.encrypted", data: "x", id: "r", index: 1 },
    ];
    expect(await sendBack({ reasoning: "hm", reasoning_details, tool_calls: [look] })).toEqual({
      ...sent,
      reasoning: "hm",
      reasoning_details,
    });
  });

  test.for(["reasoning_opaque", "thinking_blocks"])("its %s", async (field) => {
    const value =
      field === "thinking_blocks" ? [{ type: "thinking", thinking: "hm", signature: "s" }] : "opaque";
    expect(await sendBack({ [field]: value, tool_calls: [look] })).toEqual({ ...sent, [field]: value });
  });

  test.for([
    { extra_content: signature },
    { provider_specific_fields: { thought_signature: "SIG" } },
    { thought_signature: "SIG" },
  ])("what is attached to a call: %j", async (extra) => {
    const message = {
      tool_calls: [
        { ...look, ...extra },
        { ...look, id: "b" },
      ],
    };
    expect(await sendBack(message)).toEqual({ ...sent, ...message });
  });
});

test("a message without calls goes back without its thinking", async () => {
  expect(await sendBack({ content: "Hi", reasoning_content: "hm" })).toEqual({
    role: "assistant",
    content: "Hi",
  });
});

test("nothing goes to another model; what a client returned goes to the one that is asked", async () => {
  const message = { reasoning_content: "hm", tool_calls: [{ ...look, extra_content: signature }] };
  expect(await sendBack(message, {}, (turn) => ({ ...turn, model: "another" }))).toEqual(sent);
  const returned = await sendBack(message, {}, ({ role, content }) => ({ role, content }));
  expect(returned).toEqual({ ...sent, ...message });
});

test("the configuration names the field, or that nothing goes back", async () => {
  const message = { reasoning_content: "hm", tool_calls: [{ ...look, extra_content: signature }] };
  expect(await sendBack(message, { thinkingField: "reasoning" })).toEqual({
    ...sent,
    reasoning: "hm",
    tool_calls: message.tool_calls,
  });
  expect(await sendBack(message, { thinkingField: "none", supportsCallState: false })).toEqual(sent);
});

test.for([
  ["https://api.openai.com/v1", "none", false],
  ["https://generativelanguage.googleapis.com/v1beta/openai", "none", true],
  ["https://api.groq.com/openai/v1", "reasoning", false],
  ["https://api.mistral.ai/v1", "none", false],
  ["https://api.deepseek.com", "auto", true],
  ["https://openrouter.ai/api/v1", "auto", true],
  ["http://127.0.0.1:8000/v1", "auto", true],
] as const)("%s is guessed to take thinking back as %s", ([baseUrl, thinkingField, supportsCallState]) => {
  expect(getDefaultCompat(baseUrl)).toMatchObject({ thinkingField, supportsCallState });
});

const states = (events: readonly ModelEvent[]): readonly unknown[] =>
  events.flatMap((event) =>
    event.type === "state" || event.type === "tool_call_state" ? [event.state] : [],
  );

test("fragments of streamed details are joined, and their state comes before the next part", async () => {
  const detail = (fields: object): object =>
    completionChunk({ reasoning_details: [{ type: "reasoning.text", index: 0, ...fields }] });
  const events = await readWithStates(
    sseResponse(
      sseFrames(
        detail({ text: "hm" }),
        detail({ text: " so" }),
        detail({ signature: "s" }),
        completionChunk({ reasoning_details: [{ type: "reasoning.encrypted", data: "x", index: 1 }] }),
        completionChunk({ content: "Hi" }),
        completionChunk(
          { reasoning_details: [{ type: "reasoning.encrypted", data: "y", index: 2 }] },
          "stop",
        ),
      ),
    ),
  );
  expect(events.map(({ type }) => type).join(" ")).toBe("thinking thinking state text state finish");
  expect(states(events)).toEqual([
    {
      reasoning_details: [
        { type: "reasoning.text", index: 0, text: "hm so", signature: "s" },
        { type: "reasoning.encrypted", data: "x", index: 1 },
      ],
    },
    { reasoning_details: [{ type: "reasoning.encrypted", data: "y", index: 2 }] },
  ]);
});

test("the state of a call may come with its name, with its arguments, or alone", async () => {
  const chunks = [
    { tool_calls: [{ index: 0, id: "a", function: { name: "look" }, extra_content: { n: 1 } }] },
    { tool_calls: [{ index: 0, function: { arguments: "{}" }, thought_signature: "s" }] },
    { tool_calls: [{ index: 0, extra_content: signature }] },
  ].map((delta) => completionChunk(delta));
  const events = await readWithStates(sseResponse(sseFrames(...chunks, completionChunk({}, "stop"))));
  expect(states(events).at(-1)).toEqual({ extra_content: signature, thought_signature: "s" });
  expect(events.filter(({ type }) => type === "tool_call")).toHaveLength(1);
});

test("more state than a server can need back is not kept", async () => {
  const data = "x".repeat(900_000);
  const chunk = completionChunk({ reasoning_details: [{ type: "reasoning.encrypted", data }] });
  const events = await readWithStates(
    sseResponse(
      sseFrames(
        ...Array<object>(6).fill(chunk),
        completionChunk(call(0, "a", "look", "{}")),
        completionChunk({}, "stop"),
      ),
    ),
  );
  expect(JSON.stringify(states(events)).length).toBeLessThan(4.2 * 1024 * 1024);
});
