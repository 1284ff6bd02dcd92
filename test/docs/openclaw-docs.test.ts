/**
 * The configuration blocks in the original's own documentation of its gateway, from npm: none has an unknown key or provider,
 * and nearly all are accepted.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import JSON5 from "json5";
import { expect, test } from "vitest";
import { ConfigError } from "../../server/lib/config-error.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { isPlainObject } from "../../server/config/tree.ts";
import { createConfigFolder } from "../support/gateway/config-folder.ts";

const release = "2026.9.6";
/** Kept between runs: the package is large. */
const cache = join(packageRoot, `.openclaw-docs/${release}`);

/** Returns the folder of the documentation, or undefined without npm's registry. */
function fetchDocs(): string | undefined {
  const docs = join(cache, "package/docs/gateway");
  if (existsSync(docs)) return docs;
  try {
    const folder = mkdtempSync(join(tmpdir(), "openclaw-docs-"));
    const options = { cwd: folder, stdio: "pipe", timeout: 120_000 } as const;
    const file = execFileSync("npm", ["pack", "--silent", `openclaw@${release}`], options)
      .toString()
      .trim();
    mkdirSync(cache, { recursive: true });
    execFileSync("tar", ["-xzf", join(folder, file), "-C", cache, "package/docs/gateway"], {
      timeout: 120_000,
    });
    rmSync(folder, { recursive: true });
    return docs;
  } catch {
    return undefined;
  }
}

const docs = fetchDocs();
if (docs === undefined) console.warn("The original's documentation is not tested: npm cannot fetch it here.");

interface Block {
  /** `file.md:number` */
  readonly place: string;
  readonly text: string;
}

/** The keys at the top of its configuration. Other blocks are parts of one, or other documents. */
const topKeys = new Set(
  readFileSync(join(packageRoot, "test/fixtures/openclaw-keys-2026.9.6.tsv"), "utf8")
    .split("\n")
    .map((line) => line.split(/[\t.[]/)[0] ?? ""),
);

function isConfiguration(text: string): boolean {
  try {
    const value: unknown = JSON5.parse(text);
    if (!isPlainObject(value)) return false;
    const keys = Object.keys(value);
    return (
      keys.length > 0 && keys.every((key) => topKeys.has(key) || key === "channels" || key === "plugins")
    );
  } catch {
    return false;
  }
}

function listBlocks(folder: string): readonly Block[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".md"),
  );
  return files
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((file) => {
      const page = readFileSync(join(folder, file), "utf8");
      const blocks = [...page.matchAll(/^[ \t]*```json5[^\n]*\n([^]*?)^[ \t]*```/gm)];
      return blocks
        .map(([, text = ""], index) => ({ place: `${file}:${index + 1}`, text }))
        .filter(({ text }) => isConfiguration(text));
    });
}

/** Loads a block with its variables and included files, and returns the issues. Programs are not started. */
function check(text: string): readonly string[] {
  const names = [...text.matchAll(/\$\{([A-Z_][A-Z0-9_]*)\}|source: "env"[^}]*id: "(\w+)"/g)];
  const env = Object.fromEntries(
    names.map(([, a, b]) => [a ?? b ?? "", "a-value-of-more-than-24-characters"]),
  );
  const included = [...text.matchAll(/"(\.\/[^"]+\.json5)"/g)].map(([, name = ""]) => [name, "{}"] as const);
  const folder = createConfigFolder({ "openclaw.json": text, ...Object.fromEntries(included) });
  try {
    folder.load({ env, cwd: dirname(folder.file), runsCommands: false });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
}

/** Templates with a placeholder in place of a name. */
const templates = ["portals.md"];

test.skipIf(docs === undefined)(
  "no block has an unknown key or provider, and nine of ten are accepted",
  () => {
    const results = listBlocks(docs ?? "").map(({ place, text }) => ({ place, issues: check(text) }));
    expect(results.length).toBeGreaterThan(170);
    const unknown = results.filter(({ issues }) =>
      issues.some((issue) => /unknown key|no provider "/.test(issue)),
    );
    expect(unknown).toEqual([]);
    const refused = results.filter(({ issues }) => issues.length > 0);
    const unexplained = refused.filter(
      ({ place, issues }) =>
        !templates.some((file) => place.startsWith(file)) &&
        !issues.every((issue) =>
          /not supported|cannot be used|store|needs|is required|cannot be read/.test(issue),
        ),
    );
    expect(unexplained).toEqual([]);
    // Those that stay refused restrict what this gateway cannot restrict, or name a program, a store or a file that is not here.
    expect(refused.map(({ place }) => place)).toHaveLength(17);
    expect(results.length - refused.length).toBeGreaterThan((results.length * 160) / 175);
  },
);
