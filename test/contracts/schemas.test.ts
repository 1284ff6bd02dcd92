import { expect, test } from "vitest";
import { z } from "zod";
import { describeReply, type Endpoint } from "../../contracts/endpoint.ts";
import { ErrorBody } from "../../contracts/error-body.ts";
import { endpoints, events, methods } from "../../contracts/index.ts";
import { Challenge, ConnectParams, HelloOk } from "../../contracts/socket/connect.ts";
import { EventFrame, RequestFrame, ResponseFrame } from "../../contracts/socket/frames.ts";
import type { Method, SocketEvent } from "../../contracts/socket/method.ts";

/** The keywords of JSON Schema that the contracts use. */
interface Node {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Node[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Node>>;
}

type Part = "params" | "query" | "headers" | "body" | "replyHeaders" | "events";
const parts: readonly Part[] = ["params", "query", "headers", "body", "replyHeaders", "events"];

const json = (name: string, schema: z.ZodType): readonly [string, Node] => [
  name,
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node,
];

const httpSchemas = [
  json("error", ErrorBody),
  ...Object.values<Endpoint>(endpoints).flatMap(({ id, responses }) =>
    Object.entries(responses).flatMap(([status, reply]) => {
      const { body } = describeReply(reply);
      return body === undefined ? [] : [json(`${id}.${status}`, body)];
    }),
  ),
  ...Object.values<Endpoint>(endpoints).flatMap((endpoint) =>
    parts.flatMap((part) => {
      const schema = endpoint[part];
      return schema === undefined ? [] : [json(`${endpoint.id}.${part}`, schema)];
    }),
  ),
];

const socketSchemas = [
  ...Object.entries({ Challenge, ConnectParams, HelloOk, EventFrame, RequestFrame, ResponseFrame }).map(
    ([name, schema]) => json(name, schema),
  ),
  ...Object.values<Method>(methods).flatMap(({ method, params, result, accepted }) => [
    json(`${method}.params`, params),
    json(`${method}.result`, result),
    ...(accepted ? [json(`${method}.accepted`, accepted)] : []),
  ]),
  ...Object.values<SocketEvent>(events).map(({ event, payload }) => json(event, payload)),
];

const schemas = [...httpSchemas, ...socketSchemas];

/** Returns every node of a schema with its path. */
function* nodes(node: unknown, at: string): Generator<readonly [string, Node]> {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) yield [at, node];
  for (const [key, inner] of Object.entries(node)) yield* nodes(inner, `${at}/${key}`);
}

const isOf = (node: Node, type: string): boolean => [node.type].flat().includes(type);

/** Returns the paths of the nodes for which `isFault` is true. */
const faults = (isFault: (node: Node) => boolean): readonly string[] =>
  schemas.flatMap(([name, root]) =>
    [...nodes(root, name)].flatMap(([at, node]) => (isFault(node) ? [at] : [])),
  );

/** Returns the paths of the fields for which `isFault` is true. */
const fieldFaults = (
  [name, root]: readonly [string, Node],
  isFault: (field: Node, required: boolean, root: Node) => boolean,
): readonly string[] =>
  [...nodes(root, name)].flatMap(([at, { type, properties = {}, required = [] }]) =>
    type !== "object"
      ? []
      : Object.entries(properties).flatMap(([key, field]) =>
          isFault(field, required.includes(key), root) ? [`${at}.${key}`] : [],
        ),
  );

test("every string has a maximum", () => {
  // The bytes of a file have the limit of its body.
  const fixed = ({ const: constant, enum: values, format }: Node): boolean =>
    (constant ?? values) !== undefined || format === "binary";
  expect(faults((node) => isOf(node, "string") && !fixed(node) && node.maxLength === undefined)).toEqual([]);
});

test("every list has a maximum", () => {
  expect(faults((node) => isOf(node, "array") && node.maxItems === undefined)).toEqual([]);
});

test("every field has a description, of its own or of its named schema", () => {
  const undescribed = schemas.flatMap((schema) =>
    fieldFaults(schema, ({ description, $ref }, _required, root) => {
      const shared = root.$defs?.[$ref?.replace("#/$defs/", "") ?? ""];
      return (description ?? shared?.description ?? "") === "";
    }),
  );
  expect(undescribed).toEqual([]);
});

test("every optional field of a body may be null, as OpenAI's clients send it", () => {
  // A form has no null.
  const forms = new Set(
    Object.values<Endpoint>(endpoints).flatMap(({ id, bodyType }) =>
      bodyType === undefined ? [] : [`${id}.body`],
    ),
  );
  const bodies = schemas.filter(([name]) => name.endsWith(".body") && !forms.has(name));
  expect(bodies).not.toHaveLength(0);
  const acceptsAnything = (node: Node): boolean =>
    Object.keys(node).every((keyword) => keyword === "description");
  const nullable = (node: Node): boolean =>
    isOf(node, "null") || acceptsAnything(node) || (node.anyOf ?? []).some(nullable);
  const refusing = bodies.flatMap((body) =>
    fieldFaults(body, (field, required) => !required && !nullable(field)),
  );
  expect(refusing).toEqual([]);
});
