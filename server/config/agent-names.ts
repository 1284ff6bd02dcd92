/** Checks lists of agents: each one must exist in the file. */
import { suggest } from "../lib/did-you-mean.ts";
import type { Path, Report } from "./tree.ts";

/** @param agents ids of the agents of the file, in lower case */
export function checkAgentNames(names: unknown, path: Path, agents: readonly string[], report: Report): void {
  for (const [position, id] of (Array.isArray(names) ? names : []).entries()) {
    if (typeof id !== "string" || agents.includes(id.toLowerCase())) continue;
    const suggestion = suggest(id, agents);
    const hint = suggestion === undefined ? "" : ` (did you mean ${JSON.stringify(suggestion)}?)`;
    report([...path, position], `no agent ${JSON.stringify(id.slice(0, 64))}${hint}`);
  }
}
