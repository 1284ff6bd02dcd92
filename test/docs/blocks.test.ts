/** Runs every block of every document against a gateway like that of `npm start`. */
import { execFile } from "node:child_process";
import { chmodSync, readdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ConfigError } from "../../server/lib/config-error.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { createConfigFolder } from "../support/gateway/config-folder.ts";
import { createCommandFolder } from "../support/clients/openclaw-command.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import {
  parseBlocks,
  documents,
  createOutputPattern,
  isProgramStart,
  type Block,
  type MarkdownDocument,
} from "../support/documents/markdown.ts";
import { python } from "../support/clients/python.ts";

/** The command that runs a block, by language. */
const programs: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  sh: ["sh", "-ec"],
  ts: [process.execPath, "--input-type=module-typescript", "-e"],
  python: [python ?? "python3", "-c"],
};
/** Languages that other tests cover. */
const testedElsewhere = new Set(["nginx", "caddyfile", "haproxy", "toml"]);
const minuteMs = 180_000;

/** A block, and the following block with its output. */
interface Step {
  readonly block: Block;
  readonly prints: Block | undefined;
}

test("only these blocks are not run", () => {
  const skippedBlocks = documents.flatMap((document) =>
    parseBlocks(document)
      // Text blocks are diagrams.
      .filter((block) => block.isNoRun && block.language !== "text")
      .map(({ text }) => `${document.path}: ${text.split("\n")[0]}`),
  );
  expect(skippedBlocks).toEqual([
    "CONTRIBUTING.md: npm ci && npm test",
    "README.md: npm ci && npm start",
    "README.md: npm ci && npm test",
    "clients/web/README.md: npm run build --workspace clients/web   # → dist/web/index.html, which the gateway serves",
    "docs/configuration.md: openclaw config set gateway.http.endpoints.responses.enabled true",
    'docs/guides/claude-code.md: export ANTHROPIC_BASE_URL="http://127.0.0.1:18789"',
    "docs/guides/clients.md: docker run -d -p 3000:8080 -v open-webui:/app/backend/data \\",
    "docs/guides/clients.md: endpoints:",
    'docs/guides/clients.md: import { ChatOpenAI } from "@langchain/openai";',
    "docs/guides/clients.md: import os",
    'docs/guides/clients.md: import { createOpenAICompatible } from "@ai-sdk/openai-compatible";',
    'docs/guides/codex.md: codex exec "write a test for the parser and run it"',
    "docs/guides/command-line.md: OPENAI_API_KEY=… openclaw init",
    "docs/guides/command-line.md: openclaw import",
    "docs/guides/command-line.md: openclaw sessions restore ~/.openclaw/backups/sessions-….db",
    "docs/guides/command-line.md: openclaw store copy --from sqlite:$HOME/.openclaw --to postgres://openclaw@db/openclaw",
    "docs/guides/command-line.md: openclaw store compact",
    "docs/guides/first-steps.md: npm ci && npm start",
    "docs/guides/first-steps.md: OPENCLAW_CONFIG_PATH=gateway.json5 npm run openclaw -- config check",
    "docs/guides/hooks.md: {",
    "docs/guides/hooks.md: curl -sS http://127.0.0.1:18789/hooks/agent \\",
    'docs/guides/hooks.md: { "ok": true, "runId": "hook_0a1b2c3d4e5f60718293a4b5c6d7e8f9" }',
    "docs/guides/hooks.md: curl -sS http://127.0.0.1:18789/hooks/wake \\",
    'docs/guides/hooks.md: { "ok": true, "mode": "now", "eventOutcome": "queued" }',
    "docs/guides/mcp.md: claude mcp add --transport http openclaw http://127.0.0.1:18789/mcp \\",
    "docs/guides/mcp.md: npx @modelcontextprotocol/inspector --cli http://127.0.0.1:18789/mcp \\",
    "docs/guides/page.md: openclaw dashboard            # opens the browser",
    "docs/guides/webhooks.md: {",
    "docs/guides/webhooks.md: {",
    'docs/guides/webhooks.md: import { createServer } from "node:http";',
    'docs/guides/webhooks.md: { secret: ["${OPENCLAW_WEBHOOK_SECRET_NEW}", "${OPENCLAW_WEBHOOK_SECRET}"] }',
    "docs/metrics.md: { gateway: { http: { metrics: { enabled: true } } } }",
    "docs/metrics.md: openclaw keys create prometheus --scopes metrics",
    "docs/metrics.md: scrape_configs:",
    "docs/models.md: npm install node-llama-cpp@3.22.1",
    "docs/operations.md: useradd --system --home-dir /var/lib/openclaw --shell /usr/sbin/nologin openclaw",
    "docs/operations.md: {",
    "docs/operations.md: openclaw gateway install",
    'docs/operations.md: echo "OPENCLAW_GATEWAY_TOKEN=$(openssl rand -base64 32)" > .env',
    'docs/operations.md: echo "POSTGRES_PASSWORD=$(openssl rand -hex 24)" >> .env',
    'docs/operations.md: kubectl create secret generic openclaw --from-literal=OPENCLAW_GATEWAY_TOKEN="$(openssl rand -base64 32)"',
    "docs/remote-access.md: ssh -N -L 18789:127.0.0.1:18789 ada@agents.example.org",
    "docs/remote-access.md: tailscale serve --bg 18789",
  ]);
});

for (const document of documents) {
  const blocks = parseBlocks(document).filter(
    ({ isNoRun, language }) => !isNoRun && !testedElsewhere.has(language),
  );
  // The README first shows the gateway's output, and the response to the command in it.
  const [outputBlock, responseBlock] = document.path === "README.md" ? blocks.splice(0, 2) : [];
  const [inPython, steps] = partition(toSteps(document, blocks), ({ block }) => block.language === "python");

  if (steps.length > 0) {
    test(`the blocks of ${document.path} do what they say`, { timeout: minuteMs }, async () => {
      const shell = await startShell(document);
      if (outputBlock) shell.compare(outputBlock, shell.waitForGatewayOutput());
      if (responseBlock) shell.compare(responseBlock, await shell.run("sh", shell.readAddressLine()));
      for (const step of steps) await shell.runStep(step);
    });
  }
  if (inPython.length > 0) {
    test.skipIf(python === undefined)(
      `the Python of ${document.path} does what it says (needs python3 with the package openai)`,
      { timeout: minuteMs },
      async () => {
        const shell = await startShell(document);
        for (const step of inPython) await shell.runStep(step);
      },
    );
  }
}

interface DocumentShell {
  waitForGatewayOutput(): string;
  /** Returns the command that the gateway prints to try. */
  readAddressLine(): string;
  run(language: string, text: string): Promise<string>;
  compare(expected: Block, output: string): void;
  /** Runs the block and compares its output with the following block. */
  runStep(step: Step): Promise<void>;
}

/** Starts the gateway and runs a document from top to bottom. */
async function startShell(document: MarkdownDocument): Promise<DocumentShell> {
  const gateway = await startGatewayProcess({
    env: {
      OPENCLAW_CONFIG_PATH: join(packageRoot, "examples/quickstart.json5"),
      OPENCLAW_GATEWAY_TOKEN: undefined,
    },
  });
  await expect.poll(gateway.output).toContain("\ncurl ");
  const tokenFile = join(gateway.stateDir, "gateway-token");
  const env = {
    ...process.env,
    OPENCLAW_STATE_DIR: gateway.stateDir,
    PATH: [createCommandFolder(), dirname(process.execPath), process.env["PATH"]].join(delimiter),
  };
  const folder = createCheckoutFolder();
  /** Variables that earlier blocks exported, and the program that a TypeScript block continues. */
  let exportedNames = `export OPENCLAW_GATEWAY_TOKEN=$(cat '${tokenFile}') OPENCLAW_GATEWAY_TOKEN=$(cat '${tokenFile}')\n`;
  let startedPrograms = "";

  const inFolder = (text: string): string =>
    text
      .replaceAll("http://127.0.0.1:18789", gateway.url)
      .replaceAll(/[^\s'"()]*\.openclaw\/gateway-token/g, tokenFile);

  const run = async (language: string, text: string): Promise<string> => {
    const [command, ...args] = programs[language] ?? [];
    if (command === undefined) throw new Error(`no way to run "${language}"`);
    const script = `${exportedNames}exec "$@"`;
    const result = await promisify(execFile)("sh", ["-ec", script, "sh", command, ...args, inFolder(text)], {
      cwd: folder,
      // The client's own default. The command line finds the gateway in the state folder.
      env: language === "ts" ? { ...env, OPENCLAW_GATEWAY_URL: gateway.url } : env,
    });
    // curl prints headers with CRLF.
    return result.stdout.replaceAll("\r\n", "\n");
  };

  const compare = ({ language, text, line }: Block, output: string): void => {
    const where = `${document.path}:${line}`;
    if (language === "json") expect(JSON.parse(output), where).toMatchObject(parsePattern(text));
    else expect(output, where).toMatch(createOutputPattern(inFolder(text)));
  };

  const runBlock = async ({ language, text }: Block): Promise<string> => {
    if (language === "json5") return checkConfig(text);
    if (language !== "ts") return run(language, text);
    startedPrograms = isProgramStart(text) ? text : `${startedPrograms}\n${text}`;
    return run(language, startedPrograms);
  };

  return {
    waitForGatewayOutput: gateway.output,
    readAddressLine: () => /^curl .*$/m.exec(gateway.output())?.[0] ?? "false",
    run,
    compare,
    runStep: async ({ block, prints }) => {
      const where = `${document.path}:${block.line}`;
      const output = await runBlock(block).catch((error: unknown) => {
        throw new Error(`${where} failed: ${String(error)}`, { cause: error });
      });
      for (const [line] of inFolder(block.text).matchAll(/^export .*$/gm)) exportedNames += `${line}\n`;
      if (prints) compare(prints, output);
      else if (block.language === "json5") expect(output, where).toBe("valid");
    },
  };
}

/** Returns each block that can run, with the output block after it. */
function toSteps(document: MarkdownDocument, blocks: readonly Block[]): readonly Step[] {
  const isOutput = (block: Block | undefined): boolean => /^(text|json)$/.test(block?.language ?? "");
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1];
    if (!isOutput(block)) return [{ block, prints: isOutput(next) ? next : undefined }];
    if (index > 0 && !isOutput(blocks[index - 1])) return [];
    throw new Error(`${document.path}:${block.line} is an output without a command`);
  });
}

/** Creates a folder that has what the checkout has. The files that blocks write stay in it. */
function createCheckoutFolder(): string {
  const folder = createTemporaryFolder();
  for (const name of readdirSync(packageRoot))
    if (!name.startsWith(".")) symlinkSync(join(packageRoot, name), join(folder, name));
  return folder;
}

/** Runs `openclaw config check` on a file, with the other files that the documents mention. */
function checkConfig(text: string): string {
  const folder = createConfigFolder({
    "openclaw.json": text,
    "gateway.json5": { port: 18_790 },
    "agents.json5": { list: [{ id: "main" }] },
    "more-agents.json5": { defaults: { timeoutSeconds: 60 } },
    "secrets.json": { gateway: { token: "a-token-of-the-file-of-secrets" } },
    "../certs/fullchain.pem": "a certificate",
    "../certs/key.pem": "a key",
  });
  try {
    chmodSync(join(dirname(folder.file), "secrets.json"), 0o600);
    const names = [
      "ANTHROPIC_API_KEY",
      "OPENCODE_API_KEY",
      "GEMINI_API_KEY",
      "OPENAI_API_KEY",
      "OPENROUTER_API_KEY",
      "UPSTAIRS_TOKEN",
    ];
    const env = Object.fromEntries(names.map((name) => [name, "a-secret"]));
    folder.load({ env, strict: true, runsCommands: false });
    return "valid";
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** Parses JSON into a pattern. `…` in strings matches any text. */
function parsePattern(text: string): object {
  return JSON.parse(text, (_, part: unknown) =>
    typeof part === "string" && part.includes("…") ? expect.stringMatching(createOutputPattern(part)) : part,
  ) as object;
}

function partition<T>(
  items: readonly T[],
  test: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
