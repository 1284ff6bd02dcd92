/** Reads the parts of OpenClaw's configuration file that an import needs, without checking it. */
import { readFileSync } from "node:fs";
import json5 from "json5";
import { asRecord, type JsonRecord } from "./json.ts";

interface FileContent {
  readonly tree: JsonRecord;
  readonly mcpServers: readonly string[];
}

/** A file that cannot be read is empty: `openclaw config check` says why. */
export function readTextFile(path: string): FileContent {
  let tree: JsonRecord = {};
  try {
    tree = asRecord(json5.parse(readFileSync(path, "utf8")));
  } catch {
    // See above.
  }
  return { tree, mcpServers: Object.keys(asRecord(asRecord(tree["mcp"])["servers"])) };
}

/** Whether OpenClaw has written the file. Then it belongs to OpenClaw, and is never changed. */
export function hasOpenClawMark(tree: JsonRecord): boolean {
  return asRecord(tree["meta"])["lastTouchedVersion"] !== undefined;
}
