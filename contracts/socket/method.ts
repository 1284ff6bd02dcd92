/** The contract of a method or an event: a plain object, declared once, like the contract of an HTTP endpoint. */
import type { z } from "zod";
import type { CommonErrorCode, ErrorCode, OwnErrorCode } from "../errors.ts";
import type { ScriptStep } from "../examples/script.ts";
import type { Permission } from "../permissions.ts";

export interface Method {
  /** Name on the wire, and name of the handler. */
  readonly method: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** Permission that a connection needs. */
  readonly auth: Permission;
  /** Unknown keys are dropped. */
  readonly params: z.ZodObject;
  readonly result: z.ZodType;
  /** A first response with the same id, before the result. */
  readonly accepted?: z.ZodType;
  /** Error codes of this method, besides the common codes. */
  readonly errors: readonly OwnErrorCode[];
}

export interface SocketEvent {
  /** Name on the wire. */
  readonly event: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** Permission that a connection needs to receive the event. Without it every connection receives the event. */
  readonly auth?: Permission;
  /** Which events a slow connection may miss. A later event repeats their content. */
  readonly droppable: "never" | "always" | "deltas";
  readonly payload: z.ZodType;
}

/** Returns the contract unchanged. Keeps its literal types. */
export function method<const M extends Method>(contract: M): M {
  return contract;
}

/** Returns the contract unchanged. Keeps its literal types. */
export function event<const E extends SocketEvent>(contract: E): E {
  return contract;
}

/** Params that a handler receives. */
export type ParamsOf<M extends Method> = z.output<M["params"]>;

/** Result that a handler returns. */
export type ResultOf<M extends Method> = z.input<M["result"]>;

/** First response of a handler; `never` for a method with one response. */
export type AcceptedOf<M extends Method> = M extends { readonly accepted: infer A extends z.ZodType }
  ? z.input<A>
  : never;

export type PayloadOf<E extends SocketEvent> = z.input<E["payload"]>;

/** Error codes that a method may return. */
export type MethodErrorOf<M extends Method> = M["errors"][number] | CommonErrorCode;

/** An event in an example. */
export interface ExampleEvent<E extends SocketEvent = SocketEvent> {
  readonly event: E["event"];
  readonly payload: PayloadOf<E>;
}

/** A call that prepares an example. The example starts after its result. */
export interface OtherCall {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface ExampleShape<Params> {
  readonly title: string;
  readonly before?: readonly OtherCall[];
  readonly params: Params;
  readonly model?: readonly ScriptStep[];
  /** `result` is a part of the actual result: lists may have more items, objects more keys, and `…` stands for any text. */
  readonly excerpt?: true;
  /** Calls after the example, when their effects are part of it. */
  readonly after?: readonly OtherCall[];
  /** All events of the example, in order. */
  readonly events?: readonly ExampleEvent[];
}

interface ExampleError<Code> {
  readonly code: Code;
  readonly message: string;
  readonly param?: string;
}

type ExampleAnswer<Result, Accepted, Code> =
  | { readonly result: Result; readonly accepted?: Accepted }
  | { readonly error: ExampleError<Code>; readonly accepted?: Accepted };

/** A call, the script of the model, and the exact response. It is published in the documentation and replayed by the tests. */
export type MethodExample<M extends Method> = ExampleShape<z.input<M["params"]>> &
  ExampleAnswer<ResultOf<M>, AcceptedOf<M>, MethodErrorOf<M>>;

export type AnyMethodExample = ExampleShape<Readonly<Record<string, unknown>>> &
  ExampleAnswer<unknown, unknown, ErrorCode>;

export interface MethodExampleSet {
  readonly method: Method;
  readonly examples: readonly AnyMethodExample[];
}

/** Checks examples against the contract at compile time. */
export function methodExamples<M extends Method>(
  contract: M,
  examples: readonly MethodExample<M>[],
): MethodExampleSet {
  return { method: contract, examples };
}

/** An example of an event that no call causes. */
export interface EventExampleSet {
  readonly event: SocketEvent;
  readonly title: string;
  readonly payload: unknown;
}

/** Checks the example against the contract at compile time. */
export function eventExample<E extends SocketEvent>(
  contract: E,
  title: string,
  payload: PayloadOf<E>,
): EventExampleSet {
  return { event: contract, title, payload };
}

/** Checks one event of an example against its contract at compile time. */
export function occurs<E extends SocketEvent>(contract: E, payload: PayloadOf<E>): ExampleEvent {
  return { event: contract.event, payload };
}
