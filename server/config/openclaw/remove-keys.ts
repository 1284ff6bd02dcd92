/** Removes OpenClaw's keys that this gateway does not have. Harmless keys are dropped, the others are errors. */
import { formatPath, isPlainObject, matchesPattern, type Path, type Report } from "../tree.ts";
import { containers, ignoredKeys, refusedKeys, type OpenClawKey, type RefusedKey } from "./keys.ts";

export interface IgnoredKey extends OpenClawKey {
  readonly path: Path;
}

interface RemovedKeys {
  /** The configuration without the removed keys. */
  readonly tree: unknown;
  readonly ignored: readonly IgnoredKey[];
}

export function removeOpenClawKeys(tree: unknown, report: Report): RemovedKeys {
  const ignored: IgnoredKey[] = [];

  function walk(value: unknown, path: Path, isInsideIgnored: boolean): unknown {
    const visitEntry = (
      key: string | number,
      item: unknown,
    ): readonly [string | number, unknown] | undefined => {
      const itemPath = [...path, key];
      const refused = refusedKeys.find(
        (rule) => matchesPattern(itemPath, rule.pattern) && isRuleFor(rule, item),
      );
      if (refused !== undefined) {
        report(itemPath, formatRefusal(refused, item));
        return undefined;
      }
      const ignoredKey = ignoredKeys.find(
        ({ pattern, only = typeof item }) => typeof item === only && matchesPattern(itemPath, pattern),
      );
      if (ignoredKey !== undefined && !isInsideIgnored) ignored.push({ ...ignoredKey, path: itemPath });
      const remaining = walk(item, itemPath, isInsideIgnored || ignoredKey !== undefined);
      const isEmptied =
        isPlainObject(remaining) &&
        Object.keys(remaining).length === 0 &&
        containers.some((pattern) => matchesPattern(itemPath, pattern));
      return ignoredKey === undefined && !isEmptied ? [key, remaining] : undefined;
    };
    if (Array.isArray(value))
      return value.map((item, index) => walk(item, [...path, index], isInsideIgnored));
    if (!isPlainObject(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => visitEntry(key, item));
    return Object.fromEntries(entries.filter((entry) => entry !== undefined));
  }

  return { tree: walk(tree, [], false), ignored };
}

/** Returns one warning that lists all ignored keys, those with the same reason in one line. */
export function formatIgnoredKeys(file: string, ignored: readonly IgnoredKey[]): readonly string[] {
  if (ignored.length === 0) return [];
  const lines = new Map<string, string[]>();
  for (const { path, there, here } of ignored) {
    const reason = `${there} (here: ${here})`;
    lines.set(reason, [...(lines.get(reason) ?? []), formatPath(path)]);
  }
  const list = [...lines].map(([reason, paths]) => `\n  ${paths.join(", ")}: ${reason}`);
  return [`Ignored in ${file}, without effect in this gateway:${list.join("")}`];
}

function isRuleFor({ only, except }: RefusedKey, value: unknown): boolean {
  if (only !== undefined) return only.includes(value);
  return except === undefined || !except.includes(value);
}

function formatRefusal({ only, except, here }: RefusedKey, value: unknown): string {
  const dependsOnValue = only !== undefined || except !== undefined;
  const isShortScalar = !isPlainObject(value) && !Array.isArray(value) && String(value).length <= 64;
  const subject =
    dependsOnValue && isShortScalar ? `${JSON.stringify(value)} is not supported` : "is not supported";
  return `${subject}: ${here}`;
}
