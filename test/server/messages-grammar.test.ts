import Anthropic from "@anthropic-ai/sdk";
import { createAnthropic } from "@ai-sdk/anthropic";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MessagesEvent } from "../../contracts/http/messages/events.ts";
import type { RunEvent } from "../../server/agent/types.ts";
import { arbitraryRun } from "../support/runs/arbitrary-runs.ts";
import { emitMessage, foldMessage, toEventStream } from "../support/runs/message-events.ts";
import { checkMessageStream } from "../support/runs/messages-grammar.ts";

const displays = fc.constantFrom("text" as const, "omitted" as const, "hidden" as const);

const hasFailed = (run: readonly RunEvent[]): boolean => {
  const end = run.at(-1);
  return end?.type === "end" && (end.reason === "error" || end.reason === "aborted");
};
const successfulRun = arbitraryRun.filter((run) => !hasFailed(run));

/** The official SDK, whose requests are answered with this stream. */
const createSdk = (stream: string): Anthropic =>
  new Anthropic({
    apiKey: "key",
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(stream, { headers: { "content-type": "text/event-stream" } })),
  });

const request = {
  model: "openclaw",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "hi" }],
};

test("any run is a stream that keeps the grammar and the contract", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryRun, displays, async (run, display) => {
      const events = await emitMessage(run, display);
      const sent = hasFailed(run) ? events.slice(0, -1) : events;
      checkMessageStream(sent, !hasFailed(run));
      expect(events.map((event) => MessagesEvent.parse(event))).toEqual(events);
    }),
    { numRuns: 1_000 },
  );
});

test("no text of a run is lost, and none is repeated", async () => {
  await fc.assert(
    fc.asyncProperty(successfulRun, async (run) => {
      const texts = run.map((event) => (event.type === "text" || event.type === "refusal" ? event.text : ""));
      const { content } = await foldMessage(run);
      expect(content.map((block) => (block.type === "text" ? block.text : "")).join("")).toBe(texts.join(""));
    }),
    { numRuns: 500 },
  );
});

test("a run without thinking that was asked for has no thinking blocks, and none without calls has redacted ones", async () => {
  await fc.assert(
    fc.asyncProperty(successfulRun, async (run) => {
      const types = (await foldMessage(run, "hidden")).content.map(({ type }) => type);
      expect(types).not.toContain("thinking");
      if (!types.includes("tool_use")) expect(types).not.toContain("redacted_thinking");
    }),
    { numRuns: 500 },
  );
});

test("the official SDK's helper makes the whole message of any run that ends well", async () => {
  await fc.assert(
    fc.asyncProperty(successfulRun, displays, async (run, display) => {
      const stream = createSdk(toEventStream(await emitMessage(run, display))).messages.stream(request);
      expect(await stream.finalMessage()).toMatchObject(await foldMessage(run, display));
    }),
    { numRuns: 200 },
  );
});

test("the official SDK's helper raises the error of a run that fails", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryRun.filter(hasFailed), async (run) => {
      const stream = createSdk(toEventStream(await emitMessage(run))).messages.stream(request);
      await expect(stream.finalMessage()).rejects.toThrow(/It broke|was aborted/);
    }),
    { numRuns: 50 },
  );
});

test("the AI SDK reads any run without a part that it does not know", async () => {
  await fc.assert(
    fc.asyncProperty(successfulRun, displays, async (run, display) => {
      const sse = toEventStream(await emitMessage(run, display));
      const fetch = () =>
        Promise.resolve(new Response(sse, { headers: { "content-type": "text/event-stream" } }));
      const model = createAnthropic({ apiKey: "key", fetch })("claude-opus-5-5");
      const { stream } = await model.doStream({
        prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      });
      const parts = await Array.fromAsync(stream);
      const text = parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("");
      const { content } = await foldMessage(run, display);

      expect(parts.filter(({ type }) => type === "error")).toEqual([]);
      expect(text).toBe(content.map((block) => (block.type === "text" ? block.text : "")).join(""));
      expect(parts.at(-1)).toMatchObject({
        type: "finish",
        finishReason: { unified: expect.not.stringMatching("other") as string },
      });
    }),
    { numRuns: 100 },
  );
});
