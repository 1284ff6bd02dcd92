/** The way to a server, under the protocol: a process's pipes or HTTP. */
import type { Transport } from "@modelcontextprotocol/client";

export interface Channel {
  readonly transport: Transport;
  /** Resolves when it has closed by itself. */
  readonly ended: Promise<void>;
  /** Why it closed by itself, if it did; goes on from "The MCP server". */
  endReason(): string | undefined;
  /** Does this error mean that the server has forgotten the session, and nothing else? */
  isExpired(error: unknown): boolean;
  /** Ends everything, also of a start that has failed. Never rejects. */
  close(): Promise<void>;
}
