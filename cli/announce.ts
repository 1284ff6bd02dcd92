/** What a started gateway says: where it is, where its secret is, who may reach it, what it serves, how to try it. */
import type { Config } from "../contracts/config/config.ts";
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
    `Endpoints    ${endpoints(config)}`,
    ...(secret.weakness === undefined ? [] : [`Warning      ${secret.weakness}; keep to this machine`]),
    "",
    ...(chat
      ? ["Try it:", curl(url, secret)]
      : ["Chat is off. To switch it on, set gateway.http.endpoints.chatCompletions.enabled to true."]),
    "",
  ];
}

function credential({ mode, source }: SharedSecret): string {
  return mode === "none" ? "none is asked for" : `the ${mode} in ${source}`;
}

function endpoints({ gateway: { http } }: Config): string {
  return [
    ...(http.endpoints.chatCompletions.enabled ? ["POST /v1/chat/completions", "GET /v1/models"] : []),
    "GET /healthz",
    "GET /readyz",
    ...(http.docs.enabled ? ["GET /docs", "GET /openapi.yaml"] : []),
  ].join(", ");
}

/** A line to paste into a shell. The secret is not in it, but the place it is in. */
function curl(url: string, { mode, file, source }: SharedSecret): string {
  const variable = mode === "password" ? "OPENCLAW_GATEWAY_PASSWORD" : "OPENCLAW_GATEWAY_TOKEN";
  const secret =
    file !== undefined
      ? `$(cat ${quoted(file)})`
      : source === "the environment"
        ? `$${variable}`
        : `<the ${mode}>`;
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
