import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { lintPackage, execute, packClient, type PackageTarball } from "../support/clients/npm-pack.ts";
import { quickstart } from "../support/gateway/quickstart.ts";

const run = promisify(execFile);
const source = join(packageRoot, "clients/typescript");
const typescript = join(packageRoot, "node_modules/typescript/bin/tsc");
const attw = fileURLToPath(
  new URL("dist/index.js", import.meta.resolve("@arethetypeswrong/cli/package.json")),
);

/** The folder of a project that installed the published package. */
let project: string;
let installedFolder: string;
let tarball: PackageTarball;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "gateway-client-"));
  installedFolder = join(project, "node_modules/openclaw-gateway-client");
  await mkdir(installedFolder, { recursive: true });
  tarball = await packClient(project);
  await execute(project, "tar", "-xzf", tarball.tarball, "-C", installedFolder, "--strip-components=1");
  await symlink(join(packageRoot, "node_modules/zod"), join(project, "node_modules/zod"));
});

afterAll(() => rm(project, { recursive: true, force: true }));

test("publint reports nothing", async () => {
  expect(await lintPackage(tarball)).toEqual([]);
});

test("arethetypeswrong reports no wrong types", async () => {
  const options = ["--profile", "esm-only", "--format", "json"];
  const report = await execute(project, process.execPath, attw, tarball.tarball, ...options);
  const { analysis } = JSON.parse(report) as { analysis: Record<string, unknown> };
  expect(analysis).toMatchObject({ packageName: "openclaw-gateway-client", types: { kind: "included" } });
});

test("the package contains the compiled src, the licence and the README", async () => {
  const sources = await readdir(join(source, "src"), { recursive: true });
  const builtFiles = sources
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.replaceAll("\\", "/").replace(/\.ts$/, ""))
    .flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
  expect(tarball.files.toSorted()).toEqual(
    ["LICENSE", "README.md", "package.json", ...builtFiles].toSorted(),
  );
});

/** Resolves to the output of a program, which uses a gateway with the built-in model. */
async function runInProject(file: string, text: string, ...args: readonly string[]): Promise<string> {
  const { url } = await startTestGateway({ config: quickstart });
  const path = join(project, file);
  await writeFile(path, text.replaceAll("http://127.0.0.1:18789", url));
  const env = { ...process.env, OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token };
  const { stdout } = await run(process.execPath, [path, ...args], { cwd: project, env });
  return stdout;
}

test("the built package works in a program without TypeScript", async () => {
  const output = await runInProject(
    "program.mjs",
    `import { createClient, isGatewayError } from "openclaw-gateway-client";
     const client = createClient({ baseUrl: process.env.OPENCLAW_GATEWAY_URL, token: process.env.OPENCLAW_GATEWAY_TOKEN });
     const messages = [{ role: "user", content: "repeat: one two" }];
     const stream = await client.chat.completions.create({ model: "openclaw", messages, stream: true });
     console.log(await stream.text());
     console.log(await client.models.retrieve("openclaw:nobody").catch(isGatewayError));`,
  );
  expect(output).toBe("one two\ntrue\n");
});

test("the built package imports nothing but its own files", async () => {
  const files = await readdir(installedFolder, { recursive: true });
  const imports = new Set<string>();
  for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
    const text = await readFile(join(installedFolder, file), "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:from|import) *\(?"([^"]+)"/g)) {
      if (!specifier.startsWith(".")) imports.add(specifier);
      else {
        const target = join(file, "..", specifier).replace(/\.ts$/, ".js");
        expect(files, `${specifier} of ${file}`).toContain(target);
      }
    }
  }
  expect([...imports]).toEqual([]);
});

test.each(["nodenext", "esnext"])(
  "a strict project with module %s can use the types",
  async (module) => {
    const file = join(project, "consumer.mts");
    await writeFile(
      file,
      `import { createClient, type ChatCompletionChunk, type components } from "openclaw-gateway-client";
     const client = createClient({ baseUrl: "http://gateway.test" });
     const messages = [{ role: "user" as const, content: "hi" }];
     for await (const chunk of await client.chat.completions.create({ model: "a", messages, stream: true })) {
       const typed: ChatCompletionChunk = chunk;
       const named: components["schemas"]["ChatCompletionChunk"] = typed;
       // @ts-expect-error The type is not any.
       const wrong: number = named;
     }`,
    );
    const resolution = module === "esnext" ? ["--moduleResolution", "bundler"] : [];
    const strict = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom"];
    const options = [typescript, "--module", module, ...resolution, ...strict, file];
    const typeCheck = run(process.execPath, options, { cwd: project });

    expect(await typeCheck.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({
      stdout: "",
    });
  },
  60_000,
);

test("a strict project of the checkout can use the sources, which need no build", async () => {
  const entry = join(source, "src/index.ts");
  const strict = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--skipLibCheck"];
  const options = [typescript, "--module", "nodenext", "--allowImportingTsExtensions", ...strict, entry];
  const typeCheck = run(process.execPath, options, { cwd: project });

  expect(await typeCheck.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({
    stdout: "",
  });
});

test("the README's snippets run", async () => {
  const readme = await readFile(join(source, "README.md"), "utf8");
  const snippets = Array.from(readme.matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code);
  const output = await runInProject("readme.mts", snippets.join("\n"));

  expect(snippets).toHaveLength(20);
  expect(output).toContain("[ 'openclaw', 'openclaw:main' ]");
  expect(output).toContain("Your name is Ada.\n1 2 3 4 5 6 7 8 9 10\n");
  expect(output).toContain("404 model_not_found");
  expect(output).toContain("start again: previous_response_id\n");
  expect(output).toContain("openclaw 200 true\nfalse\n");
  expect(output).toContain("number\nstring\n");
  expect(output).toContain("message\nmessage\n25 trip.txt\n");
  expect(output).toContain("GET /healthz 1\n200 mine-1 true\n");
});

test("the example prints the reply to its question", async () => {
  const example = await readFile(join(packageRoot, "examples/typed-client.ts"), "utf8");

  expect(await runInProject("typed-client.mts", example, "repeat: one two")).toBe("one two\n");
});
