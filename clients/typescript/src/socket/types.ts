/** The methods and events of the socket, with what they take and carry. They are the contract's: generated, not written here. */
import type { components, SocketEvents, SocketMethods } from "../generated/socket.ts";

type Schemas = components["schemas"];

export type { SocketEvents };

/** `connect` is called by the client itself. */
export type CallableMethods = Omit<SocketMethods, "connect">;

export type MethodName = keyof CallableMethods;

export type EventName = keyof SocketEvents;

export type ParamsOf<Name extends MethodName> = CallableMethods[Name]["params"];

export type ResultOf<Name extends MethodName> = CallableMethods[Name]["result"];

/** The first answer of a method that answers twice. */
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
