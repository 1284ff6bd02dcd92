import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mutations } from "../../scripts/mutations.ts";
import { packageRoot } from "../../server/lib/package.ts";

test("every mutation of `npm run mutate` finds its text once", () => {
  const broken = mutations.filter(
    ({ file, from }) => readFileSync(join(packageRoot, file), "utf8").split(from).length !== 2,
  );
  expect(broken.map(({ name }) => name)).toEqual([]);
  expect(mutations.length).toBeGreaterThanOrEqual(30);
});
