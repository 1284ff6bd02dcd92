import { expect, test } from "vitest";
import { describeError } from "../../server/lib/errors.ts";

test("an error is described with its causes, which say why", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  expect(describeError(new TypeError("fetch failed", { cause: refused }))).toBe(
    "TypeError: fetch failed (Error: connect ECONNREFUSED 127.0.0.1:1)",
  );
  expect(describeError(new AggregateError([refused], "all failed"))).toBe(
    "AggregateError: all failed (Error: connect ECONNREFUSED 127.0.0.1:1)",
  );
  expect(describeError(new Error("why", { cause: "a text" }))).toBe("Error: why (a text)");
  expect(describeError("a text")).toBe("a text");
});

test("causes that lead back to themselves end", () => {
  const error = new Error("round");
  error.cause = error;
  expect(describeError(error).length).toBeLessThan(100);
});
