import { expect, test } from "vitest";
import { frame } from "../../contracts/sse.ts";

test("an SSE frame has the event, the id and the data, each on a line", () => {
  expect(frame("{}", "message", "7")).toBe("event: message\nid: 7\ndata: {}\n\n");
});

test.each(["\n", "\r", "\r\n"])("a line break in `event` or `id` is an error: %j", (lineBreak) => {
  const value = `a${lineBreak}data: forged`;
  expect(() => frame("{}", value)).toThrow("line break");
  expect(() => frame("{}", "message", value)).toThrow("line break");
});
