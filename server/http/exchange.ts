/** One request and its response on their way through the checks, with what is known of them so far. */
import type { Request, Response } from "express";
import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Credential } from "../gate/credentials.ts";

export interface Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly requestId: string;
  /** The endpoints of this path that are switched on; the method picks one. */
  candidates: readonly Endpoint[];
  endpoint: Endpoint;
  credential: Credential | undefined;
  /** A run has begun, and leaves a line of its own in the log whatever becomes of it. */
  runBegan: boolean;
  /** The body as it was sent, once it is known to be JSON. */
  sent: unknown;
  input: { params?: unknown; query?: unknown; headers?: unknown; body?: unknown };
}

/** Throws to refuse; ends the response to answer by itself; otherwise the next check follows. */
export type Check = (exchange: Exchange) => void | Promise<void>;
