/** The state of one request while the checks run. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Endpoint } from "../../contracts/endpoint.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import type { ReceivedForm } from "../transport/multipart.ts";
import type { Credential } from "../auth/credential.ts";

export interface RequestContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Values of the path's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The query as `node:querystring` parses it. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  /** The span of the request; undefined while traces are off. */
  readonly trace: TraceContext | undefined;
  /** The enabled endpoints of this path. The method selects one of them. */
  candidates: readonly Endpoint[];
  endpoint: Endpoint;
  credential: Credential | undefined;
  /** The body as parsed JSON or as the values of a form, before the contract has validated it. */
  jsonBody: unknown;
  /** The form that the body was. */
  form: ReceivedForm | undefined;
  input: { params?: unknown; query?: unknown; headers?: unknown; body?: unknown };
}

/** Throws to reject the request, or ends the response itself. Otherwise the next check runs. */
export type Check = (context: RequestContext) => void | Promise<void>;
