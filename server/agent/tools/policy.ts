/** Decides which tools are allowed: a pure function of the configuration, agent, model, surface and tool. */
import type { Config } from "../../../contracts/config/config.ts";
import { findAgentSandbox } from "../agent-sandbox.ts";
import {
  toCanonicalName,
  canMatchPrefix,
  getMcpPrefix,
  matchesTool,
  matchesAllWithPrefix,
} from "../../lib/tool-names.ts";

/** `run`: the model calls the tool. `http` and `socket`: a client invokes the tool directly. */
interface PolicyContext {
  readonly agentId: string;
  /** `<provider>/<id>`. */
  readonly model: string;
  readonly surface: "run" | "http" | "socket";
}

export interface PolicyRequest extends PolicyContext {
  readonly tool: string;
}

export type Decision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** The setting that decided, for instance `agents.list[1].tools.deny`. Equal to `denials[0].by`. */
      readonly by: string;
      /** All settings that deny the tool. */
      readonly denials: readonly Denial[];
    };

export interface Denial {
  readonly by: string;
  /** Continues "The tool is". */
  readonly reason: string;
  /** How to lift this denial, as an imperative. */
  readonly remedy: string;
}

/** `allow`: only tools in the list pass. `deny`: only tools outside the list pass. */
interface Rule {
  readonly effect: "allow" | "deny";
  readonly entries: readonly string[];
  readonly by: string;
  readonly reason: string;
  readonly remedy: (tool: string) => string;
}

type AgentConfig = Config["agents"]["list"][number];
type Policy = NonNullable<AgentConfig["tools"]>;
type PolicyRules = Omit<Policy, "byProvider" | "sandbox">;

/** The operator chooses the MCP servers, so their tools are in every profile that has more than session tools. */
const profiles = {
  minimal: ["session_status"],
  coding: ["group:fs", "group:runtime", "group:web", "group:sessions", "group:mcp"],
  messaging: ["group:sessions", "group:mcp"],
  full: ["*"],
} as const;

/** In a sandbox, other tools need `tools.sandbox.tools`: they do not run inside it. */
const sandboxTools = ["group:fs", "group:runtime", "group:sessions"];
const writingTools = ["write", "edit", "apply_patch"];

/** Over HTTP and the socket. A single call of these can do harm. */
const deniedByDefault = ["exec", "write", "edit", "apply_patch", "process"];

/** The policy for one context, computed once for many tools. */
export interface ToolPolicy {
  decide(tool: string): Decision;
  /** False if no tool of this MCP server can be allowed, whatever its name. */
  canUseServer(server: string): boolean;
}

export function decide(config: Config, { tool, ...context }: PolicyRequest): Decision {
  return createToolPolicy(config, context).decide(tool);
}

export function createToolPolicy(config: Config, context: PolicyContext): ToolPolicy {
  const rules = createRules(config, context);
  return {
    decide(name) {
      const tool = toCanonicalName(name);
      const denials = rules
        .filter((rule) => !satisfiesRule(rule, tool))
        .map(({ by, reason, remedy }) => ({ by, reason, remedy: remedy(tool) }));
      const [first] = denials;
      return first === undefined ? { allowed: true } : { allowed: false, by: first.by, denials };
    },
    canUseServer(server) {
      const prefix = getMcpPrefix(server);
      return rules.every(({ effect, entries }) =>
        effect === "allow"
          ? entries.some((entry) => canMatchPrefix(entry, prefix))
          : !entries.some((entry) => matchesAllWithPrefix(entry, prefix)),
      );
    },
  };
}

/** Returns a sentence: what denies the tool and how to allow it. */
export function formatDenials(tool: string, denials: readonly Denial[]): string {
  const reasons = denials.map(({ reason }) => reason).join(" and ");
  return `${tool} is ${reasons}; to allow it, ${denials.map(({ remedy }) => remedy).join(" and ")}.`;
}

function satisfiesRule({ effect, entries }: Rule, tool: string): boolean {
  return entries.some((entry) => matchesTool(entry, tool)) === (effect === "allow");
}

/** All rules in order of evaluation. A tool must pass every rule, so no rule can allow what another denies. */
function createRules(config: Config, { agentId, model, surface }: PolicyContext): readonly Rule[] {
  const id = agentId.toLowerCase();
  const agent = config.agents.list.find((entry) => entry.id.toLowerCase() === id);
  return [
    ...createPolicyRules("tools", config.tools, model),
    ...(agent?.tools === undefined ? [] : createPolicyRules(`${agent.place}.tools`, agent.tools, model)),
    ...createSandboxRules(config, agent),
    ...(surface === "run" ? [] : createSurfaceRules(config.gateway.tools, surface)),
  ];
}

/** An agent's own lists replace those of all agents, as in OpenClaw. */
function createSandboxRules(config: Config, agent: AgentConfig | undefined): readonly Rule[] {
  const sandbox = findAgentSandbox(config, agent);
  if (sandbox === undefined) return [];
  const ownTools = agent?.tools?.sandbox?.tools;
  const { allow, alsoAllow = [], deny = [] } = ownTools ?? config.tools.sandbox?.tools ?? {};
  const path = ownTools === undefined ? "tools.sandbox.tools" : `${agent?.place ?? ""}.tools.sandbox.tools`;
  const withheld = { none: [...writingTools, "read"], ro: writingTools, rw: [] }[sandbox.workspaceAccess];
  return [
    {
      effect: "allow",
      entries: [...(allow ?? sandboxTools), ...alsoAllow],
      by: `${path}.allow`,
      reason: `not among the tools of a sandboxed agent (${path})`,
      remedy: (tool) => `add "${tool}" to ${path}.${allow === undefined ? "alsoAllow" : "allow"}`,
    },
    createDenyRule(`${path}.deny`, deny),
    {
      effect: "deny",
      entries: withheld,
      by: `${sandbox.place}.workspaceAccess`,
      reason: `denied by ${sandbox.place}.workspaceAccess "${sandbox.workspaceAccess}"`,
      remedy: (tool) =>
        `set ${sandbox.place}.workspaceAccess to ${tool === "read" ? '"ro" or "rw"' : '"rw"'}`,
    },
  ];
}

function createPolicyRules(path: string, policy: Policy, model: string): readonly Rule[] {
  const provider = model.split("/", 1)[0] ?? model;
  const names = new Set([provider.toLowerCase(), model.toLowerCase()]);
  const matching = Object.entries(policy.byProvider ?? {}).filter(([key]) => names.has(key.toLowerCase()));
  return [
    ...createListRules(path, policy),
    ...matching.flatMap(([key, rules]) => createListRules(`${path}.byProvider${formatKey(key)}`, rules)),
  ];
}

const formatKey = (key: string): string => (/^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);

function createListRules(
  path: string,
  { profile, allow, alsoAllow = [], deny = [] }: PolicyRules,
): readonly Rule[] {
  const rules: Rule[] = [];
  if (profile !== undefined) {
    rules.push({
      effect: "allow",
      entries: [...profiles[profile], ...alsoAllow],
      by: `${path}.profile`,
      reason: `not in the profile "${profile}" of ${path}.profile`,
      // `alsoAllow` and `allow` cannot be used together.
      remedy: (tool) =>
        allow === undefined
          ? `add "${tool}" to ${path}.alsoAllow`
          : `set ${path}.profile to "${findSmallestProfile(tool)}"`,
    });
  }
  if (allow !== undefined) {
    rules.push({
      effect: "allow",
      entries: allow,
      by: `${path}.allow`,
      reason: `not in ${path}.allow`,
      remedy: (tool) => `add "${tool}" to ${path}.allow`,
    });
  }
  rules.push(createDenyRule(`${path}.deny`, deny));
  return rules;
}

function findSmallestProfile(tool: string): string {
  return profiles.coding.some((entry) => matchesTool(entry, tool)) ? "coding" : "full";
}

function createDenyRule(by: string, entries: readonly string[]): Rule {
  return {
    effect: "deny",
    entries,
    by,
    reason: `denied by ${by}`,
    remedy: (tool) => {
      const matches = entries
        .filter((entry) => matchesTool(entry, tool))
        .map((entry) => JSON.stringify(entry));
      return `take ${matches.join(" and ")} out of ${by}`;
    },
  };
}

function createSurfaceRules(
  { allow, deny }: Config["gateway"]["tools"],
  surface: "http" | "socket",
): readonly Rule[] {
  return [
    {
      effect: "deny",
      entries: deniedByDefault.filter((tool) => !allow.some((entry) => matchesTool(entry, tool))),
      by: "gateway.tools.allow",
      reason: `denied over ${surface === "http" ? "HTTP" : "the socket"} by default`,
      remedy: (tool) => `add "${tool}" to gateway.tools.allow`,
    },
    createDenyRule("gateway.tools.deny", deny),
  ];
}
