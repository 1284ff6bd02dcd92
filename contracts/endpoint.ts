/** The contract of an endpoint: a plain object. Routes, validators, documents, clients and tests derive from it. */
import { z } from "zod";
import type { CommonErrorCode, ErrorCode, OwnErrorCode } from "./errors.ts";
import type { ScriptStep } from "./examples/script.ts";
import type { Permission } from "./permissions.ts";

/** Configuration paths that enable endpoints. */
export type Switch =
  | `gateway.http.endpoints.${"chatCompletions" | "responses" | "messages" | "embeddings" | "files" | "mcp"}.enabled`
  | "gateway.controlUi.enabled"
  | "gateway.http.docs.enabled"
  | "gateway.http.metrics.enabled"
  | "hooks.enabled";

/** The default of the setting `hooks.path`. */
export const hooksPath = "/hooks";

/** The settings that change paths. Each replaces this beginning of an endpoint's path. */
const pathsBySetting = { "gateway.controlUi.basePath": "/", "hooks.path": hooksPath } as const;

export type PathSetting = keyof typeof pathsBySetting;

/** Returns the path at which the gateway serves an endpoint. `getSetting` returns the value of a setting. */
export function getServedPath(
  { path, pathSetting }: Pick<Endpoint, "path" | "pathSetting">,
  getSetting: (setting: PathSetting) => string,
): string {
  return pathSetting === undefined
    ? path
    : getSetting(pathSetting) + path.slice(pathsBySetting[pathSetting].length);
}

/** Configuration paths of body limits, in bytes. */
export type BodyLimit =
  | `gateway.http.endpoints.${"chatCompletions" | "responses" | "messages" | "embeddings" | "mcp"}.maxBodyBytes`
  | "gateway.http.endpoints.files.maxBytes"
  | "gateway.tools.maxBodyBytes"
  | "hooks.maxBodyBytes";

/** An endpoint has a JSON body and its limit, or neither. */
export type Endpoint = EndpointBase &
  (
    | {
        readonly body: z.ZodType;
        readonly bodyLimit: BodyLimit;
        /** Whether a request without a body stands for one with an empty object. */
        readonly isBodyOptional?: true;
        /** The media type of the body; JSON by default. A form has the file `file`, to which the limit applies. */
        readonly bodyType?: "multipart/form-data";
      }
    | {
        readonly body?: never;
        readonly bodyLimit?: never;
        readonly isBodyOptional?: never;
        readonly bodyType?: never;
      }
  );

/** Whether the endpoint answers callers without a credential. */
export const isOpen = ({ auth }: Pick<Endpoint, "auth">): boolean => auth === "public" || auth === "optional";

/** The schema of a JSON reply, or a reply that is described in full. */
export type Reply = z.ZodType | DescribedReply;

interface DescribedReply {
  readonly description: string;
  /** A reply without this field has no body. For YAML it describes the parsed document. */
  readonly body?: z.ZodType;
  /** The media type; JSON by default. A handler returns the text of any other type. */
  readonly type?: "application/json" | TextType;
  /** Further media types that the handler selects by the request. It returns their text. */
  readonly alternatives?: readonly TextType[];
}

export type TextType =
  | "application/yaml"
  | "application/openmetrics-text"
  | "application/jsonl"
  | "text/html"
  | "text/plain"
  | "application/octet-stream"
  | "text/csv";

/** Describes a reply in full. */
export const describeReply = (reply: Reply): DescribedReply =>
  reply instanceof z.ZodType ? { description: "The answer.", body: reply } : reply;

/** An operation that can follow a reply. */
interface Link {
  /** The `id` of its endpoint. */
  readonly to: string;
  readonly description: string;
  /** Values of path parameters, as OpenAPI's runtime expressions: `$response.body#/id`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** A body, in which a text may be a runtime expression. */
  readonly body?: Readonly<Record<string, string>>;
}

export type Links = Readonly<Record<string, Link>>;

/**
 * The body of an error. `ok`: it is `{"ok": false, "error": {…}}`, and replies have `"ok": true`. `anthropic`: it is that of
 * Anthropic's API, and every response has `request-id`. `json-rpc`: it is JSON-RPC's, and the handler may return a `Response`.
 */
export type ErrorShape = "plain" | "ok" | "anthropic" | "json-rpc";

/** `negotiated`: `anthropic` for a request with the header `anthropic-version`, otherwise `plain`. */
export type DeclaredShape = ErrorShape | "negotiated";

interface EndpointBase {
  /** The `operationId`. It is also the name of the handler and of the typed client call. */
  readonly id: string;
  /** `head`: the path answers nothing else. HEAD of any other endpoint is GET without the body. */
  readonly method: "get" | "head" | "post" | "delete";
  /** In OpenAPI's syntax: `/v1/models/{model}`. */
  readonly path: string;
  /** Whether the last parameter of `path` may contain slashes that are not encoded. */
  readonly allowsSlashes?: true;
  /** The configuration path of a setting that replaces the beginning of `path`. */
  readonly pathSetting?: PathSetting;
  /** Other paths of the same endpoint. */
  readonly aliases?: readonly string[];
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /**
   * The permission that a caller needs. `public` needs no credential, and reads none. `optional` needs none, and a valid
   * one gets a longer answer.
   */
  readonly auth: "public" | "optional" | Permission;
  /** `hook`: the endpoint accepts only `hooks.token`. Absent: it accepts the gateway's secret, keys and users. */
  readonly credential?: "hook";
  /** The endpoint is enabled when one of these is true, and always without this field. */
  readonly enabledBy?: readonly Switch[];
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** Replies by status. Error responses follow from `errors`. */
  readonly responses: Readonly<Record<number, Reply>>;
  /** Operations that can follow a reply with status 200, by name. */
  readonly links?: Links;
  /** Response headers of this endpoint. An error that its handler throws may have them too. */
  readonly replyHeaders?: z.ZodObject;
  /** One event of the stream that the endpoint sends on request. */
  readonly events?: z.ZodType;
  /** `type`: the SSE `event` field is the event's `type`, which must be its first key. `message`: it is always `message`. */
  readonly eventNames?: "type" | "message";
  /** Clients may resume the stream with `Last-Event-ID`. Each frame has the event's `id`; `retryMs` is the SSE `retry`. */
  readonly resumable?: { readonly retryMs: number };
  /** The data of the last frame of a complete stream. */
  readonly sentinel?: string;
  /** `plain` by default. */
  readonly errorShape?: DeclaredShape;
  /** Error codes besides the common ones. */
  readonly errors: readonly OwnErrorCode[];
  /** Error codes that only an event of the stream has. */
  readonly eventErrors?: readonly OwnErrorCode[];
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

type BodyOf<R> = R extends z.ZodType
  ? z.input<R>
  : R extends { readonly type: TextType }
    ? string
    : R extends { readonly body: infer S extends z.ZodType }
      ? z.input<S>
      : undefined;

/** The statuses of an endpoint's replies. */
export type StatusOf<E extends Endpoint> = keyof E["responses"] & number;

/** The body of a reply; undefined for a reply without a body. */
export type ReplyOf<E extends Endpoint, S extends StatusOf<E> = StatusOf<E>> = BodyOf<E["responses"][S]>;

/** The response headers that a handler may send. */
export type HeadersOf<E extends Endpoint> = Input<Field<E, "replyHeaders">>;

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
  /** The media type of the body; JSON by default. */
  readonly bodyType?: "multipart/form-data";
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

/** `replyHeaders` are all response headers that the endpoint itself declares, with their values. */
type ExampleAnswer<Status, Body, Headers, Event, Code> = { readonly replyHeaders?: Headers } & (
  | { readonly reply: Body; readonly status?: Status }
  | { readonly events: readonly Event[]; readonly failure?: ExampleError<Code> }
  | { readonly error: ExampleError<Code> }
);

/** A request, the model's script and the exact response. Published in openapi.yaml and replayed by the tests. */
export type Example<E extends Endpoint> = ExampleShape<
  Input<Field<E, "params">>,
  Input<Field<E, "query">>,
  Input<Field<E, "headers">>,
  Input<Field<E, "body">>
> &
  ExampleAnswer<StatusOf<E>, ReplyOf<E>, HeadersOf<E>, EventOf<E>, ErrorOf<E>>;

/** An example of any endpoint. */
export type AnyExample = ExampleShape<unknown, unknown, unknown, unknown> &
  ExampleAnswer<number, unknown, unknown, unknown, ErrorCode>;

export interface ExampleSet {
  readonly endpoint: Endpoint;
  /** The endpoint's own response headers in examples that succeed and name none. */
  readonly replyHeaders?: unknown;
  readonly examples: readonly AnyExample[];
}

/** Types examples by their contract: an example that violates it does not compile. */
export function examplesFor<E extends Endpoint>(
  contract: E,
  examples: readonly Example<E>[],
  replyHeaders?: HeadersOf<E>,
): ExampleSet {
  return { endpoint: contract, examples, replyHeaders };
}
