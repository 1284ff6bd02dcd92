import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorTable } from "../../contracts/errors.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { allowedImports } from "../support/layout.ts";

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");
const page = read("docs/architecture.md");
const lifecycle = /```text no-run\n(listener[\s\S]*?)```/.exec(page)?.[1] ?? "";
const stages = lifecycle
  .split("\n")
  .map((line) => line.split(" ")[0] ?? "")
  .filter((stage) => /^[a-z]/i.test(stage));

test("the lifecycle on the page has the checks of the code, in their order", () => {
  const list = /export function createChecks[\s\S]*?return \[([\s\S]*?)\];/.exec(
    read("server/http/checks.ts"),
  )?.[1];
  const checks = (list ?? "")
    .split("\n")
    .map((line) => /(?:=> )?(\w+)(?:\(.*\))?,$/.exec(line.trim())?.[1])
    .filter((name) => name !== undefined);
  expect(checks.length).toBeGreaterThan(8);
  const first = stages.indexOf(checks[0] ?? "");
  expect(stages.slice(first, first + checks.length)).toEqual(checks);
  expect(stages.slice(0, first)).toEqual(["listener", "app"]);
  expect(stages.slice(first + checks.length)).toEqual(["claimKey", "handler", "reply"]);
  expect(read("server/http/dispatch-endpoint.ts")).toContain("await claimKey(context)");
});

test("every error code in the lifecycle exists, with its status", () => {
  const branches = [...lifecycle.matchAll(/\b(\d{3}) ([a-z]+(?:_[a-z]+)+)\b/g)];
  expect(branches.length).toBeGreaterThan(15);
  const known = Object.entries(errorTable).map(([code, { status }]) => `${status} ${code}`);
  expect(known).toEqual(expect.arrayContaining(branches.map(([branch]) => branch)));
});

test("the table of folders on the page is the one that the imports are held to", () => {
  const rows = [...page.matchAll(/^\| `server\/([a-z]+)\/` +\| [^|]+\| ([^|]+?) *\|$/gm)].map(
    ([, room = "", imports = ""]) => [room, imports.split(", ").toSorted()] as const,
  );
  const expected = Object.entries(allowedImports).map(
    ([room, paths]) =>
      [
        room,
        [
          ...new Set(
            paths.map((path) =>
              /^server\/agent\/.*\.ts$/.test(path)
                ? "the types of agent"
                : (/^(?:server\/)?([a-z]+)\//.exec(path)?.[1] ?? path),
            ),
          ),
        ].toSorted(),
      ] as const,
  );
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
});

test("every file that the page names exists", () => {
  const files = [...page.matchAll(/`((?:server|contracts|test|docs|cli)\/[\w/.-]+\.ts)`/g)].map(
    ([, file = ""]) => file,
  );
  expect(files.length).toBeGreaterThan(8);
  for (const file of files) expect(read(file).length).toBeGreaterThan(0);
});
