import * as fc from "fast-check";
import { ResponseStream } from "openai/lib/responses/ResponseStream";
import { expect, test } from "vitest";
import { ResponseEvent } from "../../contracts/http/responses/events.ts";
import type { RunEvent } from "../../server/agent/types.ts";
import { arbitraryRun } from "../support/runs/arbitrary-runs.ts";
import { foldWithoutListener, emitRun } from "../support/runs/response-events.ts";
import { validateStream } from "../support/runs/responses-grammar.ts";

const styles = fc.record({
  includesToolActivity: fc.boolean(),
  hasToolSearch: fc.constant(false),
  customToolNames: fc.constantFrom(new Set<string>(), new Set(["shell"])),
  encrypt: fc.constantFrom(undefined, (text: string) => `encrypted ${text}`),
});

const hasFailed = (run: readonly RunEvent[]): boolean => {
  const end = run.at(-1);
  return end?.type === "end" && (end.reason === "error" || end.reason === "aborted");
};

test("any run is a valid stream, and folding the stream gives the response", () => {
  fc.assert(
    fc.property(arbitraryRun, styles, (run, style) => {
      const { events, response } = emitRun(run, style);
      expect(validateStream(events)).toEqual(response);
      expect(foldWithoutListener(run, style)).toEqual(response);
    }),
    { numRuns: 2_000 },
  );
});

test("every event of any run matches the contract exactly", () => {
  fc.assert(
    fc.property(arbitraryRun, styles, (run, style) => {
      const { events } = emitRun(run, style);
      expect(events.map((event) => ResponseEvent.parse(event))).toEqual(events);
    }),
    { numRuns: 300 },
  );
});

test("no text of a run is lost, and none is repeated", () => {
  fc.assert(
    fc.property(arbitraryRun, (run) => {
      const spokenText = run.map((event) => (event.type === "text" ? event.text : "")).join("");
      const { output } = emitRun(run).response;
      const parts = output.flatMap((item) => (item.type === "message" ? item.content : []));
      expect(parts.map((part) => (part.type === "output_text" ? part.text : "")).join("")).toBe(spokenText);
    }),
    { numRuns: 500 },
  );
});

test("the official SDK's helper makes the same response of any run that ends well", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryRun.filter((run) => !hasFailed(run)),
      styles,
      async (run, style) => {
        const { events, response } = emitRun(run, style);
        const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
        const stream = ResponseStream.fromReadableStream(new Response(lines).body as ReadableStream);
        const final = await stream.finalResponse();
        expect(final).toMatchObject(JSON.parse(JSON.stringify(response)) as object);
      },
    ),
    { numRuns: 300 },
  );
});

test("the official SDK's helper raises the error of a run that fails", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryRun.filter(hasFailed), async (run) => {
      const lines = emitRun(run).events.map((event) => `${JSON.stringify(event)}\n`);
      const stream = ResponseStream.fromReadableStream(new Response(lines.join("")).body as ReadableStream);
      await expect(stream.finalResponse()).rejects.toThrow(/It broke|was aborted/);
    }),
    { numRuns: 50 },
  );
});
