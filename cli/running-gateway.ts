/** Where the gateway is that commands talk to, and the credential for it; never the one of another gateway. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { Agent, fetch } from "undici";
import { loadConfig } from "../server/config/load.ts";
import { locate } from "../server/config/locate.ts";
import { chooseSecret } from "../server/gate/shared-secret.ts";
import type { Io } from "./io.ts";
import { readRunFile } from "./run-file.ts";
import { authMode, secretSources } from "./secret-sources.ts";

export interface RunningGateway {
  readonly url: string;
  /** Absent where none is asked for. */
  readonly secret: string | undefined;
  /** For people: where the secret comes from. */
  readonly secretSource: string;
  /** It was found by its state folder: its files are on this machine. */
  readonly here: boolean;
}

/** The one of `OPENCLAW_GATEWAY_URL`, else the one of this machine. Throws, saying what to do, when there is neither. */
export function findGateway({ env }: Io): RunningGateway {
  const home = env["HOME"] || homedir();
  // Its socket has the same address, but for the scheme.
  const named = env["OPENCLAW_GATEWAY_URL"]?.trim().replace(/^ws/, "http");
  if (named) return elsewhere(named, env);

  const { stateDir } = locate(env, home, process.cwd());
  const running = readRunFile(stateDir);
  if (running === undefined) {
    throw new Error(
      `No gateway runs here: there is no gateway.json of a running one in ${stateDir}. Start one with \`openclaw gateway\`, or name another with OPENCLAW_GATEWAY_URL.`,
    );
  }
  const { url, tokenPath } = running;
  if (tokenPath !== undefined) {
    return { url, secret: readFileSync(tokenPath, "utf8").trim(), secretSource: tokenPath, here: true };
  }
  const { config } = loadConfig({ env, home });
  const { text, source } = chooseSecret(authMode(config), secretSources(env, config));
  return { url, secret: text, secretSource: source, here: true };
}

/** This machine's secrets are not for others: only what stands beside the address in the environment is sent. */
function elsewhere(url: string, env: NodeJS.ProcessEnv): RunningGateway {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Error('OPENCLAW_GATEWAY_URL: expected an address such as "http://127.0.0.1:18789"');
  }
  for (const name of ["OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD"]) {
    const secret = env[name]?.trim();
    if (secret) return { url, secret, secretSource: name, here: false };
  }
  return { url, secret: undefined, secretSource: "OPENCLAW_GATEWAY_TOKEN, which is not set", here: false };
}

/** As the global `fetch`, but it waits as long as the gateway does: how long a run may take is set there. */
export async function patientFetch(request: Request): Promise<Response> {
  const { url, method, headers, signal } = request;
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const body = method === "GET" ? null : await request.text();
  return await fetch(url, { method, headers: [...headers], body, signal, dispatcher });
}
