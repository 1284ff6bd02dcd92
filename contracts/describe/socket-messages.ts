/** Frames of the socket as AsyncAPI messages. */
import { methodExampleSets } from "../examples/socket/index.ts";
import { SocketError } from "../socket/frames.ts";
import type { AnyMethodExample } from "../socket/method.ts";
import { nameOf, pascal } from "./socket-schemas.ts";

export type Json = Readonly<Record<string, unknown>>;
export type Message = Json & { readonly name: string };

const schema = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const constant = (value: unknown, description: string): Json => ({
  type: typeof value,
  const: value,
  description,
});
const id = { type: "string", minLength: 1, maxLength: 256, description: "Id of the call." } as const;

export function callMessage(name: string, method: string, summary: string, params: string): Message {
  return {
    name,
    title: method,
    summary,
    payload: {
      type: "object",
      required: ["type", "id", "method"],
      properties: {
        type: constant("req", "Always `req`."),
        id,
        method: constant(method, "Name of the method."),
        params: schema(params),
      },
    },
    ...examplesOf(method, (example) =>
      "error" in example
        ? undefined
        : { summary: example.title, payload: { type: "req", id: "1", method, params: example.params } },
    ),
  };
}

/** A method may answer twice: that it was accepted, and the result. */
export function answerMessage(
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
        type: constant("res", "Always `res`."),
        id,
        ok: constant(true, "It went well."),
        payload: schema(payload),
      },
    },
    ...examplesOf(method, (example) => {
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

export function failureMessage(): Message {
  return {
    name: "Failure",
    title: "A failure",
    summary: "The answer to any call that fails.",
    payload: {
      type: "object",
      required: ["type", "id", "ok", "error"],
      properties: {
        type: constant("res", "Always `res`."),
        id,
        ok: constant(false, "It failed."),
        error: schema(nameOf(SocketError)),
      },
    },
  };
}

export function eventMessage(
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
        type: constant("event", "Always `event`."),
        event: constant(event, "Name of the event."),
        payload: schema(payload),
        seq: { type: "integer", minimum: 1, description: "Counts the events of the connection." },
      },
    },
    ...(examples.length > 0 && { examples }),
  };
}

/** What the examples of a method show of a frame; undefined where one does not show it. */
function examplesOf(
  method: string,
  shown: (example: AnyMethodExample) => { readonly summary: string; readonly payload: Json } | undefined,
): Json {
  const examples = methodExampleSets
    .filter((set) => set.method.method === method)
    .flatMap((set) => set.examples)
    .flatMap((example) => {
      const frame = shown(example);
      const name = pascal(example.title.replaceAll(/[^\w]+/g, "-").toLowerCase());
      return frame === undefined ? [] : [{ name, ...frame }];
    });
  return examples.length > 0 ? { examples } : {};
}
