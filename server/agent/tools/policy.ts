/** Which tools may be used: one pure function of the configuration, the agent, its model, the door and the tool. */
import type { Config } from "../../../contracts/config/config.ts";
import { canonicalName, mayMeanSome, mcpPrefix, means, meansAll } from "./tool-names.ts";

/** What is asked for; `run` is the agent itself, the others are callers that name a tool. */
interface Situation {
  readonly agentId: string;
  /** `<provider>/<id>`. */
  readonly model: string;
  readonly surface: "run" | "http" | "socket";
}

export interface ToolQuestion extends Situation {
  readonly tool: string;
}

export type Decision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** The setting that decided, for instance `agents.list[1].tools.deny`; the first of `denials`. */
      readonly by: string;
      /** Everything that stands in the way. */
      readonly denials: readonly Denial[];
    };

export interface Denial {
  readonly by: string;
  /** Goes on from "The tool is". */
  readonly reason: string;
  /** What lifts this denial, as an order. */
  readonly remedy: string;
}

/** One list that every tool has to pass: to stand in it, or not to. */
interface Rule {
  readonly lets: "only these" | "all but these";
  readonly entries: readonly string[];
  readonly by: string;
  readonly reason: string;
  readonly remedy: (tool: string) => string;
}

type Policy = NonNullable<Config["agents"]["list"][number]["tools"]>;
type PolicyRules = Omit<Policy, "byProvider">;

/** MCP servers are the operator's own choice, so their tools are for every agent that does more than talk. */
const profiles = {
  minimal: ["session_status"],
  coding: ["group:fs", "group:runtime", "group:web", "group:sessions", "group:mcp"],
  full: ["*"],
} as const;

/** What can do harm by a single call. */
const deniedByDefault = ["exec", "write", "edit", "apply_patch", "process"];

/** What holds in one situation, worked out once for many tools. */
export interface ToolPolicy {
  decide(tool: string): Decision;
  /** False when no tool of this MCP server could be allowed, whatever its tools are called. */
  mayUse(server: string): boolean;
}

export function decide(config: Config, { tool, ...situation }: ToolQuestion): Decision {
  return policyFor(config, situation).decide(tool);
}

export function policyFor(config: Config, situation: Situation): ToolPolicy {
  const rules = rulesOf(config, situation);
  return {
    decide(name) {
      const tool = canonicalName(name);
      const denials = rules
        .filter((rule) => !passes(rule, tool))
        .map(({ by, reason, remedy }) => ({ by, reason, remedy: remedy(tool) }));
      const [first] = denials;
      return first === undefined ? { allowed: true } : { allowed: false, by: first.by, denials };
    },
    mayUse(server) {
      const prefix = mcpPrefix(server);
      return rules.every(({ lets, entries }) =>
        lets === "only these"
          ? entries.some((entry) => mayMeanSome(entry, prefix))
          : !entries.some((entry) => meansAll(entry, prefix)),
      );
    },
  };
}

/** In a sentence: what denies the tool, and how all of it is lifted. */
export function denialMessage(tool: string, denials: readonly Denial[]): string {
  const reasons = denials.map(({ reason }) => reason).join(" and ");
  return `${tool} is ${reasons}; to allow it, ${denials.map(({ remedy }) => remedy).join(" and ")}.`;
}

function passes({ lets, entries }: Rule, tool: string): boolean {
  return entries.some((entry) => means(entry, tool)) === (lets === "only these");
}

/** Every layer, in its order; none can give back what another takes. */
function rulesOf(config: Config, { agentId, model, surface }: Situation): readonly Rule[] {
  const id = agentId.toLowerCase();
  const agent = config.agents.list.find((entry) => entry.id.toLowerCase() === id);
  return [
    ...policyRules("tools", config.tools, model),
    ...(agent?.tools === undefined ? [] : policyRules(`${agent.place}.tools`, agent.tools, model)),
    ...(surface === "run" ? [] : doorRules(config.gateway.tools, surface)),
  ];
}

function policyRules(path: string, policy: Policy, model: string): readonly Rule[] {
  const provider = model.split("/", 1)[0] ?? model;
  const names = new Set([provider.toLowerCase(), model.toLowerCase()]);
  const fitting = Object.entries(policy.byProvider ?? {}).filter(([key]) => names.has(key.toLowerCase()));
  return [
    ...listRules(path, policy),
    ...fitting.flatMap(([key, rules]) => listRules(`${path}.byProvider${step(key)}`, rules)),
  ];
}

const step = (key: string): string => (/^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);

function listRules(
  path: string,
  { profile, allow, alsoAllow = [], deny = [] }: PolicyRules,
): readonly Rule[] {
  const rules: Rule[] = [];
  if (profile !== undefined) {
    rules.push({
      lets: "only these",
      entries: [...profiles[profile], ...alsoAllow],
      by: `${path}.profile`,
      reason: `not in the profile "${profile}" of ${path}.profile`,
      // `alsoAllow` cannot stand beside `allow`.
      remedy: (tool) =>
        allow === undefined
          ? `add "${tool}" to ${path}.alsoAllow`
          : `set ${path}.profile to "${smallestProfile(tool)}"`,
    });
  }
  if (allow !== undefined) {
    rules.push({
      lets: "only these",
      entries: allow,
      by: `${path}.allow`,
      reason: `not in ${path}.allow`,
      remedy: (tool) => `add "${tool}" to ${path}.allow`,
    });
  }
  rules.push(denyRule(`${path}.deny`, deny));
  return rules;
}

function smallestProfile(tool: string): string {
  return profiles.coding.some((entry) => means(entry, tool)) ? "coding" : "full";
}

function denyRule(by: string, entries: readonly string[]): Rule {
  return {
    lets: "all but these",
    entries,
    by,
    reason: `denied by ${by}`,
    remedy: (tool) => {
      const culprits = entries.filter((entry) => means(entry, tool)).map((entry) => JSON.stringify(entry));
      return `take ${culprits.join(" and ")} out of ${by}`;
    },
  };
}

function doorRules({ allow, deny }: Config["gateway"]["tools"], door: "http" | "socket"): readonly Rule[] {
  return [
    {
      lets: "all but these",
      entries: deniedByDefault.filter((tool) => !allow.some((entry) => means(entry, tool))),
      by: "gateway.tools.allow",
      reason: `denied over ${door === "http" ? "HTTP" : "the socket"} by default`,
      remedy: (tool) => `add "${tool}" to gateway.tools.allow`,
    },
    denyRule("gateway.tools.deny", deny),
  ];
}
