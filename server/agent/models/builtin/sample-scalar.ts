/** The smallest sensible number and string that a JSON Schema allows. */
import type { JsonSchema } from "../../types.ts";

const longestString = 100_000;

/** One valid text of each format. */
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

/** Characters are code points, as JSON Schema counts them. */
export function sampleString(schema: JsonSchema, text: string): string | undefined {
  const least = numberOr(schema["minLength"], 0);
  const most = numberOr(schema["maxLength"], Infinity);
  if (least > most || least > longestString) return undefined;
  const { format } = schema;
  if (typeof format === "string" && Object.hasOwn(formats, format)) return formats[format];
  const characters = Array.from(text).slice(0, most);
  return characters.join("") + "x".repeat(Math.max(0, Math.ceil(least) - characters.length));
}

/** Zero when it is allowed, else the allowed number next to it. */
export function sampleNumber(schema: JsonSchema, type: "number" | "integer"): number | undefined {
  const low = Math.max(
    numberOr(schema["minimum"], -Infinity),
    numberOr(schema["exclusiveMinimum"], -Infinity),
  );
  const high = Math.min(
    numberOr(schema["maximum"], Infinity),
    numberOr(schema["exclusiveMaximum"], Infinity),
  );
  const allowed = (value: number): boolean =>
    value >= low &&
    value <= high &&
    value !== schema["exclusiveMinimum"] &&
    value !== schema["exclusiveMaximum"];
  const step = numberOr(schema["multipleOf"], type === "integer" ? 1 : 0);
  const edge = low > 0 ? low : Math.min(high, 0);
  const candidates =
    step > 0
      ? multiplesNear(edge, step).filter((value) => type === "number" || Number.isInteger(value))
      : [edge, (low + high) / 2, edge + 1, edge - 1];
  return [0, ...candidates].find(allowed);
}

/** The multiples on both sides of `edge`, nearest first; a few more, for steps that seldom meet an integer. */
function multiplesNear(edge: number, step: number): readonly number[] {
  const middle = Math.round(edge / step);
  // 3 × 0.1 is 0.30000000000000004: what a float adds is taken off again.
  return [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5].map((n) => Number(((middle + n) * step).toPrecision(15)));
}

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === "number" ? value : otherwise;
