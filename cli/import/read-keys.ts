/** Reads the keys of providers that OpenClaw stores in its databases and files. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findKnownProvider } from "../../contracts/config/known-providers.ts";
import { asRecord, asText, parseRecord, type JsonRecord } from "./json.ts";
import { withDatabase } from "./open-database.ts";

export interface ForeignKey {
  readonly provider: string;
  /** The variable that this gateway reads for the provider. */
  readonly variable: string;
  readonly secret: string;
}

export interface ForeignKeys {
  readonly keys: readonly ForeignKey[];
  /** Credentials that are not taken, each with the reason. */
  readonly skipped: readonly string[];
}

export function readKeys(stateDir: string, agentFolders: readonly string[]): ForeignKeys {
  const stores = [
    ...readShared(stateDir),
    ...agentFolders.flatMap((folder) => readAgent(join(folder, "agent"))),
  ];
  const keys = new Map<string, ForeignKey>();
  const skipped: string[] = [];
  for (const [name, value] of stores.flatMap((store) => Object.entries(asRecord(store["profiles"])))) {
    const profile = asRecord(value);
    const provider = asText(profile["provider"]) ?? name.split(":")[0] ?? name;
    const secret = asText(profile["key"]) ?? asText(profile["token"]);
    const variable = findVariable(provider);
    if (profile["type"] === "oauth")
      skipped.push(`${name}: a sign-in; this gateway uses keys. Set ${variable}`);
    else if (secret === undefined) skipped.push(`${name}: the key is kept elsewhere. Set ${variable}`);
    // The first one counts, as there.
    else if (!keys.has(variable)) keys.set(variable, { provider, variable, secret });
  }
  return { keys: [...keys.values()], skipped };
}

function findVariable(provider: string): string {
  return (
    findKnownProvider(provider)?.env?.[0] ??
    `${provider.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_API_KEY`
  );
}

function readShared(stateDir: string): readonly JsonRecord[] {
  const rows = withDatabase(join(stateDir, "state", "openclaw.sqlite"), ({ query }) =>
    query("select value_json from config_machine_state where state_key = 'authProfiles.store'"),
  );
  return (rows ?? []).map((row) => parseRecord(asText(row["value_json"]) ?? ""));
}

function readAgent(folder: string): readonly JsonRecord[] {
  const rows = withDatabase(join(folder, "openclaw-agent.sqlite"), ({ query }) =>
    query("select store_json from auth_profile_store"),
  );
  const file = join(folder, "auth-profiles.json");
  return [
    ...(rows ?? []).map((row) => parseRecord(asText(row["store_json"]) ?? "")),
    ...(existsSync(file) ? [parseRecord(readFileSync(file, "utf8"))] : []),
  ];
}
