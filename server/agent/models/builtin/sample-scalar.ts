/** A small number or string that a JSON Schema allows. */
import type { JsonSchema } from "../../types.ts";

const maxStringLength = 100_000;

/** One valid string of each format. */
const formats: Readonly<Record<string, string>> = {
  date: "2000-01-01",
  time: "00:00:00Z",
  "date-time": "2000-01-01T00:00:00Z",
  duration: "PT1S",
  email: "ada@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

/** Characters are code points, as in JSON Schema. */
export function sampleString(schema: JsonSchema, text: string): string | undefined {
  const minLength = readNumber(schema["minLength"], 0);
  const maxLength = readNumber(schema["maxLength"], Infinity);
  if (minLength > maxLength || minLength > maxStringLength) return undefined;
  const { format } = schema;
  if (typeof format === "string" && Object.hasOwn(formats, format)) return formats[format];
  const characters = Array.from(text).slice(0, maxLength);
  return characters.join("") + "x".repeat(Math.max(0, Math.ceil(minLength) - characters.length));
}

/** Returns zero if the schema allows it, else an allowed number close to it. */
export function sampleNumber(schema: JsonSchema, type: "number" | "integer"): number | undefined {
  const lowest = Math.max(
    readNumber(schema["minimum"], -Infinity),
    readNumber(schema["exclusiveMinimum"], -Infinity),
  );
  const highest = Math.min(
    readNumber(schema["maximum"], Infinity),
    readNumber(schema["exclusiveMaximum"], Infinity),
  );
  const isAllowed = (value: number): boolean =>
    value >= lowest &&
    value <= highest &&
    value !== schema["exclusiveMinimum"] &&
    value !== schema["exclusiveMaximum"];
  const step = readNumber(schema["multipleOf"], type === "integer" ? 1 : 0);
  const edge = lowest > 0 ? lowest : Math.min(highest, 0);
  const candidates =
    step > 0
      ? findMultiples(edge, step).filter((value) => type === "number" || Number.isInteger(value))
      : [edge, (lowest + highest) / 2, edge + 1, edge - 1];
  return [0, ...candidates].find(isAllowed);
}

/** Multiples of `step` around `edge`, nearest first. Several, because few multiples of some steps are integers. */
function findMultiples(edge: number, step: number): readonly number[] {
  const middle = Math.round(edge / step);
  // Removes the floating-point error of products such as 3 × 0.1 = 0.30000000000000004.
  return [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5].map((n) => Number(((middle + n) * step).toPrecision(15)));
}

const readNumber = (value: unknown, fallback: number): number =>
  typeof value === "number" ? value : fallback;
