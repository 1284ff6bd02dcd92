import { join } from "node:path";
import { expect, test } from "vitest";
import { createSbom } from "../../scripts/sbom.ts";
import { packageRoot } from "../../server/lib/package.ts";

interface Sbom {
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly hashes?: readonly { readonly content: string }[];
  }[];
}

test("the bill of materials has the bundled packages and those that are installed, and no tool of the developers", () => {
  const bundled = ["pino", "@ai-sdk/openai"].map((name) => join(packageRoot, "node_modules", name));
  const { components } = createSbom(packageRoot, bundled) as Sbom;
  const names = components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["pino", "@ai-sdk/openai", "unpdf", "@napi-rs/canvas"]));
  expect(names).not.toContain("vitest");
  expect(new Set(components.map(({ purl }) => purl)).size).toBe(components.length);
  expect(components.find(({ name }) => name === "@ai-sdk/openai")?.purl).toMatch(
    /^pkg:npm\/%40ai-sdk\/openai@\d/,
  );
  expect(components.find(({ name }) => name === "pino")?.hashes).toHaveLength(1);
  for (const { version, hashes } of components) {
    expect(version).toMatch(/^\d+\./);
    // The lock file has no digests of packages for other platforms.
    for (const { content } of hashes ?? []) expect(content).toMatch(/^[\da-f]{128}$/);
  }
});
