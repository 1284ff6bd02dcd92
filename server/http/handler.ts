/** The type of an endpoint's handler: typed input in, a reply or a stream of events out. */
import type { z } from "zod";
import type { Endpoint, EventOf, ReplyOf, RequestOf } from "../../contracts/endpoint.ts";
import type { endpoints } from "../../contracts/index.ts";
import type { GatewayError } from "../lib/errors.ts";
import type { Sink } from "../lib/ports.ts";
import type { Credential } from "../auth/authenticate.ts";
import type { SerializedEvent } from "../dialects/preserialized.ts";

export interface HandlerContext<E extends Endpoint> extends RequestOf<E> {
  /** The caller's credential; undefined on a public endpoint. */
  readonly credential: E["auth"] extends "public" ? undefined : Credential;
  readonly requestId: string;
  /** Aborted when the caller disconnects, its key ends or the gateway stops. */
  readonly signal: AbortSignal;
  /** From now on a disconnect does not abort `signal`. */
  readonly ignoreDisconnect: () => void;
}

type Headers = Readonly<Record<string, string>>;

/** Failures are thrown as `GatewayError`. A source of events may throw before or after its first event. */
export type HandlerResult<E extends Endpoint> =
  | {
      /** A promise lets `headers` be sent with a failure too. */
      readonly reply: ReplyOf<E> | Promise<ReplyOf<E>>;
      readonly headers?: Headers;
      readonly status?: OtherStatus<E>;
    }
  | (E extends { readonly events: z.ZodType }
      ? {
          readonly events: EventSource<StreamedEvent<E>>;
          readonly headers?: Headers;
          /** Maps a failure after the headers to events. Without it, a failure is one error frame. */
          readonly toFailureEvents?: (error: GatewayError) => Iterable<StreamedEvent<E>>;
        }
      : never);

type StreamedEvent<E extends Endpoint> = EventOf<E> | SerializedEvent<EventOf<E>>;

/** Pushes events and resolves after the last one, or yields them. */
export type EventSource<Event> = ((sink: Sink<Event>) => Promise<void>) | AsyncIterable<Event>;

type OtherStatus<E> = E extends { readonly otherStatus: { readonly status: infer S } } ? S : never;

export type Handler<E extends Endpoint> = (
  context: HandlerContext<E>,
) => HandlerResult<E> | Promise<HandlerResult<E>>;

/** A missing handler, or one whose result violates its contract, does not compile. */
export type Handlers = { readonly [Id in keyof typeof endpoints]: Handler<(typeof endpoints)[Id]> };
