/** Translates OpenClaw's spellings into the keys of this gateway. Changes the tree in place, before it is validated. */
import type { Path, Report } from "../tree.ts";
import { mapAgents } from "./map-agents.ts";
import { mapMcpServers } from "./map-mcp-servers.ts";
import { mapModelProviders } from "./map-model-providers.ts";
import { mapLogging, mapReload, mapSecretProviders, mapSession } from "./map-session.ts";
import { mapTools } from "./map-tools.ts";

export interface MappingReports {
  /** Reports an error at a path of the file. */
  readonly report: Report;
  /** Reports something that works otherwise than in OpenClaw. */
  readonly warn: Report;
  /** Errors at `to` are reported at `from`, where the file has the value. */
  readonly trackMove: (from: Path, to: Path) => void;
}

export function mapOpenClawKeys(tree: unknown, reports: MappingReports): void {
  mapModelProviders(tree, reports);
  mapAgents(tree, reports);
  mapTools(tree, reports);
  mapMcpServers(tree, reports);
  mapSession(tree, reports);
  mapLogging(tree);
  mapSecretProviders(tree);
  mapReload(tree);
}
