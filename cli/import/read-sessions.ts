/** Reads the sessions of one of OpenClaw's agents: from its database, or from JSONL files before version 2026.7. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { asNumber, asRecord, asText, parseRecord, type JsonRecord } from "./json.ts";
import { withDatabase, type CopiedDatabase } from "./open-database.ts";

export interface ForeignSession {
  readonly key: string;
  readonly agentId: string;
  readonly label: string | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly events: readonly JsonRecord[];
}

export interface ForeignSessions {
  readonly sessions: readonly ForeignSession[];
  readonly warnings: readonly string[];
}

/** The newest schema that was tried. */
const knownVersion = 23;

/** @param folder the agent's folder, `<state>/agents/<id>` */
export function readSessions(folder: string): ForeignSessions {
  const agentId = basename(folder).toLowerCase();
  const path = join(folder, "agent", "openclaw-agent.sqlite");
  const stored = withDatabase(path, (database) => ({
    sessions: readRows(database, agentId),
    warnings:
      database.version > knownVersion
        ? [`${path} has schema ${database.version}, newer than ${knownVersion}: something may be missing`]
        : [],
  }));
  const files = readFiles(join(folder, "sessions"), agentId);
  const keys = new Set(stored?.sessions.map(({ key }) => key));
  // What was moved to the database may still lie in a file.
  const sessions = [...(stored?.sessions ?? []), ...files.sessions.filter(({ key }) => !keys.has(key))];
  return { sessions, warnings: [...(stored?.warnings ?? []), ...files.warnings] };
}

function readRows(database: CopiedDatabase, agentId: string): readonly ForeignSession[] {
  const rows = database.query(
    "select session_key, current_session_id, label, display_name, created_at, updated_at from session_nodes",
  );
  return rows.flatMap((row) => {
    const key = asText(row["session_key"]);
    const id = asText(row["current_session_id"]);
    if (key === undefined || id === undefined) return [];
    const updatedAt = asNumber(row["updated_at"]) ?? 0;
    const events = database
      .query("select event_json, event_zstd from transcript_events where session_id = ? order by seq", id)
      .map(readEvent);
    const label = asText(row["label"]) ?? asText(row["display_name"]);
    return [{ key, agentId, label, createdAt: asNumber(row["created_at"]) ?? updatedAt, updatedAt, events }];
  });
}

/** Long events are compressed. */
function readEvent({
  event_json: json,
  event_zstd: compressed,
}: Readonly<Record<string, unknown>>): JsonRecord {
  if (typeof json === "string") return parseRecord(json);
  return compressed instanceof Uint8Array ? parseRecord(zstdDecompressSync(compressed).toString()) : {};
}

function readFiles(folder: string, agentId: string): ForeignSessions {
  const index = join(folder, "sessions.json");
  if (!existsSync(index)) return { sessions: [], warnings: [] };
  const warnings: string[] = [];
  const files = new Set(readdirSync(folder));
  const sessions = Object.entries(parseRecord(readFileSync(index, "utf8"))).flatMap(
    ([key, value]): readonly ForeignSession[] => {
      const entry = asRecord(value);
      const id = asText(entry["sessionId"]);
      const file = basename(asText(entry["sessionFile"]) ?? `${id}.jsonl`);
      if (!files.has(file)) {
        warnings.push(`${key}: its transcript ${join(folder, file)} is missing`);
        return [];
      }
      const events = readFileSync(join(folder, file), "utf8").split("\n").filter(Boolean).map(parseRecord);
      const updatedAt = asNumber(entry["updatedAt"]) ?? 0;
      const begun = Date.parse(asText(events[0]?.["timestamp"]) ?? "");
      const label = asText(entry["label"]) ?? asText(entry["displayName"]);
      return [{ key, agentId, label, createdAt: begun || updatedAt, updatedAt, events }];
    },
  );
  return { sessions, warnings };
}
