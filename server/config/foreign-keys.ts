/** Takes OpenClaw's keys that are not ours out of a configuration: the harmless are dropped, the others refused. */
import { ignoredKeys } from "./ignored-keys.ts";
import { refusedKeys, type Refusal } from "./refused-keys.ts";
import { isTable, matches, type Path, type Report } from "./tree.ts";

const ignoredPatterns = ignoredKeys.map((key) => key.split("."));
const refusals = refusedKeys.map((rule) => ({ ...rule, pattern: rule.path.split(".") }));

interface OwnKeys {
  /** What is left. */
  readonly tree: unknown;
  readonly ignored: readonly Path[];
}

export function takeForeignKeys(tree: unknown, report: Report): OwnKeys {
  const ignored: Path[] = [];

  function walk(value: unknown, path: Path, within: boolean): unknown {
    const next = (key: string | number, item: unknown): readonly [string | number, unknown] | undefined => {
      const here = [...path, key];
      const refusal = refusals.find((rule) => matches(here, rule.pattern) && applies(rule, item));
      if (refusal !== undefined) {
        report(here, refusalMessage(refusal, item));
        return undefined;
      }
      const dropped = ignoredPatterns.some((pattern) => matches(here, pattern));
      if (dropped && !within) ignored.push(here);
      const kept = walk(item, here, within || dropped);
      return dropped ? undefined : [key, kept];
    };
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index], within));
    if (!isTable(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => next(key, item));
    return Object.fromEntries(entries.filter((entry) => entry !== undefined));
  }

  return { tree: walk(tree, [], false), ignored };
}

function applies({ only, except }: Refusal, value: unknown): boolean {
  if (only !== undefined) return only.includes(value);
  return except === undefined || !except.includes(value);
}

function refusalMessage({ only, except, reason }: Refusal, value: unknown): string {
  const named = (only !== undefined || except !== undefined) && !isTable(value) && !Array.isArray(value);
  const what = named && String(value).length <= 64 ? `${JSON.stringify(value)} is refused` : "is refused";
  return `${what}: ${reason}`;
}
