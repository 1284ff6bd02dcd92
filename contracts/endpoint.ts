/** The contract of an endpoint: a plain object. Routes, validators, documents, clients and tests derive from it. */
import type { z } from "zod";
import type { CommonErrorCode, ErrorCode, OwnErrorCode } from "./errors.ts";
import type { ScriptStep } from "./examples/script.ts";
import type { Permission } from "./permissions.ts";

/** Configuration paths that enable endpoints. */
export type Switch =
  | `gateway.http.endpoints.${"chatCompletions" | "responses" | "embeddings"}.enabled`
  | "gateway.http.docs.enabled";

/** Configuration paths of body limits, in bytes. */
export type BodyLimit =
  | `gateway.http.endpoints.${"chatCompletions" | "responses" | "embeddings"}.maxBodyBytes`
  | "gateway.tools.maxBodyBytes";

/** An endpoint has a JSON body and its limit, or neither. */
export type Endpoint = EndpointBase &
  (
    | { readonly body: z.ZodType; readonly bodyLimit: BodyLimit }
    | { readonly body?: never; readonly bodyLimit?: never }
  );

interface EndpointBase {
  /** The `operationId`. It is also the name of the handler and of the typed client call. */
  readonly id: string;
  readonly method: "get" | "post" | "delete";
  /** In OpenAPI's syntax: `/v1/models/{model}`. */
  readonly path: string;
  /** Other paths of the same endpoint. The description lists them. */
  readonly aliases?: readonly string[];
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** The permission that a caller needs. `public` needs no credential. */
  readonly auth: "public" | Permission;
  /** The endpoint is enabled when one of these is true, and always without this field. */
  readonly enabledBy?: readonly Switch[];
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** The reply: JSON, or a string of type `replyType`. */
  readonly reply: z.ZodType;
  readonly replyType?: "application/json" | "application/yaml" | "text/html";
  /** Another status that has the same reply schema. */
  readonly otherStatus?: { readonly status: number; readonly description: string };
  /** Response headers that only this endpoint sends. */
  readonly replyHeaders?: z.ZodObject;
  /** One event of the stream that the endpoint sends on request. */
  readonly events?: z.ZodType;
  /** `type`: the SSE `event` field is the event's `type`, which must be its first key. */
  readonly eventNames?: "type";
  /** Clients may resume the stream with `Last-Event-ID`. Each frame has the event's `id`; `retryMs` is the SSE `retry`. */
  readonly resumable?: { readonly retryMs: number };
  /** The data of the last frame of a complete stream. */
  readonly sentinel?: string;
  /** `ok`: errors are `{"ok": false, "error": {…}}` and replies have `"ok": true`. */
  readonly errorShape?: "plain" | "ok";
  /** Error codes besides the common ones. */
  readonly errors: readonly OwnErrorCode[];
}

/** Returns the contract unchanged and keeps its literal types. */
export function endpoint<const E extends Endpoint>(contract: E): E {
  return contract;
}

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
type Input<S> = S extends z.ZodType ? z.input<S> : undefined;
type Field<E, K extends string> = K extends keyof E ? E[K] : undefined;

/** The validated input of a handler. */
export interface RequestOf<E extends Endpoint> {
  readonly params: Output<Field<E, "params">>;
  readonly query: Output<Field<E, "query">>;
  readonly headers: Output<Field<E, "headers">>;
  readonly body: Output<Field<E, "body">>;
}

/** The reply of a handler. */
export type ReplyOf<E extends Endpoint> = z.input<E["reply"]>;

/** One event of the endpoint's stream; `never` for an endpoint without a stream. */
export type EventOf<E extends Endpoint> = Input<Exclude<Field<E, "events">, undefined>>;

/** The error codes of an endpoint. */
export type ErrorOf<E extends Endpoint> = E["errors"][number] | CommonErrorCode;

/** A request that is sent before an example. */
export interface EarlierRequest {
  readonly method: Endpoint["method"];
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface ExampleShape<Params, Query, Headers, Body> {
  readonly title: string;
  /** Requests sent in order, with the same model, before the request of the example. */
  readonly before?: readonly EarlierRequest[];
  readonly request: {
    readonly params?: Params;
    readonly query?: Query;
    readonly headers?: Headers;
    readonly body?: Body;
  };
  readonly model?: readonly ScriptStep[];
}

interface ExampleError<Code> {
  readonly code: Code;
  readonly message: string;
  readonly param: string | null;
}

type ExampleAnswer<Reply, Event, Code> =
  | { readonly reply: Reply }
  | { readonly events: readonly Event[]; readonly failure?: ExampleError<Code> }
  | { readonly error: ExampleError<Code> };

/** A request, the model's script and the exact response. Published in openapi.yaml and replayed by the tests. */
export type Example<E extends Endpoint> = ExampleShape<
  Input<Field<E, "params">>,
  Input<Field<E, "query">>,
  Input<Field<E, "headers">>,
  Input<Field<E, "body">>
> &
  ExampleAnswer<ReplyOf<E>, EventOf<E>, ErrorOf<E>>;

/** An example of any endpoint. */
export type AnyExample = ExampleShape<unknown, unknown, unknown, unknown> &
  ExampleAnswer<unknown, unknown, ErrorCode>;

export interface ExampleSet {
  readonly endpoint: Endpoint;
  readonly examples: readonly AnyExample[];
}

/** Types examples by their contract: an example that violates it does not compile. */
export function examplesFor<E extends Endpoint>(contract: E, examples: readonly Example<E>[]): ExampleSet {
  return { endpoint: contract, examples };
}
