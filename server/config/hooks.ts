/** Checks `hooks`: agents that exist, and a path that is not one of the API. */
import type { Endpoint } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import { checkAgentNames } from "./agent-names.ts";
import { getAt, type Report } from "./tree.ts";

/** @param agents ids of the agents of the file, in lower case */
export function checkHooks(tree: unknown, agents: readonly string[], report: Report): void {
  const names = getAt(tree, "hooks", "allowedAgentIds");
  checkAgentNames(names, ["hooks", "allowedAgentIds"], ["*", ...agents], report);
  const path = getAt(tree, "hooks", "path");
  if (typeof path !== "string") return;
  const collision = Object.values<Endpoint>(endpoints).find((endpoint) =>
    ["agent", "wake"].some((name) => isAt(endpoint, `${path}/${name}`)),
  );
  if (collision !== undefined)
    report(["hooks", "path"], `collides with ${collision.path} of the API: ${JSON.stringify(path)}`);
}

function isAt({ path, pathSetting }: Endpoint, requestPath: string): boolean {
  const pattern = `^${path.replaceAll(".", String.raw`\.`).replaceAll(/\{\w+\}/g, "[^/]+")}$`;
  return pathSetting === undefined && new RegExp(pattern).test(requestPath);
}
