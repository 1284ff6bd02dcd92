/** OpenClaw's keys that are errors here: they restrict agents, or select a feature that this gateway lacks. */

export interface UnsupportedKey {
  /** Dotted; `*` matches one path segment. */
  readonly path: string;
  /** Only these values are errors. */
  readonly only?: readonly unknown[];
  /** All other values are errors. */
  readonly except?: readonly unknown[];
  readonly reason: string;
}

const agentPrefixes = ["agents.defaults.", "agents.list.*.", "agents.entries.*."];
const toolPrefixes = ["tools.", "agents.list.*.tools.", "agents.entries.*.tools."];

const noSandboxReason = "this gateway has no sandbox, and agents could do more without one";
const noApprovalReason = "commands are not approved one by one; deny the tool with tools.deny instead";
const denyInsteadReason = (tool: string): string => `not enforced; set tools.deny: ["${tool}"] instead`;
const unservedApiReason =
  'use "openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai" or "llama"';

const unservedApis = ["bedrock-converse-stream", "github-copilot", "ollama", "openai-codex-responses"];

const agentRules: readonly UnsupportedKey[] = [
  { path: "sandbox.mode", except: ["off"], reason: noSandboxReason },
];

const toolRules: readonly UnsupportedKey[] = [
  { path: "profile", only: ["messaging"], reason: 'no such profile; use "minimal", "coding" or "full"' },
  { path: "exec.security", except: ["full"], reason: noApprovalReason },
  { path: "exec.ask", except: ["off"], reason: noApprovalReason },
  { path: "exec.mode", except: ["full"], reason: noApprovalReason },
  { path: "exec.strictInlineEval", except: [false], reason: noApprovalReason },
  { path: "exec.host", except: ["gateway", "auto"], reason: "commands run on the gateway's host only" },
  { path: "exec.applyPatch.enabled", except: [true], reason: denyInsteadReason("apply_patch") },
  { path: "exec.applyPatch.allowModels", reason: "not enforced; use tools.byProvider instead" },
  { path: "web.search.enabled", except: [true], reason: denyInsteadReason("web_search") },
  { path: "web.fetch.enabled", except: [true], reason: denyInsteadReason("web_fetch") },
  { path: "sandbox", reason: noSandboxReason },
  { path: "subagents", reason: "agents cannot start other agents, so the rule cannot be enforced" },
];

const globalOnlyReason = (key: string): string =>
  `not per agent; set tools.${key}, which applies to all agents`;

const singleAgentToolRules: readonly UnsupportedKey[] = [
  "exec.sandbox",
  "fs.workspaceOnly",
  "sessions.visibility",
].map((path) => ({ path, reason: globalOnlyReason(path) }));

export const unsupportedKeys: readonly UnsupportedKey[] = [
  { path: "approvals", reason: "tools run without approval; deny them instead" },
  { path: "gateway.mode", only: ["remote"], reason: 'the gateway runs in this process; the mode is "local"' },
  { path: "gateway.bind", only: ["tailnet"], reason: 'not available yet; use "custom" with customBindHost' },
  {
    path: "gateway.auth.mode",
    only: ["trusted-proxy"],
    reason: 'not available yet; use "token" or "password"',
  },
  { path: "gateway.roles", reason: "roles are not enforced, and callers could do more without them" },
  {
    path: "gateway.tailscale.mode",
    except: ["off"],
    reason: "the gateway does not start Tailscale; run `tailscale serve`",
  },
  { path: "gateway.tls.caPath", reason: "client certificates are not checked" },
  ...["images", "files"].map((kind) => ({
    path: `gateway.http.endpoints.*.${kind}.allowedMimes`,
    reason: `the types of ${kind} cannot be restricted`,
  })),
  {
    path: "session.store.type",
    except: ["sqlite"],
    reason: "conversations are stored in SQLite; no other store is available yet",
  },
  { path: "session.sendPolicy.default", except: ["allow"], reason: "not enforced" },
  { path: "session.sendPolicy.rules.*.action", except: ["allow"], reason: "not enforced" },
  { path: "models.providers.*.auth", except: ["api-key", "token"], reason: "only API keys are supported" },
  { path: "models.providers.*.models.*.api", only: unservedApis, reason: unservedApiReason },
  { path: "models.providers.*.api", only: unservedApis, reason: unservedApiReason },
  ...agentPrefixes.flatMap((prefix) => agentRules.map((rule) => ({ ...rule, path: prefix + rule.path }))),
  ...toolPrefixes.flatMap((prefix) => toolRules.map((rule) => ({ ...rule, path: prefix + rule.path }))),
  ...toolPrefixes
    .filter((prefix) => prefix !== "tools.")
    .flatMap((prefix) => singleAgentToolRules.map((rule) => ({ ...rule, path: prefix + rule.path }))),
];
