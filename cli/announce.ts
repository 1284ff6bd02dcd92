/** What a started gateway says: where it is, where its secret is, who may reach it, what it serves, how to try it. */
import type { Config } from "../contracts/config/config.ts";
import type { Endpoint } from "../contracts/endpoint.ts";
import { endpoints } from "../contracts/index.ts";
import { valueAt } from "../server/config/value-at.ts";
import type { LoadedConfig } from "../server/config/load.ts";
import type { SharedSecret } from "../server/gate/shared-secret.ts";

interface Started {
  readonly url: string;
  readonly loaded: LoadedConfig;
  readonly secret: SharedSecret;
  readonly loopback: boolean;
}

export function announce({ url, loaded, secret, loopback }: Started): readonly string[] {
  const { config, path } = loaded;
  const chat = config.gateway.http.endpoints.chatCompletions.enabled;
  return [
    `Gateway      ${url}`,
    `Config       ${path}`,
    `Credential   ${credential(secret)}`,
    `Reachable    ${loopback ? "from this machine only" : "from the network: whoever has the credential is the operator"}`,
    `Endpoints    ${served(config)}`,
    ...(secret.weakness === undefined ? [] : [`Warning      ${secret.weakness}; keep to this machine`]),
    "",
    ...(chat
      ? [tryIt(secret), curl(url, secret)]
      : ["Chat is off. To switch it on, set gateway.http.endpoints.chatCompletions.enabled to true."]),
    "",
  ];
}

function credential({ mode, source }: SharedSecret): string {
  return mode === "none" ? "none is asked for" : `the ${mode} in ${source}`;
}

/** What is switched on, but for the aliases. */
function served(config: Config): string {
  return Object.values<Endpoint>(endpoints)
    .filter(({ enabledBy }) => enabledBy?.some((name) => valueAt(config, name) === true) ?? true)
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    .join(", ");
}

const variables = {
  token: "OPENCLAW_GATEWAY_TOKEN",
  password: "OPENCLAW_GATEWAY_PASSWORD",
  none: "",
} as const;

function tryIt({ mode, file }: SharedSecret): string {
  return mode === "none" || file !== undefined
    ? "Try it:"
    : `Try it, with the ${mode} in $${variables[mode]}:`;
}

/** A line to paste into a shell. The secret is not in it, but the place it is in. */
function curl(url: string, { mode, file }: SharedSecret): string {
  const secret = file === undefined ? `$${variables[mode]}` : `$(cat ${quoted(file)})`;
  const authorization = mode === "none" ? "" : ` -H "Authorization: Bearer ${secret}"`;
  const body = JSON.stringify({
    model: "openclaw",
    messages: [{ role: "user", content: "Hello! Who are you?" }],
  });
  return `curl -sS ${url}/v1/chat/completions${authorization} -H "Content-Type: application/json" -d '${body}'`;
}

/** As one word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
