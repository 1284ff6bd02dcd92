/** Compares two configurations setting by setting, and tells which changes need a restart. */
import type { Config } from "../../contracts/config/config.ts";
import { isSameConfig } from "../lib/compare-config.ts";
import { isPlainObject } from "./tree.ts";

/** Settings of the listening server and of the store, and the kind of credential. All others are applied while the gateway runs. */
const restartSettings: readonly string[] = [
  "gateway.mode",
  "gateway.port",
  "gateway.workers",
  "gateway.bind",
  "gateway.customBindHost",
  "gateway.auth.mode",
  "gateway.encryptionKey",
  "gateway.tls",
  "gateway.limits.maxHeaderBytes",
  "gateway.limits.slowClientCheckMs",
  "session.store",
];

export function needsRestart(setting: string): boolean {
  return restartSettings.some((name) => setting === name || setting.startsWith(`${name}.`));
}

/** Returns the dotted names of the settings that differ, sorted. A list is one setting. */
export function listChangedSettings(before: Config, after: Config): readonly string[] {
  return listDifferences(before, after, "").toSorted();
}

function listDifferences(before: unknown, after: unknown, name: string): readonly string[] {
  if (isSameConfig(before, after)) return [];
  if (!isGroup(before) || !isGroup(after)) return [name];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    listDifferences(before[key], after[key], name === "" ? key : `${name}.${key}`),
  );
}

/** A secret is an object without keys. */
const isGroup = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isPlainObject(value) && Object.keys(value).length > 0;
