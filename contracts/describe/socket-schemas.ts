/** The schemas of the gateway WebSocket as named components, for AsyncAPI and for the generated TypeScript types. */
import { OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import type { z } from "zod";
import type { ErrorCode } from "../errors.ts";
import { events, methods } from "../index.ts";
import type { Permission } from "../permissions.ts";
import { Challenge, ConnectParams, HelloOk } from "../socket/connect.ts";
import { EventFrame, RequestFrame, ResponseFrame, SocketError } from "../socket/frames.ts";
import type { Method, SocketEvent } from "../socket/method.ts";

/** Converts `chat.send` to `ChatSend`. */
export function toPascalCase(name: string): string {
  return name
    .split(/[.-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

interface DescribedMethod {
  readonly contract: Pick<Method, "method" | "tag" | "summary" | "description">;
  readonly auth: Permission | undefined;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  readonly accepted: z.ZodType | undefined;
  readonly errors: readonly ErrorCode[];
}

const connect: DescribedMethod = {
  contract: {
    method: "connect",
    tag: "Connection",
    summary: "Connect",
    description:
      "The first call of every connection, within 10 seconds. An error closes the connection: with code 1002 when there is no common protocol version, otherwise with 1008. `error.details.code` has the reason.",
  },
  auth: undefined,
  params: ConnectParams,
  result: HelloOk,
  accepted: undefined,
  errors: [],
};

/** Every method with its named schemas, `connect` first. */
export const describedMethods: readonly DescribedMethod[] = [
  connect,
  ...Object.values<Method>(methods).map((contract): DescribedMethod => ({
    contract,
    auth: contract.auth,
    params: contract.params.meta({
      id: `${toPascalCase(contract.method)}Params`,
      description: `Parameters of \`${contract.method}\`.`,
    }),
    result: contract.result,
    accepted: contract.accepted,
    errors: contract.errors,
  })),
];

export const describedEvents = Object.values<SocketEvent>(events);

/** Returns the `id` of a schema. Throws if it has none. */
export function getSchemaName(schema: z.ZodType): string {
  const id = schema.meta()?.id;
  if (id === undefined) throw new Error("A schema of the socket has no name.");
  return id;
}

const frames = { RequestFrame, ResponseFrame, EventFrame };

export function createSocketSchemas(): Record<string, object> {
  const schemas = [
    ...Object.values(frames),
    SocketError,
    Challenge,
    ...describedMethods.flatMap(({ params, result, accepted }) => [
      params,
      result,
      ...(accepted ? [accepted] : []),
    ]),
    ...describedEvents.map(({ payload }) => payload),
  ];
  const definitions = schemas.map((schema) => ({ type: "schema" as const, schema }));
  const { components } = new OpenApiGeneratorV31(definitions).generateComponents();
  return components?.schemas ?? {};
}
