/** Tables and times for people. */
import { expect, test } from "vitest";
import { formatRelativeTime } from "../../cli/format-time.ts";
import { formatListing, formatProperties } from "../../cli/table.ts";
import { cutToWidth, getWidth } from "../../cli/text-width.ts";

const head = ["SESSION", "LAST USED", "LABEL"];
const rows = [
  ["agent:main:main", "5 min ago", "The main conversation of the day"],
  ["agent:main:日本", "2 d ago", ""],
];

test("a table has any width in a pipe, and wide characters take two columns", () => {
  expect(formatListing(head, rows, undefined)).toEqual([
    "SESSION          LAST USED  LABEL",
    "agent:main:main  5 min ago  The main conversation of the day",
    "agent:main:日本  2 d ago",
  ]);
});

test("the last column is cut on a narrow terminal", () => {
  const lines = formatListing(head, rows, 50);
  expect(lines[1]).toBe("agent:main:main  5 min ago  The main conversation…");
  for (const line of lines) expect(getWidth(line)).toBeLessThanOrEqual(50);
});

test("each row is a paragraph on 38 columns", () => {
  const lines = formatListing(head, rows, 38);
  expect(lines).toEqual([
    "agent:main:main",
    "  last used: 5 min ago",
    "  label: The main conversation of the…",
    "agent:main:日本",
    "  last used: 2 d ago",
  ]);
  for (const line of lines) expect(getWidth(line)).toBeLessThanOrEqual(38);
});

test("properties are lines with their names where they do not fit", () => {
  const properties = [
    ["Gateway", "http://127.0.0.1:18789"],
    ["Running for", "5 min"],
  ];
  expect(formatProperties(properties, 38)).toEqual([
    "Gateway      http://127.0.0.1:18789",
    "Running for  5 min",
  ]);
  expect(formatProperties(properties, 30)).toEqual(["Gateway: http://127.0.0.1:18789", "Running for: 5 min"]);
});

test.each([
  [0, "now"],
  [-5_000, "5 s ago"],
  [-90_000, "1 min ago"],
  [-7_200_000, "2 h ago"],
  [-3 * 86_400_000, "3 d ago"],
  [86_400_000, "in 1 d"],
  [-40 * 86_400_000, "2026-10-21"],
])("%i ms from now is %s", (distance, text) => {
  const now = Date.UTC(2026, 10, 30, 12);
  expect(formatRelativeTime(now + distance, now)).toBe(text);
});

test("a text is cut by its width", () => {
  expect([cutToWidth("hello", 5), cutToWidth("hello", 4), cutToWidth("日本語", 5)]).toEqual([
    "hello",
    "hel…",
    "日本…",
  ]);
});
