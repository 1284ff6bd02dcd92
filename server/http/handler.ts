/** What a handler is: typed input in, a reply or a stream of events out. One for every contract. */
import type { z } from "zod";
import type { Endpoint, EventOf, ReplyOf, RequestOf } from "../../contracts/endpoint.ts";
import type { endpoints } from "../../contracts/index.ts";
import type { GatewayError } from "../errors.ts";
import type { Credential } from "../gate/credentials.ts";
import type { Encoded } from "./encoded.ts";

export interface Incoming<E extends Endpoint> extends RequestOf<E> {
  /** Who asks; a public endpoint asks nobody. */
  readonly credential: E["auth"] extends "public" ? undefined : Credential;
  readonly requestId: string;
  /** Aborted when the caller has left or the gateway stops. */
  readonly signal: AbortSignal;
  /** From now on the caller's leaving aborts nothing. */
  readonly outlive: () => void;
}

type Headers = Readonly<Record<string, string>>;

/** Failures are thrown as `GatewayError`; from `events` too, before or after the first of them. */
export type Answer<E extends Endpoint> =
  | {
      /** May still be in the making: `headers` stand for the failure too. */
      readonly reply: ReplyOf<E> | Promise<ReplyOf<E>>;
      readonly headers?: Headers;
      readonly status?: OtherStatus<E>;
    }
  | (E extends { readonly events: z.ZodType }
      ? {
          readonly events: AsyncIterable<StreamedEvent<E>>;
          readonly headers?: Headers;
          /** Tells of a failure once the headers have left; without it that is one error frame. */
          readonly failure?: (error: GatewayError) => Iterable<StreamedEvent<E>>;
        }
      : never);

type StreamedEvent<E extends Endpoint> = EventOf<E> | Encoded<EventOf<E>>;

type OtherStatus<E> = E extends { readonly otherStatus: { readonly status: infer S } } ? S : never;

export type Handler<E extends Endpoint> = (incoming: Incoming<E>) => Answer<E> | Promise<Answer<E>>;

/** A missing handler, or one that answers what its contract does not say, does not compile. */
export type Handlers = { readonly [Id in keyof typeof endpoints]: Handler<(typeof endpoints)[Id]> };
