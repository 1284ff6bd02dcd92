/** Connects commands to the running gateway and reports failures. */
import {
  createClient,
  isGatewayError,
  type GatewayClient,
  type GatewayRequestError,
  type GatewaySocket,
} from "../clients/typescript/src/index.ts";
import { packageVersion } from "../server/lib/package.ts";
import { exitBusy, exitCredential, exitFailure } from "./exit-codes.ts";
import { formatFailure } from "./format-failure.ts";
import type { Io } from "./io.ts";
import { findGateway, fetchFromGateway, type RunningGateway } from "./find-gateway.ts";

/** Help text of these commands. */
export const gatewayHelp = `Uses the gateway of this machine with its own credential. To use another gateway, set
OPENCLAW_GATEWAY_URL, and OPENCLAW_GATEWAY_TOKEN or OPENCLAW_GATEWAY_PASSWORD.
Exit codes: 0 done, 1 failed, 2 wrong usage, 77 credential rejected.`;

interface GatewayCallOptions {
  /** Whether to print failures as JSON too. */
  readonly json: boolean;
  /** Returns further fields for the JSON of a failure. */
  readonly getFailureContext?: () => object;
  /** How long to try to reconnect a lost socket. Default: not at all. */
  readonly reconnectMs?: number;
}

/** Calls `use` with a client. Resolves to its exit code, or to the one for its failure. */
export async function withGateway(
  io: Io,
  { json, getFailureContext = () => ({}) }: GatewayCallOptions,
  use: (client: GatewayClient, gateway: RunningGateway) => Promise<number>,
): Promise<number> {
  let gateway: RunningGateway | undefined;
  try {
    gateway = await findGateway(io);
    const { url, secret } = gateway;
    const client = createClient({ baseUrl: url, token: secret, fetch: fetchFromGateway, maxRetries: 0 });
    return await use(client, gateway);
  } catch (error) {
    if (gateway === undefined || !isGatewayError(error)) throw error;
    if (json) io.out(formatFailure(error, getFailureContext()));
    return await reportFailure(error, gateway, io);
  }
}

/** Like `withGateway`, with a WebSocket that has every permission of the credential. */
export function withSocket(
  io: Io,
  options: GatewayCallOptions,
  use: (socket: GatewaySocket, gateway: RunningGateway) => Promise<number>,
): Promise<number> {
  return withGateway(io, options, async (client, gateway) => {
    const socket = await client.connect({
      client: { id: "openclaw-cli", version: packageVersion, mode: "cli" },
      scopes: ["operator.read", "operator.write", "operator.admin", "operator.config"],
      reconnectMs: options.reconnectMs ?? 0,
    });
    try {
      return await use(socket, gateway);
    } catch (error) {
      const { version } = socket.hello.server;
      if (version !== packageVersion) {
        io.err(
          `The gateway is version ${version}, this command line is ${packageVersion}: update the older one.`,
        );
      }
      throw error;
    } finally {
      socket.close();
    }
  });
}

/** Returns the code of a rejected certificate: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function findTlsCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, cause } = error as Error & { readonly code?: unknown };
  const isTls = typeof code === "string" && /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS_/.test(code);
  return isTls ? code : findTlsCode(cause);
}

/** A WebSocket does not say why it could not connect. A request does. */
async function probeCertificate({ code }: GatewayRequestError, url: string): Promise<string | undefined> {
  if (code !== "connection_failed" || !url.startsWith("https:")) return undefined;
  return fetch(`${url}/healthz`).then(() => undefined, findTlsCode);
}

/** Prints the failure and what to do. Resolves to the exit code. */
async function reportFailure(
  error: GatewayRequestError,
  { url, secretSource }: RunningGateway,
  io: Io,
): Promise<number> {
  const { code, status, message } = error;
  const tlsCode = findTlsCode(error) ?? (await probeCertificate(error, url));
  if (tlsCode !== undefined) {
    io.err(`This machine does not trust the certificate of ${url} (${tlsCode}).`);
    io.err("Set NODE_EXTRA_CA_CERTS to the file of the authority that issued it.");
    return exitFailure;
  }
  if (code === "connection_failed") {
    io.err(`Nothing responds at ${url}. Is the gateway running? Start it with \`openclaw gateway\`.`);
    io.err(message);
    return exitFailure;
  }
  const authErrorCode = /^AUTH_(TOKEN|PASSWORD)_/;
  if (status === 401 || code === "invalid_api_key" || authErrorCode.test(code ?? "")) {
    io.err(`The gateway at ${url} rejects the credential (from ${secretSource}).`);
    io.err("Set OPENCLAW_GATEWAY_TOKEN or OPENCLAW_GATEWAY_PASSWORD to its secret.");
    return exitCredential;
  }
  io.err(message);
  if (code === "PROTOCOL_MISMATCH") {
    io.err(`This command line is version ${packageVersion}. Update it or the gateway, whichever is older.`);
  }
  if (code === "session_busy") return exitBusy;
  const isDenied = code === "MISSING_SCOPE" || code === "missing_scope" || code === "AUTH_RATE_LIMITED";
  return isDenied ? exitCredential : exitFailure;
}
