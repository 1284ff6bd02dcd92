/** Types of the methods and events of the socket. They are generated from the contract. */
import type { components, SocketEvents, SocketMethods } from "../generated/socket.ts";

type Schemas = components["schemas"];

export type { SocketEvents };

/** All methods except `connect`, which the client calls itself. */
export type CallableMethods = Omit<SocketMethods, "connect">;

export type MethodName = keyof CallableMethods;

export type EventName = keyof SocketEvents;

export type ParamsOf<Name extends MethodName> = CallableMethods[Name]["params"];

export type ResultOf<Name extends MethodName> = CallableMethods[Name]["result"];

/** The first result of a method that has two. */
export type AcceptedOf<Name extends MethodName> = CallableMethods[Name] extends {
  readonly accepted: infer Accepted;
}
  ? Accepted
  : never;

export type ConnectParams = Schemas["ConnectParams"];
export type HelloOk = Schemas["HelloOk"];
export type RequestFrame = Schemas["RequestFrame"];
export type ResponseFrame = Schemas["ResponseFrame"];
export type EventFrame = Schemas["EventFrame"];
export type SocketError = Schemas["SocketError"];
export type AgentEvent = Schemas["AgentEvent"];
export type AgentParams = Schemas["AgentParams"];
export type RunResult = Schemas["RunResult"];
