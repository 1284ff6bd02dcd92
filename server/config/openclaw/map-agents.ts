/** `agents` of OpenClaw: levels of thinking, the agent of requests that name none, and names for models. */
import { ensureDraft, getDraft, take, type Draft } from "../draft.ts";
import { listAgentPaths } from "../agent-paths.ts";
import { getAt, isPlainObject, type Path } from "../tree.ts";
import type { MappingReports } from "./map-keys.ts";
import { resolveModelNames } from "./model-names.ts";

export function mapAgents(tree: unknown, { warn }: Pick<MappingReports, "warn">): void {
  const agents = listAgentPaths(tree);
  const paths: readonly Path[] = [["agents", "defaults"], ...agents.map(({ path }) => path)];
  for (const path of paths) {
    const agent = getDraft(tree, ...path);
    if (agent !== undefined) mapThinking(agent);
  }
  resolveModelNames(tree, paths);
  mapDefaultAgent(tree, warn);
  const maxRuns = take(getDraft(tree, "agents", "defaults"), "maxConcurrent");
  if (maxRuns !== undefined) {
    const limits = ensureDraft(tree, "gateway", "limits");
    if (limits !== undefined) limits["maxConcurrentRuns"] ??= maxRuns;
  }
}

function mapThinking(agent: Draft): void {
  // The provider decides, as it does without a setting.
  if (agent["thinkingDefault"] === "adaptive") take(agent, "thinkingDefault");
  if (agent["thinkingDefault"] === "ultra") agent["thinkingDefault"] = "max";
}

/** The agent of the system's own work is the one that an operator thinks of without a name. */
function mapDefaultAgent(tree: unknown, warn: MappingReports["warn"]): void {
  const defaults = getDraft(tree, "agents", "defaults");
  const id = getAt(take(defaults, "systemAgent"), "agentId");
  if (typeof id !== "string") return;
  const agents = listAgentPaths(tree);
  const systemAgent = agents.find((agent) => agent.id.toLowerCase() === id.toLowerCase());
  if (systemAgent === undefined) {
    if (agents.length > 0 || id.toLowerCase() !== "main") {
      const path = ["agents", "defaults", "systemAgent", "agentId"];
      warn(path, `has no effect: there is no agent ${JSON.stringify(id.slice(0, 64))}`);
    }
    return;
  }
  if (agents.some(({ path }) => getAt(tree, ...path, "default") === true)) return;
  const settings = getAt(tree, ...systemAgent.path);
  if (isPlainObject(settings)) (settings as Draft)["default"] = true;
}
