/** OpenClaw's keys that must not be ignored: they narrow what agents may do, or choose what is not served here. */

export interface Refusal {
  /** Dotted; `*` is any one part. */
  readonly path: string;
  /** Only these values are refused. */
  readonly only?: readonly unknown[];
  /** All values but these are refused. */
  readonly except?: readonly unknown[];
  readonly reason: string;
}

const agentPlaces = ["agents.defaults.", "agents.list.*.", "agents.entries.*."];
const toolPlaces = ["tools.", "agents.list.*.tools.", "agents.entries.*.tools."];

const noSandbox = "there is no sandbox here, and without it agents could do more";
const noApproval = "commands are not checked one by one here; deny the tool with tools.deny instead";
const useDeny = (tool: string): string => `not enforced here; write tools.deny: ["${tool}"] instead`;
const otherApi =
  'not served; "openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai" and "llama" are';

const otherApis = ["bedrock-converse-stream", "github-copilot", "ollama", "openai-codex-responses"];

const ofAgents: readonly Refusal[] = [{ path: "sandbox.mode", except: ["off"], reason: noSandbox }];

const ofTools: readonly Refusal[] = [
  { path: "profile", only: ["messaging"], reason: 'no such profile here: "minimal", "coding" or "full"' },
  { path: "exec.security", except: ["full"], reason: noApproval },
  { path: "exec.ask", except: ["off"], reason: noApproval },
  { path: "exec.mode", except: ["full"], reason: noApproval },
  { path: "exec.strictInlineEval", except: [false], reason: noApproval },
  { path: "exec.host", except: ["gateway", "auto"], reason: "commands could only run on the gateway's host" },
  { path: "exec.applyPatch.enabled", except: [true], reason: useDeny("apply_patch") },
  { path: "exec.applyPatch.allowModels", reason: "not enforced here; use tools.byProvider instead" },
  { path: "web.search.enabled", except: [true], reason: useDeny("web_search") },
  { path: "web.fetch.enabled", except: [true], reason: useDeny("web_fetch") },
  { path: "sandbox", reason: noSandbox },
  { path: "subagents", reason: "there are no agents within agents here to hold this rule against" },
];

const forAll = (key: string): string => `not for one agent alone; set tools.${key}, which holds for all`;

const ofOneAgentsTools: readonly Refusal[] = ["exec.sandbox", "fs.workspaceOnly", "sessions.visibility"].map(
  (path) => ({ path, reason: forAll(path) }),
);

export const refusedKeys: readonly Refusal[] = [
  { path: "approvals", reason: "nobody is asked before a tool runs here; deny the tools instead" },
  { path: "gateway.mode", only: ["remote"], reason: 'this program serves: the mode is "local"' },
  { path: "gateway.bind", only: ["tailnet"], reason: 'not served yet; use "custom" with customBindHost' },
  { path: "gateway.auth.mode", only: ["trusted-proxy"], reason: 'not served yet; use "token" or "password"' },
  { path: "gateway.roles", reason: "roles are not enforced here, and without them callers could do more" },
  { path: "gateway.tailscale.mode", except: ["off"], reason: "not driven from here; run `tailscale serve`" },
  { path: "gateway.tls.caPath", reason: "client certificates are not checked here" },
  ...["images", "files"].map((kind) => ({
    path: `gateway.http.endpoints.*.${kind}.allowedMimes`,
    reason: `the kinds of ${kind} cannot be narrowed here`,
  })),
  {
    path: "session.store.type",
    except: ["sqlite"],
    reason: "conversations are kept in SQLite; there is no other store yet",
  },
  { path: "session.sendPolicy.default", except: ["allow"], reason: "not enforced here" },
  { path: "session.sendPolicy.rules.*.action", except: ["allow"], reason: "not enforced here" },
  { path: "models.providers.*.auth", except: ["api-key", "token"], reason: "only API keys are served" },
  { path: "models.providers.*.models.*.api", only: otherApis, reason: otherApi },
  { path: "models.providers.*.api", only: otherApis, reason: otherApi },
  ...agentPlaces.flatMap((place) => ofAgents.map((rule) => ({ ...rule, path: place + rule.path }))),
  ...toolPlaces.flatMap((place) => ofTools.map((rule) => ({ ...rule, path: place + rule.path }))),
  ...toolPlaces
    .filter((place) => place !== "tools.")
    .flatMap((place) => ofOneAgentsTools.map((rule) => ({ ...rule, path: place + rule.path }))),
];
