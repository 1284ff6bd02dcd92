/** A method or an event of the socket is a plain object, declared once, as an endpoint of HTTP is. */
import type { z } from "zod";
import type { CommonErrorCode, ErrorCode, OwnErrorCode } from "../errors.ts";
import type { ScriptStep } from "../examples/script.ts";
import type { Right } from "../rights.ts";

export interface Method {
  /** Its name on the wire, and the name of its handler. */
  readonly method: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** The right that a connection needs. */
  readonly auth: Right;
  /** A closed object: an unknown key is an error. */
  readonly params: z.ZodObject;
  readonly result: z.ZodType;
  /** A first answer under the same id, before the result. */
  readonly accepted?: z.ZodType;
  /** Codes of its own; the common ones go without saying. */
  readonly errors: readonly OwnErrorCode[];
}

export interface SocketEvent {
  /** Its name on the wire. */
  readonly event: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** The right that a connection needs to be told; everybody is told without. */
  readonly auth?: Right;
  /** What may be left out for a connection that does not read: a later event says it again, or says more. */
  readonly droppable: "never" | "always" | "deltas";
  readonly payload: z.ZodType;
}

/** Identity: keeps the literal types of a contract. */
export function method<const M extends Method>(contract: M): M {
  return contract;
}

/** As `method`. */
export function event<const E extends SocketEvent>(contract: E): E {
  return contract;
}

/** What a handler receives. */
export type ParamsOf<M extends Method> = z.output<M["params"]>;

/** What a handler answers with. */
export type ResultOf<M extends Method> = z.input<M["result"]>;

/** What a handler may answer with before; `never` for a method that answers once. */
export type AcceptedOf<M extends Method> = M extends { readonly accepted: infer A extends z.ZodType }
  ? z.input<A>
  : never;

export type PayloadOf<E extends SocketEvent> = z.input<E["payload"]>;

/** The codes that a method may answer with. */
export type MethodErrorOf<M extends Method> = M["errors"][number] | CommonErrorCode;

/** An event that comes while a call is answered, or by itself. */
export interface ExampleEvent<E extends SocketEvent = SocketEvent> {
  readonly event: E["event"];
  readonly payload: PayloadOf<E>;
}

/** A call that only sets the scene; its last answer is waited for. */
export interface OtherCall {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface ExampleShape<Params> {
  readonly title: string;
  readonly before?: readonly OtherCall[];
  readonly params: Params;
  readonly model?: readonly ScriptStep[];
  /** The answer has more than `result` shows: further items of its lists, further keys of its objects, any text for `…`. */
  readonly excerpt?: true;
  /** Calls that are made afterwards, when what comes of the first one is to be shown. */
  readonly after?: readonly OtherCall[];
  /** Every event that comes of it, in order. */
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

/** A call, what the model does with it, and the exact answer: documented, and replayed by the tests. */
export type MethodExample<M extends Method> = ExampleShape<z.input<M["params"]>> &
  ExampleAnswer<ResultOf<M>, AcceptedOf<M>, MethodErrorOf<M>>;

export type AnyMethodExample = ExampleShape<Readonly<Record<string, unknown>>> &
  ExampleAnswer<unknown, unknown, ErrorCode>;

export interface MethodExampleSet {
  readonly method: Method;
  readonly examples: readonly AnyMethodExample[];
}

/** Ties examples to a contract: one that the contract does not allow does not compile. */
export function methodExamples<M extends Method>(
  contract: M,
  examples: readonly MethodExample<M>[],
): MethodExampleSet {
  return { method: contract, examples };
}

/** What an event that comes of itself looks like. */
export interface EventExampleSet {
  readonly event: SocketEvent;
  readonly title: string;
  readonly payload: unknown;
}

/** Ties the example of such an event to its contract. */
export function eventExample<E extends SocketEvent>(
  contract: E,
  title: string,
  payload: PayloadOf<E>,
): EventExampleSet {
  return { event: contract, title, payload };
}

/** Ties one event of an example to its contract. */
export function occurs<E extends SocketEvent>(contract: E, payload: PayloadOf<E>): ExampleEvent {
  return { event: contract.event, payload };
}
