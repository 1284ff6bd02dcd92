import { expect, test } from "vitest";
import { splitText } from "../../clients/web/src/lib/split-text.ts";

test("a long text is divided at ends of lines, and nothing of it is lost", () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
  const parts = splitText(lines.join("\n"));
  expect(parts.length).toBeGreaterThan(5);
  expect(parts.join("\n").split("\n")).toEqual(lines);
  expect(splitText("")).toEqual([""]);
});

test("a long line is divided between characters", () => {
  const line = `x${"😀".repeat(50_000)}`;
  const parts = splitText(line);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join("")).toBe(line);
  expect(parts.every((part) => part.isWellFormed())).toBe(true);
});
