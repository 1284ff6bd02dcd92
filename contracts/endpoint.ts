/** An endpoint is a plain object, declared once; routes, validators, documents, clients and tests are read from it. */
import type { z } from "zod";
import type { CommonErrorCode, ErrorCode, OwnErrorCode } from "./errors.ts";
import type { ScriptStep } from "./examples/script.ts";
import type { Right } from "./rights.ts";

/** Dotted configuration paths that switch endpoints on and off. */
export type Switch =
  | `gateway.http.endpoints.${"chatCompletions" | "responses" | "embeddings"}.enabled`
  | "gateway.http.docs.enabled";

/** Dotted configuration paths that hold the largest body of an endpoint, in bytes. */
export type BodyLimit =
  | `gateway.http.endpoints.${"chatCompletions" | "responses" | "embeddings"}.maxBodyBytes`
  | "gateway.tools.maxBodyBytes";

/** An endpoint takes a JSON body and says how large it may be, or it takes none. */
export type Endpoint = EndpointBase &
  (
    | { readonly body: z.ZodType; readonly bodyLimit: BodyLimit }
    | { readonly body?: never; readonly bodyLimit?: never }
  );

interface EndpointBase {
  /** operationId: the name of the handler, of the typed call, of the test. */
  readonly id: string;
  readonly method: "get" | "post" | "delete";
  /** In OpenAPI's form: `/v1/models/{model}`. */
  readonly path: string;
  /** Other paths with the same answer, documented in the description. */
  readonly aliases?: readonly string[];
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** The right a caller needs; `public` asks for no credential. */
  readonly auth: "public" | Right;
  /** On when one of these is true; always on without. */
  readonly enabledBy?: readonly Switch[];
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** The answer: JSON, unless `replyType` says otherwise; then a string. */
  readonly reply: z.ZodType;
  readonly replyType?: "application/json" | "application/yaml" | "text/html";
  /** Other statuses that carry `reply`. */
  readonly otherStatus?: { readonly status: number; readonly description: string };
  /** Response headers of this endpoint's own. */
  readonly replyHeaders?: z.ZodObject;
  /** One event of the stream that the endpoint answers with when the request asks for it. */
  readonly events?: z.ZodType;
  /** `type`: an event is named on the wire by its `type`, its first field. */
  readonly eventNames?: "type";
  /** A stream that was cut can be continued: a frame has the `id` of its event, and clients come back after this time. */
  readonly resumable?: { readonly retryMs: number };
  /** The last frame of a stream that is complete. */
  readonly sentinel?: string;
  /** `ok`: failures come as `{"ok": false, "error": {…}}`, beside replies that say `"ok": true`. */
  readonly errorShape?: "plain" | "ok";
  /** Codes of its own; the common ones go without saying. */
  readonly errors: readonly OwnErrorCode[];
}

/** Identity: keeps the literal types of a contract. */
export function endpoint<const E extends Endpoint>(contract: E): E {
  return contract;
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;
type Given<S> = S extends z.ZodType ? z.input<S> : undefined;
type Field<E, K extends string> = K extends keyof E ? E[K] : undefined;

/** What a handler receives. */
export interface RequestOf<E extends Endpoint> {
  readonly params: Parsed<Field<E, "params">>;
  readonly query: Parsed<Field<E, "query">>;
  readonly headers: Parsed<Field<E, "headers">>;
  readonly body: Parsed<Field<E, "body">>;
}

/** What a handler replies with. */
export type ReplyOf<E extends Endpoint> = z.input<E["reply"]>;

/** One event of the endpoint's stream; `never` for an endpoint without one. */
export type EventOf<E extends Endpoint> = Given<Exclude<Field<E, "events">, undefined>>;

/** The codes that an endpoint may answer with. */
export type ErrorOf<E extends Endpoint> = E["errors"][number] | CommonErrorCode;

/** A request that an example presupposes. */
export interface EarlierRequest {
  readonly method: Endpoint["method"];
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface ExampleShape<Params, Query, Headers, Body> {
  readonly title: string;
  /** Asked one after the other, with the same model, before the request of the example. */
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

/** A request, what the model does with it, and the exact answer: documented, and replayed by the tests. */
export type Example<E extends Endpoint> = ExampleShape<
  Given<Field<E, "params">>,
  Given<Field<E, "query">>,
  Given<Field<E, "headers">>,
  Given<Field<E, "body">>
> &
  ExampleAnswer<ReplyOf<E>, EventOf<E>, ErrorOf<E>>;

/** An example of whichever endpoint. */
export type AnyExample = ExampleShape<unknown, unknown, unknown, unknown> &
  ExampleAnswer<unknown, unknown, ErrorCode>;

export interface ExampleSet {
  readonly endpoint: Endpoint;
  readonly examples: readonly AnyExample[];
}

/** Ties examples to a contract: one that the contract does not allow does not compile. */
export function examplesFor<E extends Endpoint>(contract: E, examples: readonly Example<E>[]): ExampleSet {
  return { endpoint: contract, examples };
}
