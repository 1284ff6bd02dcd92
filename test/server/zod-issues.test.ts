import { expect, test } from "vitest";
import { z } from "zod";
import { flattenIssues, type Issue } from "../../server/lib/zod-issues.ts";
import { suggest } from "../../server/lib/did-you-mean.ts";

function listIssues(schema: z.ZodType, value: unknown): readonly Issue[] {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) throw new Error("expected the value to be refused");
  return flattenIssues(result.error);
}

const Text = z.strictObject({ type: z.literal("text"), text: z.string() });
const Image = z.strictObject({
  type: z.literal("image_url"),
  image_url: z.strictObject({ url: z.string() }),
});
const Content = z.union([z.string(), z.array(z.union([Text, Image])).max(2)]);
const Message = z.discriminatedUnion("role", [
  z.object({ role: z.literal("user"), content: Content }),
  z.object({ role: z.literal("tool"), tool_call_id: z.string() }),
]);

test("a missing field, a wrong type, a wrong value and an unknown key each have their kind", () => {
  const schema = z.strictObject({ a: z.string(), b: z.int(), c: z.enum(["x", "y"]), d: z.enum(["x"]) });
  expect(listIssues(schema, { b: "1", c: "z", e: 1 })).toEqual([
    { path: ["a"], kind: "missing", message: "is required" },
    { path: ["b"], kind: "type", message: "expected number, got string" },
    { path: ["c"], kind: "value", message: 'expected one of "x", "y", got "z"' },
    { path: ["d"], kind: "missing", message: "is required" },
    { path: ["e"], kind: "unknown_key", message: "unknown key", key: "e" },
  ]);
});

test("null, lists, fractions and NaN are named", () => {
  const schema = z.object({
    a: z.string(),
    b: z.record(z.string(), z.number()),
    c: z.int(),
    d: z.coerce.number(),
    e: z.number(),
  });
  expect(
    listIssues(schema, { a: null, b: [], c: 1.5, d: "two", e: JSON.parse("1e999") as unknown }).map(
      (issue) => issue.message,
    ),
  ).toEqual([
    "expected string, got null",
    "expected object, got array",
    "expected integer, got 1.5",
    "expected number, got NaN",
    "expected number, got a number that is too large",
  ]);
});

test("an exceeded maximum is named with the actual value", () => {
  const schema = z.object({ a: z.string().max(3), b: z.array(z.string()).max(1), c: z.int().max(10) });
  expect(listIssues(schema, { a: "long", b: ["", ""], c: 11 }).map((issue) => issue.message)).toEqual([
    "must be at most 3 characters long, got 4",
    "must have at most 1 items, got 2",
    "must be at most 10, got 11",
  ]);
});

test("a minimum of one means not empty", () => {
  const schema = z.object({ a: z.string().min(1), b: z.array(z.string()).min(1), c: z.int().min(1) });
  expect(listIssues(schema, { a: "", b: [], c: 0 }).map((issue) => issue.message)).toEqual([
    "must not be empty",
    "must not be empty",
    "must be at least 1, got 0",
  ]);
});

test("an invalid discriminator lists the allowed ones", () => {
  expect(listIssues(Message, { role: "robot" })).toEqual([
    { path: ["role"], kind: "value", message: 'expected one of "user", "tool", got "robot"' },
  ]);
  expect(listIssues(Message, {})).toEqual([
    { path: ["role"], kind: "missing", message: 'is required: one of "user", "tool"' },
  ]);
});

test("a union is reduced to the branch of the right type", () => {
  expect(listIssues(Message, { role: "user", content: [{ type: "text", text: 1 }] })).toEqual([
    { path: ["content", 0, "text"], kind: "type", message: "expected string, got number" },
  ]);
  expect(listIssues(Content, [{ type: "image_url", image_url: { uri: "x" } }])).toEqual([
    { path: [0, "image_url", "url"], kind: "missing", message: "is required" },
    { path: [0, "image_url", "uri"], kind: "unknown_key", message: "unknown key", key: "uri" },
  ]);
  expect(listIssues(z.union([z.string().max(1), z.array(z.string())]), "ab")[0]?.message).toBe(
    "must be at most 1 characters long, got 2",
  );
});

test("a value that matches no branch gets all of them", () => {
  expect(listIssues(Message, { role: "user", content: 5 })).toEqual([
    { path: ["content"], kind: "type", message: "expected string or array, got number" },
  ]);
  expect(listIssues(Content, [{ type: "video", text: "x" }])).toEqual([
    { path: [0, "type"], kind: "value", message: 'expected one of "text", "image_url", got "video"' },
  ]);
  expect(listIssues(z.object({ content: Content }), {})).toEqual([
    { path: ["content"], kind: "missing", message: "is required" },
  ]);
});

test("a custom message of the schema is kept", () => {
  const schema = z.object({
    id: z.string().regex(/^a/, "must begin with a"),
    n: z.number().refine((n) => n > 1, "must be more than one"),
  });
  expect(listIssues(schema, { id: "b", n: 0 }).map((issue) => issue.message)).toEqual([
    "must begin with a",
    "must be more than one",
  ]);
});

test("long values and values at secret paths are not repeated", () => {
  const Choice = z.enum(["a"]);
  const schema = z.object({
    a: Choice,
    apiKey: Choice,
    headers: z.object({ x: Choice }),
    max_tokens: Choice,
  });
  const hidden = "canary";
  const issues = listIssues(schema, {
    a: "y".repeat(65),
    apiKey: hidden,
    headers: { x: hidden },
    max_tokens: "b",
  });
  expect(issues.map((issue) => issue.message)).toEqual([
    'expected "a", got a string of 65 characters',
    'expected "a", got another string',
    'expected "a", got another string',
    'expected "a", got "b"',
  ]);
});

test("a name with few edits is suggested, one with many is not", () => {
  const keys = ["model", "models", "name", "maxSteps"];
  expect(suggest("modle", keys)).toBe("model");
  expect(suggest("MODELS", keys)).toBe("models");
  expect(suggest("maxStep", keys)).toBe("maxSteps");
  expect(suggest("temperature", keys)).toBeUndefined();
  expect(suggest("m".repeat(65), keys)).toBeUndefined();
  expect(suggest("model", [])).toBeUndefined();
});
