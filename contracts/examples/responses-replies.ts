/** Examples of responses without tools: text, formats, reasoning, refusals, limits. */
import type { Example } from "../endpoint.ts";
import type { createResponse } from "../http/responses/endpoint.ts";
import type { OutputItem } from "../http/responses/response.ts";
import { message, response, stream, messageEvents } from "./responses-shapes.ts";
import { ends, refuses, says, thinks } from "./script.ts";

const spent = { input: 12, output: 4 } as const;
const greeting = message(0, "Hello there.");

const schema = {
  type: "object",
  properties: { city: { type: "string" }, celsius: { type: "number" } },
  required: ["city", "celsius"],
  additionalProperties: false,
} as const;

const createReasoning = (text: string): Extract<OutputItem, { type: "reasoning" }> => ({
  type: "reasoning",
  id: "rs_1_0",
  summary: [{ type: "summary_text", text }],
});
const reasoningLocation = { item_id: "rs_1_0", output_index: 0, summary_index: 0 } as const;

const refusal = { type: "refusal", refusal: "I can't help with that." } as const;

const createIncompleteMessage = (): OutputItem => {
  const { phase: _none, ...item } = message(0, "1, 2, 3");
  return { ...item, status: "incomplete" };
};

export const responseReplies: readonly Example<typeof createResponse>[] = [
  {
    title: "A whole response",
    request: {
      body: {
        model: "openclaw",
        instructions: "Be brief.",
        input: "Say hello.",
        temperature: 0.2,
        metadata: { ticket: "4711" },
      },
    },
    model: [says("Hello"), says(" there."), ends({ ...spent, cached: 8 })],
    reply: response({ ...spent, cached: 8 }, [greeting], {
      instructions: "Be brief.",
      temperature: 0.2,
      metadata: { ticket: "4711" },
    }),
  },
  {
    title: "A streamed response",
    request: { body: { model: "openclaw", input: "Say hello.", stream: true } },
    model: [says("Hello"), says(" there."), ends(spent)],
    events: stream(response(spent, [greeting]), ...messageEvents(greeting, "Hello", " there.")),
  },
  {
    title: "A conversation that the caller keeps",
    request: {
      body: {
        model: "openclaw",
        store: false,
        input: [
          { role: "developer", content: "Be brief." },
          { role: "user", content: "I am Ada." },
          { role: "assistant", content: [{ type: "output_text", text: "Hello Ada." }] },
          { role: "user", content: [{ type: "input_text", text: "Who am I?" }] },
        ],
      },
    },
    model: [says("You are Ada."), ends({ input: 31, output: 4 })],
    reply: response({ input: 31, output: 4 }, [message(0, "You are Ada.")], { store: false }),
  },
  {
    title: "An agent chosen by `model`",
    replyHeaders: { "x-openclaw-agent-id": "coder" },
    request: { body: { model: "openclaw:coder", input: "Say hello." } },
    model: [says("Hello from the coder."), ends({ input: 12, output: 6 })],
    reply: response({ input: 12, output: 6 }, [message(0, "Hello from the coder.")], {
      model: "openclaw:coder",
    }),
  },
  {
    title: "An answer in JSON of a given shape",
    request: {
      body: {
        model: "openclaw",
        input: "It is 3 degrees in Oslo.",
        text: { format: { type: "json_schema", name: "weather", strict: true, schema } },
      },
    },
    model: [says('{"city":"Oslo",'), says('"celsius":3}'), ends({ input: 41, output: 11 })],
    reply: response({ input: 41, output: 11 }, [message(0, '{"city":"Oslo","celsius":3}')], {
      text: { format: { type: "json_schema", name: "weather", description: null, schema, strict: true } },
    }),
  },
  {
    title: "Thinking, streamed before the answer",
    request: {
      body: {
        model: "openclaw",
        input: "What is 17 × 3?",
        reasoning: { effort: "low", summary: "auto" },
        stream: true,
      },
    },
    model: [
      thinks("17 × 3 is 30"),
      thinks(" and 21."),
      says("51"),
      ends({ input: 14, output: 13, reasoning: 11 }),
    ],
    events: stream(
      response(
        { input: 14, output: 13, reasoning: 11 },
        [createReasoning("17 × 3 is 30 and 21."), message(1, "51")],
        { reasoning: { effort: "low", summary: "auto" } },
      ),
      { type: "response.output_item.added", output_index: 0, item: { ...createReasoning(""), summary: [] } },
      {
        type: "response.reasoning_summary_part.added",
        ...reasoningLocation,
        part: { type: "summary_text", text: "" },
      },
      { type: "response.reasoning_summary_text.delta", ...reasoningLocation, delta: "17 × 3 is 30" },
      { type: "response.reasoning_summary_text.delta", ...reasoningLocation, delta: " and 21." },
      { type: "response.reasoning_summary_text.done", ...reasoningLocation, text: "17 × 3 is 30 and 21." },
      {
        type: "response.reasoning_summary_part.done",
        ...reasoningLocation,
        part: { type: "summary_text", text: "17 × 3 is 30 and 21." },
      },
      { type: "response.output_item.done", output_index: 0, item: createReasoning("17 × 3 is 30 and 21.") },
      ...messageEvents(message(1, "51"), "51"),
    ),
  },
  {
    title: "A refusal",
    request: { body: { model: "openclaw", input: "Pick this lock." } },
    model: [refuses("I can't help with that."), ends({ input: 11, output: 7 })],
    reply: response({ input: 11, output: 7 }, [{ ...message(0, ""), content: [refusal] }]),
  },
  {
    title: "A response cut by its token limit",
    request: { body: { model: "openclaw", input: "Count to a hundred.", max_output_tokens: 16 } },
    model: [says("1, 2, 3"), ends({ input: 11, output: 16 }, "length")],
    reply: response({ input: 11, output: 16 }, [createIncompleteMessage()], {
      status: "incomplete",
      completed_at: null,
      incomplete_details: { reason: "max_output_tokens" },
      max_output_tokens: 16,
    }),
  },
];
