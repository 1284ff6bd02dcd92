/** Every program in examples/ runs, and the TypeScript blocks of the documents compile. */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { expect, test } from "vitest";
import tsconfig from "../../tsconfig.json" with { type: "json" };
import { packageRoot } from "../../server/lib/package.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { parseBlocks, documents, isProgramStart } from "../support/documents/markdown.ts";
import { quickstart } from "../support/gateway/quickstart.ts";

for (const example of globSync("examples/*.ts", { cwd: packageRoot })) {
  test(`${example} runs and prints something`, async () => {
    const { url } = await startTestGateway({ config: quickstart });
    const { stdout } = await promisify(execFile)(process.execPath, [example], {
      cwd: packageRoot,
      env: { ...process.env, OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token },
    });
    expect(stdout.trim()).not.toBe("");
  });
}

test("the TypeScript of the documents type-checks", () => {
  const files = snippets();
  const { options } = ts.convertCompilerOptionsFromJson(
    // Documents write `process.env.NAME`, which this rule forbids.
    { ...tsconfig.compilerOptions, noPropertyAccessFromIndexSignature: false },
    packageRoot,
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  const program = ts.createProgram([...files.keys()], options, host);
  expect(ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), host)).toBe("");
});

/** Returns the programs of the documents as files. */
function snippets(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const document of documents) {
    let name = "";
    for (const { language, isNoRun, text, line } of parseBlocks(document)) {
      if (language !== "ts" || isNoRun) continue;
      if (isProgramStart(text)) name = join(packageRoot, `${document.path}:${line}.ts`);
      files.set(name, `${files.get(name) ?? ""}\n${text}`);
    }
  }
  return files;
}
