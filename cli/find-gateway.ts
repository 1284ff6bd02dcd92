/** Finds the gateway for commands and its credential. A credential is never sent to another gateway. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Config } from "../contracts/config/config.ts";
import { reveal } from "../contracts/config/secret.ts";
import { locateConfig } from "../server/config/locate.ts";
import { chooseSecret } from "../server/auth/shared-secret.ts";
import type { Io } from "./io.ts";
import { readRunFile } from "./run-file.ts";

export interface RunningGateway {
  readonly url: string;
  /** Undefined if the gateway requires none. */
  readonly secret: string | undefined;
  /** Where the secret comes from, for messages. */
  readonly secretSource: string;
  /** Whether it was found by its state folder: then its files are on this machine. */
  readonly isLocal: boolean;
}

/** Returns the gateway of `OPENCLAW_GATEWAY_URL`, else the one of this machine, else that of `gateway.remote`. Rejects if there is none. */
export async function findGateway({ env }: Io): Promise<RunningGateway> {
  const home = env["HOME"] || homedir();
  // The WebSocket has the same address with another scheme.
  const configuredUrl = env["OPENCLAW_GATEWAY_URL"]?.trim().replace(/^ws/, "http");
  if (configuredUrl) return readRemoteGateway(configuredUrl, env);

  const { stateDir } = locateConfig(env, home, process.cwd());
  const runFile = readRunFile(stateDir);
  if (runFile?.certPath !== undefined) {
    const certificate = readFileSync(runFile.certPath, "utf8");
    setDefaultCACertificates([...getCACertificates("default"), certificate]);
  }
  if (runFile?.tokenPath !== undefined) {
    const { url, tokenPath } = runFile;
    return { url, secret: readFileSync(tokenPath, "utf8").trim(), secretSource: tokenPath, isLocal: true };
  }
  // Reading the configuration takes longer than most commands, so that it is imported only here.
  const { loadConfig } = await import("../server/config/load.ts");
  const loaded = loadConfig({ env, home });
  const { remote, mode } = loaded.config.gateway;
  if (mode === "remote" && remote?.url !== undefined) return toRemoteGateway(remote.url, remote);
  if (runFile === undefined) {
    throw new Error(
      `No gateway runs here: ${stateDir} has no gateway.json of a running gateway. Start one with \`openclaw gateway\`, or set OPENCLAW_GATEWAY_URL.`,
    );
  }
  const { resolveAuthMode, listSecretSources } = await import("./secret-sources.ts");
  const sources = listSecretSources(loaded.env, loaded.config);
  const { text, source } = chooseSecret(resolveAuthMode(loaded.config), sources);
  return { url: runFile.url, secret: text, secretSource: source, isLocal: true };
}

type RemoteSettings = NonNullable<Config["gateway"]["remote"]>;

function toRemoteGateway(url: string, { token, password }: RemoteSettings): RunningGateway {
  const secret = token ?? password;
  return {
    url: url.replace(/^ws/, "http"),
    secret: secret && reveal(secret),
    secretSource: secret === undefined ? "gateway.remote.token, which is not set" : "gateway.remote",
    isLocal: false,
  };
}

/** Uses only the credential from the environment: secrets of this machine are not sent to other machines. */
function readRemoteGateway(url: string, env: NodeJS.ProcessEnv): RunningGateway {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Error('OPENCLAW_GATEWAY_URL: expected a URL such as "http://127.0.0.1:18789"');
  }
  for (const name of ["OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD"]) {
    const secret = env[name]?.trim();
    if (secret) return { url, secret, secretSource: name, isLocal: false };
  }
  return { url, secret: undefined, secretSource: "OPENCLAW_GATEWAY_TOKEN, which is not set", isLocal: false };
}

/** Like the global `fetch`. A request with a body gets no time-outs: the gateway limits the time of a run. */
export async function fetchFromGateway(request: Request): Promise<Response> {
  const { url, method, headers, signal } = request;
  if (method === "GET") return fetch(request);
  const { Agent, fetch: fetchWith } = await import("undici");
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const body = await request.text();
  return await fetchWith(url, { method, headers: [...headers], body, signal, dispatcher });
}
