/** What the handler of a method is: typed params in, the result out. One for every contract. */
import type { methods } from "../../contracts/index.ts";
import type { AcceptedOf, Method, ParamsOf, ResultOf } from "../../contracts/socket/method.ts";
import type { Scope } from "../../contracts/rights.ts";
import type { Credential } from "../gate/credentials.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** The connection that calls. */
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
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal;
  /** Answers for the first time; resolves when that has left. */
  readonly accept: (payload: AcceptedOf<M>) => Promise<void>;
}

/** Failures are thrown as `GatewayError`. */
export type MethodHandler<M extends Method> = (call: Call<M>) => ResultOf<M> | Promise<ResultOf<M>>;

/** A missing handler, or one that answers what its contract does not say, does not compile. */
export type MethodHandlers = {
  readonly [Name in keyof typeof methods]: MethodHandler<(typeof methods)[Name]>;
};
