/** The banner of a started gateway: URL, credential, reachability, endpoints, and a command to try it. */
import { existsSync } from "node:fs";
import type { Config } from "../contracts/config/config.ts";
import type { Endpoint } from "../contracts/endpoint.ts";
import { endpoints } from "../contracts/index.ts";
import { getValueAt } from "../server/config/lookup.ts";
import type { LoadedConfig } from "../server/config/load.ts";
import { quoteForShell } from "./quote-for-shell.ts";
import { listCommandAgents } from "./list-command-agents.ts";
import type { SharedSecret } from "../server/auth/shared-secret.ts";

interface StartedGateway {
  readonly url: string;
  /** Number of processes. */
  readonly workers: number;
  readonly loaded: LoadedConfig;
  readonly secret: SharedSecret;
  readonly isLoopback: boolean;
}

export function formatBanner({
  url,
  workers,
  loaded,
  secret,
  isLoopback,
}: StartedGateway): readonly string[] {
  const { config, path } = loaded;
  const { tls } = config.gateway;
  const chat = config.gateway.http.endpoints.chatCompletions.enabled;
  return [
    `Gateway      ${url}`,
    `Config       ${path}${existsSync(path) ? "" : ", which does not exist: the built-in configuration applies (openclaw init)"}`,
    `Credential   ${describeCredential(secret)}`,
    `Reachable    ${isLoopback ? "from this machine only" : `from the network${hasUsers(secret) ? "" : "; the credential gives all permissions"}`}`,
    `Endpoints    ${listEndpointGroups(config).join(" · ")}`,
    ...(tls?.autoGenerate === true
      ? [`Certificate  ${tls.certPath}, signed with its own key; commands on this machine trust it`]
      : []),
    ...(workers > 1 ? [`Workers      ${workers} processes`] : []),
    ...formatCommandAgents(config),
    ...(secret.weakness === undefined
      ? []
      : [`Warning      ${secret.weakness}; do not expose this gateway to the network`]),
    "",
    ...(chat
      ? [formatExampleTitle(secret), formatCurlCommand(url, secret, tls)]
      : [
          `Chat is off. To enable it, set gateway.http.endpoints.chatCompletions.enabled to true in ${path}.`,
        ]),
    "",
  ];
}

const hasUsers = ({ mode }: SharedSecret): boolean => mode === "trusted-proxy" || mode === "jwt";

/** A caller that may use such an agent can run commands with the permissions of the gateway's user. */
function formatCommandAgents(config: Config): readonly string[] {
  const { inRuns, overHttp } = listCommandAgents(config);
  const ways = [
    ...(inRuns.length === 0 ? [] : [`through ${formatAgents(inRuns)}`]),
    ...(overHttp.length === 0 ? [] : [`directly over HTTP for ${formatAgents(overHttp)}`]),
  ];
  return ways.length === 0
    ? []
    : [`Commands     callers can run commands on this machine, ${ways.join(" and ")}`];
}

const formatAgents = (ids: readonly string[]): string =>
  `the agent${ids.length > 1 ? "s" : ""} ${ids.join(", ")}`;

function describeCredential({ mode, kind, source }: SharedSecret): string {
  if (mode === "none") return "none required";
  const secret = `the ${kind} in ${source}`;
  if (mode === "trusted-proxy") return `the users of the proxy; on this machine, ${secret}`;
  return mode === "jwt" ? `tokens of the issuer; on this machine, ${secret}` : secret;
}

/** Groups of endpoints by tag. Health and models belong to every gateway, so they are not listed. */
const groupByTag: Readonly<Record<string, string>> = {
  Chat: "chat",
  Responses: "responses",
  Messages: "messages",
  Embeddings: "embeddings",
  Tools: "tools",
  Sessions: "sessions",
  Hooks: "hooks",
  Documentation: "docs",
};

function listEndpointGroups(config: Config): readonly string[] {
  const enabled = Object.values<Endpoint>(endpoints).filter(
    ({ enabledBy }) => enabledBy?.some((name) => getValueAt(config, name) === true) ?? true,
  );
  const tags = new Set(enabled.map(({ tag }) => tag));
  return Object.entries(groupByTag).flatMap(([tag, group]) => (tags.has(tag) ? [group] : []));
}

const variableByKind = {
  token: "OPENCLAW_GATEWAY_TOKEN",
  password: "OPENCLAW_GATEWAY_PASSWORD",
} as const;

function formatExampleTitle({ mode, kind, source, file }: SharedSecret): string {
  if (mode === "none" || file !== undefined) return "Try it:";
  const origin = isEnvironment(source) ? "" : ` of ${source}`;
  return `Try it, with the ${kind}${origin} in $${variableByKind[kind]}:`;
}

const isEnvironment = (source: string): boolean => source === "the environment";

/** Formats a command line to paste. It refers to the secret's file or variable, not to the secret. */
function formatCurlCommand(
  url: string,
  { mode, kind, source, file }: SharedSecret,
  tls: Config["gateway"]["tls"],
): string {
  const name = variableByKind[kind];
  // Without the variable the shell says what is missing, instead of sending an empty credential.
  const variable = isEnvironment(source) ? `$${name}` : `\${${name}:?set it to the ${kind} of ${source}}`;
  const secret = file === undefined ? variable : `$(cat ${quoteForShell(file)})`;
  const authorization = mode === "none" ? "" : ` -H "Authorization: Bearer ${secret}"`;
  const body = JSON.stringify({
    model: "openclaw",
    messages: [{ role: "user", content: "Hello! Who are you?" }],
  });
  const trust = tls?.autoGenerate === true ? ` --cacert ${quoteForShell(tls.certPath)}` : "";
  return `curl -sS${trust} ${url}/v1/chat/completions${authorization} -H "Content-Type: application/json" -d '${body}'`;
}
