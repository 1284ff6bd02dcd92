/** Describes the frames of the gateway WebSocket as AsyncAPI messages. */
import { methodExampleSets } from "../examples/socket/index.ts";
import { SocketError } from "../socket/frames.ts";
import type { AnyMethodExample } from "../socket/method.ts";
import { getSchemaName, toPascalCase } from "./socket-schemas.ts";

export type Json = Readonly<Record<string, unknown>>;
export type Message = Json & { readonly name: string };

const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const constSchema = (value: unknown, description: string): Json => ({
  type: typeof value,
  const: value,
  description,
});
const id = { type: "string", minLength: 1, maxLength: 256, description: "Id of the call." } as const;

export function createCallMessage(name: string, method: string, summary: string, params: string): Message {
  return {
    name,
    title: method,
    summary,
    payload: {
      type: "object",
      required: ["type", "id", "method"],
      properties: {
        type: constSchema("req", "Always `req`."),
        id,
        method: constSchema(method, "Name of the method."),
        params: schemaRef(params),
      },
    },
    ...collectExamples(method, (example) =>
      "error" in example
        ? undefined
        : { summary: example.title, payload: { type: "req", id: "1", method, params: example.params } },
    ),
  };
}

/** A method may answer twice: first `accepted`, then the result. */
export function createAnswerMessage(
  name: string,
  method: string,
  payload: string,
  kind: "accepted" | "result",
): Message {
  const what = kind === "accepted" ? "The first answer" : "The answer";
  return {
    name,
    title: `${method}: ${what.toLowerCase()}`,
    summary: `${what} to \`${method}\`.`,
    payload: {
      type: "object",
      required: ["type", "id", "ok", "payload"],
      properties: {
        type: constSchema("res", "Always `res`."),
        id,
        ok: constSchema(true, "It went well."),
        payload: schemaRef(payload),
      },
    },
    ...collectExamples(method, (example) => {
      if (!(kind in example)) return undefined;
      const { title, excerpt } = example;
      const answer = kind === "accepted" ? example.accepted : "result" in example && example.result;
      return {
        summary: excerpt && kind === "result" ? `${title} (an excerpt)` : title,
        payload: { type: "res", id: "1", ok: true, payload: answer },
      };
    }),
  };
}

export function createFailureMessage(): Message {
  return {
    name: "Failure",
    title: "A failure",
    summary: "The response to any call that fails.",
    payload: {
      type: "object",
      required: ["type", "id", "ok", "error"],
      properties: {
        type: constSchema("res", "Always `res`."),
        id,
        ok: constSchema(false, "It failed."),
        error: schemaRef(getSchemaName(SocketError)),
      },
    },
  };
}

export function createEventMessage(
  name: string,
  event: string,
  summary: string,
  payload: string,
  payloads: readonly unknown[],
): Message {
  const examples = payloads.map((value, index) => ({
    name: `${name}${index + 1}`,
    payload: { type: "event", event, payload: value, seq: index + 1 },
  }));
  return {
    name,
    title: event,
    summary,
    payload: {
      type: "object",
      required: ["type", "event", "payload"],
      properties: {
        type: constSchema("event", "Always `event`."),
        event: constSchema(event, "Name of the event."),
        payload: schemaRef(payload),
        seq: { type: "integer", minimum: 1, description: "Number of the event on this connection, from 1." },
      },
    },
    ...(examples.length > 0 && { examples }),
  };
}

/** Collects examples of one kind of frame. `toExample` returns undefined for an example without it. */
function collectExamples(
  method: string,
  toExample: (example: AnyMethodExample) => { readonly summary: string; readonly payload: Json } | undefined,
): Json {
  const examples = methodExampleSets
    .filter((set) => set.method.method === method)
    .flatMap((set) => set.examples)
    .flatMap((example) => {
      const frame = toExample(example);
      const name = toPascalCase(example.title.replaceAll(/[^\w]+/g, "-").toLowerCase());
      return frame === undefined ? [] : [{ name, ...frame }];
    });
  return examples.length > 0 ? { examples } : {};
}
