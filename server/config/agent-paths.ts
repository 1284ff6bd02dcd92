/** Where an unparsed configuration has its agents: in a list, or in a map by their ids. */
import { getAt, listObjects, type Path } from "./tree.ts";

/** Returns the path and id of every agent. */
export function listAgentPaths(tree: unknown): readonly { readonly path: Path; readonly id: string }[] {
  const list = listObjects(getAt(tree, "agents", "list")).map(([index, agent]) => ({
    path: ["agents", "list", index],
    id: typeof agent["id"] === "string" ? agent["id"] : "",
  }));
  const entries = listObjects(getAt(tree, "agents", "entries")).map(([id]) => ({
    path: ["agents", "entries", id],
    id: String(id),
  }));
  return [...list, ...entries];
}
