/** The table of the log's lines names what the server writes, at the levels at which it does. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LogEvent } from "../../contracts/log-events/log-event.ts";
import { logEvents } from "../../contracts/log-events/log-events.ts";
import { packageRoot } from "../../server/lib/package.ts";

const sources = globSync("{server,cli}/**/*.ts", { cwd: packageRoot })
  .map((path) => readFileSync(join(packageRoot, path), "utf8"))
  .join("\n");
const table: Readonly<Record<string, LogEvent>> = logEvents;

test("every line is written with a level of its row", () => {
  const calls = [
    ...sources.matchAll(/\blog(?:ger)?\??\.(debug|info|warn|error)\((?:\{[^}]*\}, )?\s*"([^"]+)"/g),
  ];
  expect(calls.length).toBeGreaterThan(40);
  const wrong = calls.filter(
    ([, level, message = ""]) => !table[message]?.levels.some((each) => each === level),
  );
  expect(wrong.map(([call]) => call)).toEqual([]);
});

test("every row is a line that the server writes", () => {
  const unused = Object.keys(table).filter((message) => !sources.includes(`"${message}"`));
  expect(unused).toEqual([]);
});
