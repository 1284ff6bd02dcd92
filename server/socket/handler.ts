/** The type of a method handler, derived from the contract of its method. */
import type { methods } from "../../contracts/index.ts";
import type { AcceptedOf, Method, ParamsOf, ResultOf } from "../../contracts/socket/method.ts";
import type { Scope } from "../../contracts/permissions.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import type { Credential } from "../auth/credential.ts";
import type { SerializedResult } from "./serialized-result.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** The connection that makes a call. */
export interface Caller {
  readonly connId: string;
  readonly credential: Credential;
  readonly scopes: readonly Scope[];
  readonly subscriptions: Subscriptions;
}

export interface Call<M extends Method> {
  readonly params: ParamsOf<M>;
  readonly caller: Caller;
  readonly requestId: string;
  /** The span of the call; undefined while traces are off. */
  readonly trace?: TraceContext | undefined;
  /** Aborted when the connection is closed. */
  getSignal(): AbortSignal;
  /** Sends the first of two results. Resolves when it is written to the connection. */
  readonly accept: (payload: AcceptedOf<M>) => Promise<void>;
}

type HandlerResult<M extends Method> = ResultOf<M> | SerializedResult<ResultOf<M>>;

/** Throws a `GatewayError` when the call fails. */
export type MethodHandler<M extends Method> = (call: Call<M>) => HandlerResult<M> | Promise<HandlerResult<M>>;

/** A missing handler does not compile, nor does a handler whose result is not the one of its contract. */
export type MethodHandlers = {
  readonly [Name in keyof typeof methods]: MethodHandler<(typeof methods)[Name]>;
};
