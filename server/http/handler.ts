/** The type of an endpoint's handler: typed input in, a reply or a stream of events out. */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { z } from "zod";
import type {
  Endpoint,
  EventOf,
  HeadersOf,
  ReplyOf,
  RequestOf,
  StatusOf,
  TextType,
} from "../../contracts/endpoint.ts";
import type { endpoints } from "../../contracts/index.ts";
import type { GatewayError } from "../lib/errors.ts";
import type { Sink } from "../lib/ports.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import type { Credential } from "../auth/credential.ts";
import type { StaticDocument } from "./send-document.ts";
import type { SerializedEvent } from "../dialects/preserialized.ts";

export interface HandlerContext<E extends Endpoint> extends RequestOf<E> {
  /** The caller's credential; undefined on a public endpoint, and where an optional one was not sent. */
  readonly credential: E["auth"] extends "public"
    ? undefined
    : E["auth"] extends "optional"
      ? Credential | undefined
      : Credential;
  readonly requestId: string;
  /** The span of the request; undefined while traces are off. */
  readonly trace: TraceContext | undefined;
  /** All headers of the request, also those that no contract has. */
  readonly requestHeaders: IncomingHttpHeaders;
  /** Aborted when the caller disconnects, its key ends or the gateway stops. */
  readonly signal: AbortSignal;
  /** From now on a disconnect does not abort `signal`. */
  readonly ignoreDisconnect: () => void;
}

/** Failures are thrown as `GatewayError`. A source of events may throw before or after its first event. */
export type HandlerResult<E extends Endpoint> =
  | { [S in StatusOf<E>]: Reply<E, S> }[StatusOf<E>]
  | (E extends { readonly responses: { readonly 304: unknown } }
      ? {
          /** It is compressed, conditional, and written for the origin that the request was sent to. */
          readonly document: StaticDocument;
        }
      : never)
  | (E extends { readonly responses: { readonly 200: { readonly alternatives: readonly TextType[] } } }
      ? {
          /** The reply as text of another media type than the first one. */
          readonly text: string;
          /** The media type with its parameters. */
          readonly contentType: `${E["responses"][200]["alternatives"][number] | TypeOf<E["responses"][200]>}; ${string}`;
          readonly headers?: HeadersOf<E>;
        }
      : never)
  | (E extends { readonly responses: { readonly 200: { readonly type: "application/octet-stream" } } }
      ? {
          readonly content: Readable;
          readonly bytes: number;
          readonly headers?: HeadersOf<E>;
        }
      : never)
  | (E extends { readonly errorShape: "json-rpc" }
      ? {
          /** Its status, type and body are sent. */
          readonly response: Response;
          readonly headers?: HeadersOf<E>;
        }
      : never)
  | (E extends { readonly events: z.ZodType }
      ? {
          readonly events: EventSource<StreamedEvent<E>>;
          readonly headers?: HeadersOf<E>;
          /** Maps a failure after the headers to events. Without it, a failure is one error frame. */
          readonly toFailureEvents?: (error: GatewayError) => Iterable<StreamedEvent<E>>;
        }
      : never);

type TypeOf<R> = R extends { readonly type: infer Type extends TextType } ? Type : never;

/** The status is 200 without `status`. */
type Reply<E extends Endpoint, S extends StatusOf<E>> = S extends 200
  ? { readonly status?: S; readonly reply: Later<ReplyOf<E, S>>; readonly headers?: HeadersOf<E> }
  : { readonly status: S; readonly reply: Later<ReplyOf<E, S>>; readonly headers?: HeadersOf<E> };

/** A promise lets `headers` be sent with a failure too. */
type Later<T> = T | Promise<T>;

type StreamedEvent<E extends Endpoint> = EventOf<E> | SerializedEvent<EventOf<E>>;

/** Pushes events and resolves after the last one, or yields them. */
export type EventSource<Event> = ((sink: Sink<Event>) => Promise<void>) | AsyncIterable<Event>;

export type Handler<E extends Endpoint> = (
  context: HandlerContext<E>,
) => HandlerResult<E> | Promise<HandlerResult<E>>;

/** A missing handler, or one whose result violates its contract, does not compile. */
export type Handlers = { readonly [Id in keyof typeof endpoints]: Handler<(typeof endpoints)[Id]> };
