/** Removes OpenClaw's keys that this gateway does not have. Harmless keys are dropped, the others are errors. */
import { ignoredOpenClawKeys } from "./ignored-openclaw-keys.ts";
import { unsupportedKeys, type UnsupportedKey } from "./unsupported-keys.ts";
import { isPlainObject, matchesPattern, type Path, type Report } from "./tree.ts";

const ignoredPatterns = ignoredOpenClawKeys.map((key) => key.split("."));
const unsupportedRules = unsupportedKeys.map((rule) => ({ ...rule, pattern: rule.path.split(".") }));

interface OpenClawKeysResult {
  /** The configuration without the removed keys. */
  readonly tree: unknown;
  readonly ignoredPaths: readonly Path[];
}

export function removeOpenClawKeys(tree: unknown, report: Report): OpenClawKeysResult {
  const ignoredPaths: Path[] = [];

  function walk(value: unknown, path: Path, isInsideIgnored: boolean): unknown {
    const visitEntry = (
      key: string | number,
      item: unknown,
    ): readonly [string | number, unknown] | undefined => {
      const itemPath = [...path, key];
      const unsupported = unsupportedRules.find(
        (rule) => matchesPattern(itemPath, rule.pattern) && isRuleFor(rule, item),
      );
      if (unsupported !== undefined) {
        report(itemPath, formatUnsupportedKey(unsupported, item));
        return undefined;
      }
      const isIgnored = ignoredPatterns.some((pattern) => matchesPattern(itemPath, pattern));
      if (isIgnored && !isInsideIgnored) ignoredPaths.push(itemPath);
      const remaining = walk(item, itemPath, isInsideIgnored || isIgnored);
      return isIgnored ? undefined : [key, remaining];
    };
    if (Array.isArray(value))
      return value.map((item, index) => walk(item, [...path, index], isInsideIgnored));
    if (!isPlainObject(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => visitEntry(key, item));
    return Object.fromEntries(entries.filter((entry) => entry !== undefined));
  }

  return { tree: walk(tree, [], false), ignoredPaths };
}

function isRuleFor({ only, except }: UnsupportedKey, value: unknown): boolean {
  if (only !== undefined) return only.includes(value);
  return except === undefined || !except.includes(value);
}

function formatUnsupportedKey({ only, except, reason }: UnsupportedKey, value: unknown): string {
  const dependsOnValue = only !== undefined || except !== undefined;
  const isShortScalar = !isPlainObject(value) && !Array.isArray(value) && String(value).length <= 64;
  const subject =
    dependsOnValue && isShortScalar ? `${JSON.stringify(value)} is not supported` : "is not supported";
  return `${subject}: ${reason}`;
}
