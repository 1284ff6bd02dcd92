/** The state of one request while the checks run. */
import type { Request, Response } from "express";
import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Credential } from "../auth/authenticate.ts";

export interface RequestContext {
  readonly req: Request;
  readonly res: Response;
  readonly requestId: string;
  /** The enabled endpoints of this path. The method selects one of them. */
  candidates: readonly Endpoint[];
  endpoint: Endpoint;
  credential: Credential | undefined;
  /** The body as parsed JSON, before the contract has validated it. */
  jsonBody: unknown;
  input: { params?: unknown; query?: unknown; headers?: unknown; body?: unknown };
}

/** Throws to reject the request, or ends the response itself. Otherwise the next check runs. */
export type Check = (context: RequestContext) => void | Promise<void>;
