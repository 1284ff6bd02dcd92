import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { homedir, tmpdir } from "node:os";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { packageRoot, packageVersion } from "../../server/lib/package.ts";
import {
  createChatBody,
  chatConfig,
  postChat,
  createTemporaryFolder,
  token,
} from "../support/gateway/gateway.ts";
import { fetchOldNode } from "../support/clients/old-node.ts";
import { createImagePdf, createTextPdf } from "../support/documents/pdf.ts";
import {
  lintPackage,
  execute,
  packGateway,
  shellEnv,
  type PackageTarball,
} from "../support/clients/npm-pack.ts";

const minuteMs = 60_000;
/** The folder of a project that installed the package. The registry must be reachable for its dependencies. */
let project: string;
let tarball: PackageTarball;
let isNotInstalled: string | undefined;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "gateway-package-"));
  tarball = await packGateway(join(project, "packing"));
  writeFileSync(join(project, "package.json"), "{}");
  await execute(project, "npm", "install", "--prefer-offline", tarball.tarball).catch((error: Error) => {
    if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/.test(error.message)) throw error;
    isNotInstalled = "npm cannot reach its registry";
  });
}, 3 * minuteMs);

afterAll(() => rm(project, { recursive: true, force: true }));

test("publint reports nothing", async () => {
  expect(await lintPackage(tarball)).toEqual([]);
});

test("the package contains the bundle, and the documents that it serves or refers to", () => {
  const chunks = tarball.files.filter((file) => /^dist\/chunks\/[\w-]+\.js$/.test(file));
  const documents = [
    "LICENSE",
    "README.md",
    "deploy/systemd/openclaw-gateway.service",
    "dist/cli/main.js",
    "dist/docs/index.html",
    "dist/docs/openapi.json",
    "dist/docs/socket.html",
    "dist/licenses.txt",
    "dist/sbom.cdx.json",
    "dist/web/index.html",
    "dist/web/licenses.md",
    "docs/arazzo.yaml",
    "examples/quickstart.json5",
    "generated/asyncapi.yaml",
    "generated/config.schema.json",
    "generated/openapi-3.2.yaml",
    "openapi.yaml",
    "package.json",
  ];
  expect(tarball.files.toSorted()).toEqual([...documents, ...chunks].toSorted());
  for (const worker of ["html-worker", "pdf-worker", "quick-check"])
    expect(chunks).toContain(`dist/chunks/${worker}.js`);
  // The documents are half of it. openapi.json has 98 KB: openapi.yaml would take a second to become it.
  expect(tarball.bytes).toBeLessThan(3_800_000);
});

test("the package has a program and no exports", () => {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  expect(manifest).toMatchObject({
    bin: { openclaw: "./dist/cli/main.js", "openclaw-gateway": "./dist/cli/main.js" },
    exports: {},
  });
  expect(manifest).not.toHaveProperty("main");
});

test("npx openclaw prints its version", async ({ skip }) => {
  skip(isNotInstalled !== undefined, isNotInstalled);
  expect(await execute(project, "npx", "--no-install", "openclaw", "--version")).toBe(`${packageVersion}\n`);
});

test("the installed gateway answers a chat and serves its own documentation", async ({ skip }) => {
  skip(isNotInstalled !== undefined, isNotInstalled);
  const url = await startInstalled();

  const response = await postChat(url, createChatBody("say hello, stranger"));
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: "hello, stranger" } }] });
  const page = await fetch(`${url}/docs`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>")]);
  const openapi = await fetch(`${url}/openapi.yaml`);
  const committed = readFileSync(join(packageRoot, "openapi.yaml"), "utf8");
  expect(await openapi.text()).toBe(committed.replaceAll("http://127.0.0.1:18789", url));
});

test("the installed gateway reads documents in threads", async ({ skip }) => {
  skip(isNotInstalled !== undefined, isNotInstalled);
  const url = await startInstalled();
  const pdf = createTextPdf(["The quick brown fox jumps over the lazy dog."]).toString("base64");
  const scan = createImagePdf(1).toString("base64");
  const html = Buffer.from("<!doctype html><p>Some <b>text</b>.</p>").toString("base64");

  for (const [filename, file_data] of Object.entries({ "a.pdf": pdf, "scan.pdf": scan, "a.html": html })) {
    const content = [{ type: "file", file: { filename, file_data } }];
    const response = await postChat(url, { model: "openclaw", messages: [{ role: "user", content }] });
    expect([filename, response.status, await response.text()]).toEqual([filename, 200, expect.any(String)]);
  }
});

test("the installed program caches its compiled code in the state folder", async ({ skip }) => {
  skip(isNotInstalled !== undefined, isNotInstalled);
  const state = createTemporaryFolder();
  const env = { ...shellEnv, OPENCLAW_STATE_DIR: state, NODE_COMPILE_CACHE: undefined };
  const program = join(project, "node_modules/.bin/openclaw");
  expect(spawnSync(program, ["--version"], { env, encoding: "utf8" }).stdout).toBe(`${packageVersion}\n`);

  const folder = join(state, "compile-cache");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect((await readdir(folder, { recursive: true })).length).toBeGreaterThan(2);
});

test(
  "from the package to the first answer, in an empty home, with a stopwatch",
  { timeout: 4 * minuteMs },
  async ({ skip }) => {
    skip(isNotInstalled !== undefined, isNotInstalled);
    const home = createTemporaryFolder();
    const prefix = join(home, "npm");
    const path = [join(prefix, "bin"), dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"];
    // Nothing of this machine but its programs and the way to npm's registry: no cache, no configuration, no variables.
    const network = Object.entries(process.env).filter(([name]) => /_proxy$|cert/i.test(name));
    const npmrc = { npm_config_userconfig: join(homedir(), ".npmrc") };
    const env = { ...Object.fromEntries(network), ...npmrc, HOME: home, PATH: path.join(delimiter) };
    const options = { cwd: home, env };
    const times: string[] = [];
    const measure = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
      const startedAt = performance.now();
      const result = await act();
      times.push(`${what} ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
      return result;
    };
    const run = async (command: string): Promise<string> =>
      (await promisify(execFile)("sh", ["-c", command], options)).stdout;

    await measure("npm install --global", () =>
      run(`npm install --global --prefix ${prefix} ${tarball.tarball}`),
    );
    const child = spawn("openclaw", ["gateway", "--port", "0"], options);
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await measure("openclaw gateway", () =>
      expect.poll(() => output, { timeout: minuteMs, interval: 20 }).toMatch(/^curl .*$/m),
    );
    const curl = /^curl .*$/m.exec(output)?.[0] ?? "";
    const reply = JSON.parse(await measure("the printed curl", () => run(curl))) as {
      readonly choices: readonly { readonly message: { readonly content: string } }[];
    };
    expect(reply.choices[0]?.message.content).toMatch(/\w/);
    const answer = await measure("openclaw agent", () => run('openclaw agent "say it works"'));
    expect(answer).toBe("it works\n");
    console.info(`From the package to the first answer in an empty home: ${times.join(", ")}.`);

    const doctor = JSON.parse(await run("openclaw doctor --json || true")) as {
      readonly findings: readonly object[];
    };
    expect(doctor.findings).not.toContainEqual(expect.objectContaining({ severity: "error" }));
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([0, null]);
    expect(await run(`openclaw-gateway init --help`)).toContain("openclaw init");
  },
);

const oldNode = fetchOldNode();

test.skipIf(oldNode === undefined)("an older Node says in one line what it needs", ({ skip }) => {
  skip(isNotInstalled !== undefined, isNotInstalled);
  const program = join(project, "node_modules/.bin/openclaw");
  const { status, stdout, stderr } = spawnSync(oldNode ?? "", [program, "gateway"], { encoding: "utf8" });

  expect(stderr).toMatch(/^openclaw needs Node 24\.14\.1 or newer; this is \d+\.\d+\.\d+\.\n$/);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
});

/** Starts the installed program. Resolves to its address. */
async function startInstalled(): Promise<string> {
  const state = createTemporaryFolder();
  const config = join(state, "openclaw.json");
  writeFileSync(config, JSON.stringify(chatConfig));
  const child = spawn(join(project, "node_modules/.bin/openclaw"), ["gateway", "--port", "0"], {
    cwd: project,
    env: {
      ...shellEnv,
      OPENCLAW_CONFIG_PATH: config,
      OPENCLAW_STATE_DIR: state,
      OPENCLAW_GATEWAY_TOKEN: token,
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exit = once(child, "close").then(() => expect.fail(`the gateway ended: ${output}`));
  const url = expect.poll(() => output, { timeout: minuteMs }).toMatch(/^Gateway +\S+$/m);
  await Promise.race([url, exit]);
  if (process.platform === "linux")
    expect(readFileSync(`/proc/${child.pid}/environ`, "utf8")).not.toContain(token);
  return /^Gateway +(\S+)$/m.exec(output)?.[1] ?? "";
}
