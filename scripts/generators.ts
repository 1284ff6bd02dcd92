/** `npm run generators [-- NAME…]`: makes a client with each generator and uses it against a gateway. Prints a table. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generators, type Generator } from "./generators/matrix.ts";

const root = join(import.meta.dirname, "..");
const tools = join(root, ".generators");
const token = "generators-token";
const minutes = 60_000;

/** What the program of a generator prints, in this order. */
const expectedLines = {
  chat: "chat: hello",
  error: "error: 404 model_not_found",
  tool: "tool: invoked",
  stream: "stream: one two three",
} as const;

const steps = ["read", "compile", ...Object.keys(expectedLines)] as const;
type Results = Readonly<Record<string, string>>;

async function startGateway(): Promise<{ readonly url: string; stop(): void }> {
  const stateDir = mkdtempSync(join(tmpdir(), "generators-"));
  const child = spawn(process.execPath, [join(root, "scripts/openclaw.ts"), "gateway", "--port", "0"], {
    env: {
      ...process.env,
      OPENCLAW_CONFIG_PATH: join(root, "examples/quickstart.json5"),
      OPENCLAW_STATE_DIR: stateDir,
      OPENCLAW_GATEWAY_TOKEN: token,
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const found = /^Gateway +(\S+)$/m.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", () => reject(new Error(`the gateway did not start: ${output}`)));
  });
  const stop = (): void => {
    child.once("exit", () => rmSync(stateDir, { recursive: true, force: true }));
    child.kill();
  };
  return { url, stop };
}

function runMatrixRow(generator: Generator, url: string): Results {
  const folder = join(tools, "clients", generator.name.replaceAll(/[^a-z]+/g, "-"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [file, copy] = generator.program;
  cpSync(join(import.meta.dirname, "generators/programs", file), join(folder, copy));
  const env = {
    ...process.env,
    ROOT: root,
    TOOLS: tools,
    SPEC: join(root, "openapi.yaml"),
    URL: url,
    TOKEN: token,
  };
  const execute = (command: string): { readonly isDone: boolean; readonly output: string } => {
    const options = {
      cwd: folder,
      env,
      encoding: "utf8",
      timeout: 10 * minutes,
      maxBuffer: 100_000_000,
    } as const;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], options);
    return { isDone: status === 0, output: stdout + stderr };
  };
  const installed = execute(generator.install);
  if (!installed.isDone) return { read: `skipped: cannot be installed: ${lastLine(installed.output)}` };
  const results: Record<string, string> = {};
  for (const step of ["read", "compile"] as const) {
    const { isDone, output } = execute(generator[step]);
    results[step] = isDone ? "ok" : `FAILED: ${output.slice(-2000)}`;
    if (!isDone) return results;
  }
  const { output } = execute(generator.use);
  const lines = output.split("\n");
  for (const [step, expected] of Object.entries(expectedLines)) {
    if (step === "stream" && generator.withoutStream) results[step] = "none";
    else results[step] = lines.includes(expected) ? "ok" : `FAILED: ${output.slice(-2000)}`;
  }
  return results;
}

const lastLine = (output: string): string => output.trim().split("\n").at(-1) ?? "";

const names = process.argv.slice(2).filter((argument) => argument !== "--json");
const chosen = generators.filter(({ name }) => names.length === 0 || names.includes(name));
const table: Record<string, Results> = {};
const gateway = await startGateway();
try {
  for (const generator of chosen) table[generator.name] = runMatrixRow(generator, gateway.url);
} finally {
  gateway.stop();
}

if (process.argv.includes("--json")) {
  console.log(JSON.stringify(table));
} else {
  console.log(`| generator | ${steps.join(" | ")} |\n|${" --- |".repeat(steps.length + 1)}`);
  for (const [name, results] of Object.entries(table)) {
    const cells = steps.map((step) => (results[step] ?? "").split(":")[0]);
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
  for (const [name, results] of Object.entries(table)) {
    for (const [step, result] of Object.entries(results)) {
      if (result.startsWith("FAILED") || result.startsWith("skipped"))
        console.log(`\n${name}, ${step}: ${result}`);
    }
  }
}
if (JSON.stringify(table).includes("FAILED")) process.exitCode = 1;
