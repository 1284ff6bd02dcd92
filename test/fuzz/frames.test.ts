/** The parser of socket frames: any text is a request or an error, and never an exception. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseFrame } from "../../server/socket/frame.ts";
import { fuzz, fuzzTimeoutMs } from "../support/runs/fuzz.ts";

const limits = { maxDepth: 8, maxNodes: 50 };
const frame = fc.record(
  {
    type: fc.constantFrom("req", "res", 1, null),
    id: fc.oneof(fc.string({ maxLength: 300 }), fc.jsonValue()),
    method: fc.oneof(fc.constantFrom("connect", "__proto__", "constructor"), fc.jsonValue()),
    params: fc.jsonValue(),
    extra: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test(
  "any JSON and any text are a request or an error with an id",
  () => {
    const text = fc.oneof(
      frame.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    );
    fuzz([text, fc.nat(20)], (whole, cut) => {
      for (const sent of [whole, whole.slice(0, -cut - 1)]) {
        const result = parseFrame(sent, limits);
        if ("request" in result) {
          const { type, id, method } = JSON.parse(sent) as Record<string, unknown>;
          expect({ type, id, method }).toEqual({
            type: "req",
            id: result.request.id,
            method: result.request.method,
          });
        } else {
          expect(result.id.length).toBeLessThanOrEqual(256);
          expect(result.error.message).not.toBe("");
        }
      }
    });
  },
  fuzzTimeoutMs,
);
