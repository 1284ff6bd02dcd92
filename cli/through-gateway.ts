/** What every command does that asks the running gateway: finds it, asks, and says what went wrong. */
import {
  createClient,
  isGatewayError,
  type GatewayClient,
  type GatewayRequestError,
  type GatewaySocket,
} from "../clients/typescript/src/index.ts";
import { packageVersion } from "../server/package.ts";
import { exitBusy, exitCredential, exitFailed } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { findGateway, patientFetch, type RunningGateway } from "./running-gateway.ts";

/** For the help of these commands. */
export const gatewayHelp = `It asks the gateway of this machine, with the credential that is there. For another one set
OPENCLAW_GATEWAY_URL, and OPENCLAW_GATEWAY_TOKEN or OPENCLAW_GATEWAY_PASSWORD.
Exit codes: 0 done, 1 failed, 2 wrong usage, 77 credential refused.`;

interface Asking {
  /** Print failures as JSON too. */
  readonly json: boolean;
  /** What is known beside the failure, for its JSON. */
  readonly about?: () => object;
  /** How long a lost socket is tried to be replaced; not at all unless set. */
  readonly reconnectMs?: number;
}

/** Resolves to the exit code: that of `ask`, or the one for its failure. */
export async function throughGateway(
  io: Io,
  { json, about = () => ({}) }: Asking,
  ask: (client: GatewayClient, gateway: RunningGateway) => Promise<number>,
): Promise<number> {
  let gateway: RunningGateway | undefined;
  try {
    gateway = findGateway(io);
    const { url, secret } = gateway;
    const client = createClient({ baseUrl: url, token: secret, fetch: patientFetch, maxRetries: 0 });
    return await ask(client, gateway);
  } catch (thrown) {
    if (json) io.out(failureJson(thrown, about()));
    if (gateway === undefined || !isGatewayError(thrown)) throw thrown;
    return tellFailure(thrown, gateway, io);
  }
}

/** The one JSON object of a command that failed. */
export function failureJson(thrown: unknown, about: object): string {
  const { message, type = null, param = null, code = null } = thrown as Partial<GatewayRequestError>;
  return JSON.stringify({ ok: false, error: { message, type, param, code }, ...about }, null, 2);
}

/** As `throughGateway`, over the socket, with every right that the credential gives. */
export function throughSocket(
  io: Io,
  asking: Asking,
  ask: (socket: GatewaySocket, gateway: RunningGateway) => Promise<number>,
): Promise<number> {
  return throughGateway(io, asking, async (client, gateway) => {
    const socket = await client.connect({
      client: { id: "openclaw-cli", version: packageVersion, mode: "cli" },
      scopes: ["operator.read", "operator.write", "operator.admin"],
      reconnectMs: asking.reconnectMs ?? 0,
    });
    try {
      return await ask(socket, gateway);
    } catch (error) {
      const { version } = socket.hello.server;
      if (version !== packageVersion) {
        io.err(
          `The gateway is version ${version}, this command line ${packageVersion}: update the older one.`,
        );
      }
      throw error;
    } finally {
      socket.close();
    }
  });
}

/** Says what went wrong and what to do; the exit code for it. */
function tellFailure(error: GatewayRequestError, { url, secretSource }: RunningGateway, io: Io): number {
  const { code, status, message } = error;
  if (code === "connection_failed") {
    io.err(`Nothing answers at ${url}: is the gateway running? \`openclaw gateway\` starts one.`);
    io.err(message);
    return exitFailed;
  }
  const refused = /^AUTH_(TOKEN|PASSWORD)_/;
  if (status === 401 || code === "invalid_api_key" || refused.test(code ?? "")) {
    io.err(`The gateway at ${url} refuses the credential (from ${secretSource}).`);
    io.err("Set OPENCLAW_GATEWAY_TOKEN or OPENCLAW_GATEWAY_PASSWORD to what it asks for.");
    return exitCredential;
  }
  io.err(message);
  if (code === "PROTOCOL_MISMATCH") {
    io.err(`This command line is version ${packageVersion}: update it or the gateway, whichever is older.`);
  }
  if (code === "session_busy") return exitBusy;
  const denied = code === "MISSING_SCOPE" || code === "missing_scope" || code === "AUTH_RATE_LIMITED";
  return denied ? exitCredential : exitFailed;
}
