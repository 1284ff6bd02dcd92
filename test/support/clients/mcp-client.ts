/** MCP's own client, connected to a gateway. */
import {
  Client,
  StreamableHTTPClientTransport,
  type VersionNegotiationOptions,
} from "@modelcontextprotocol/client";
import { onTestFinished } from "vitest";
import { token } from "../gateway/gateway.ts";

interface McpClientOptions {
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `legacy`: the versions that begin with `initialize`, which is the default. A version: that one. */
  readonly mode?: VersionNegotiationOptions["mode"];
}

/** The client is closed when the test finishes. */
export async function connectMcpClient(
  url: string,
  { secret = token, headers = {}, mode = "legacy" }: McpClientOptions = {},
): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
  const requestInit = { headers: { authorization: `Bearer ${secret}`, ...headers } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  onTestFinished(() => client.close());
  return client;
}

/** Returns the texts of a tool's result. */
export const readTexts = ({
  content,
}: {
  readonly content?: readonly { readonly type: string; readonly text?: unknown }[];
}): string => (content ?? []).map(({ text }) => String(text)).join("\n");
