/** The transport below the MCP client: the pipes of a process, or HTTP. */
import type { Transport } from "@modelcontextprotocol/client";

export interface McpTransport {
  readonly sdkTransport: Transport;
  /** Resolves when the server has closed the connection. */
  readonly ended: Promise<void>;
  /** Why the server closed the connection; continues "The MCP server". Undefined if it did not. */
  getEndReason(): string | undefined;
  /** True if the error means that the server's session has expired. */
  isExpired(error: unknown): boolean;
  /** Releases everything, also after a failed start. Never rejects. */
  close(): Promise<void>;
}
