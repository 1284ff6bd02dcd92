/** The unmodified Claude Code works with the gateway, in a network where neither can reach anything else. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { canRunClaudeCode, createClaudeCodeUser, type ClaudeCode } from "../support/clients/claude-code.ts";
import { documents, parseBlocks } from "../support/documents/markdown.ts";
import { createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess, type GatewayProcess } from "../support/gateway/gateway-process.ts";
import { enterNetworkCommand, loopbackCommand, readInterfaces } from "../support/gateway/loopback.ts";
import { readRunLines } from "../support/gateway/run-log.ts";
import type { ModelStep, StepModelOptions } from "../support/providers/step-model.ts";

/** Returns the first block of the guide in a language. */
const guide = documents.find(({ path }) => path === "docs/guides/claude-code.md");
const findBlock = (language: string): string =>
  guide === undefined ? "" : (parseBlocks(guide).find((block) => block.language === language)?.text ?? "");

type Api = StepModelOptions["api"];

interface Fixture {
  readonly gateway: GatewayProcess;
  readonly user: ClaudeCode;
  /** The requests that the model has received, as text. */
  readonly readRequests: () => readonly string[];
  /** The process whose network all of them have. */
  readonly pid: number;
  /** The variables of Claude Code. */
  readonly env: Readonly<Record<string, string>>;
}

/** Returns the variables that the guide's commands set. */
function readVariables(script: string, url: string): Record<string, string> {
  const lines = script.matchAll(/^export (\w+)="?([^"\n]*)"?$/gm);
  const values = [...lines].map(([, name = "", value = ""]): [string, string] => [
    name,
    value.replace("http://127.0.0.1:18789", url).replace("$OPENCLAW_GATEWAY_TOKEN", token),
  ]);
  return Object.fromEntries(values);
}

/** A model that plays these steps, the gateway as in the guide, and Claude Code, in one isolated network. */
async function startFixture(
  api: Api,
  steps: readonly ModelStep[],
  env: Readonly<Record<string, string>> = {},
): Promise<Fixture> {
  const requestsFile = join(createTemporaryFolder(), "requests.jsonl");
  writeFileSync(requestsFile, "");
  const options: StepModelOptions = { api, steps, requestsFile };
  const program = [process.execPath, join(packageRoot, "test/support/providers/step-model.ts")];
  const [command, ...args] = [...loopbackCommand, ...program, JSON.stringify(options)];
  const model = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void model.kill());
  const [line] = (await once(model.stdout, "data")) as [Buffer];
  const pid = model.pid ?? 0;
  expect(readInterfaces(pid)).toEqual(["lo"]);
  const config = JSON5.parse<ConfigInput>(findBlock("json5"));
  const gateway = await startGatewayProcess({
    config: {
      ...config,
      gateway: {
        http: {
          ...config.gateway?.http,
          endpoints: { ...config.gateway?.http?.endpoints, mcp: { enabled: true } },
        },
      },
      models: { providers: { provider: { api, baseUrl: line.toString().trim(), apiKey: "key" } } },
      agents: { ...config.agents, defaults: { ...config.agents?.defaults, model: "provider/claude-test" } },
    },
    commandPrefix: enterNetworkCommand(pid),
  });
  const variables = { ...readVariables(findBlock("sh"), gateway.url), ...env };
  const user = createClaudeCodeUser({ pid, env: variables });
  const readRequests = (): readonly string[] => readFileSync(requestsFile, "utf8").trimEnd().split("\n");
  return { gateway, user, readRequests, pid, env: variables };
}

/** A proxy to the gateway that cuts the first connection whose answer has this text. */
async function startCutProxy({ gateway, pid }: Fixture, text: string) {
  const program = join(packageRoot, "test/support/sockets/cut-proxy.ts");
  const [command = "", ...args] = enterNetworkCommand(pid);
  const proxy = spawn(command, [...args, process.execPath, program, new URL(gateway.url).port, text], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void proxy.kill());
  let output = "";
  proxy.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(proxy.stdout, "data");
  return { url: output.trim(), hasCut: () => output.includes("cut") };
}

const readRuns = ({ gateway }: Fixture): readonly string[] =>
  readRunLines([gateway.output()]).map(({ agent, outcome }) => `${agent} ${outcome}`);

/** Requests that the gateway has refused. */
const countRejections = ({ gateway }: Fixture): number =>
  gateway.output().match(/"message":"request (?:rejected|failed)"/g)?.length ?? 0;

const call = (name: string, input: object): ModelStep => ({ call: { name, input } });

describe.skipIf(!canRunClaudeCode)("Claude Code", () => {
  test.each<Api>(["openai-completions", "anthropic-messages"])(
    "reads, edits and runs a file with its own tools, on a model of %s, without a retry, and resumes",
    async (api) => {
      const file = "greet.sh";
      const fixture = await startFixture(api, [
        call("Read", { file_path: file }),
        call("Edit", { file_path: file, old_string: "Hello", new_string: "Good morning" }),
        call("Bash", { command: `sh ${file}`, description: "Run it" }),
        { text: "It greets now." },
        { text: "You asked about the greeting." },
      ]);
      const { user } = fixture;
      writeFileSync(join(user.folder, file), 'echo "Hello, Ada."\n');
      const reply = await user.print("Make greet.sh polite, and run it.");

      expect(reply).toBe("It greets now.");
      expect(readFileSync(join(user.folder, file), "utf8")).toBe('echo "Good morning, Ada."\n');
      expect(fixture.readRequests().at(-1)).toContain("Good morning, Ada.");
      await expect
        .poll(() => readRuns(fixture))
        .toEqual(["main tool_calls", "main tool_calls", "main tool_calls", "main stop"]);
      // The thinking goes back with the calls that it led to: the model has signed it, and accepts nothing else.
      expect(fixture.readRequests().at(-1)).toContain("Step 3.");

      expect(await user.print("What did I ask?", "--continue")).toBe("You asked about the greeting.");
      expect(fixture.readRequests().at(-1)).toContain("Make greet.sh polite");
      expect(countRejections(fixture)).toBe(0);
      // Claude Code names its conversation: `--continue` goes on with it.
      const readSessions = (): readonly unknown[] =>
        readRunLines([fixture.gateway.output()]).map(({ clientSession }) => clientSession);
      await expect.poll(readSessions).toEqual(Array(5).fill(expect.stringMatching(/^[\da-f-]{36}$/)));
    },
  );

  test("loads a tool that is deferred, and the model is offered it from then on", async () => {
    const fixture = await startFixture("openai-completions", [
      call("ToolSearch", { query: "select:WebFetch", max_results: 1 }),
      { text: "Found it." },
    ]);
    expect(await fixture.user.print("Find the tool.")).toBe("Found it.");
    const [first = "", second = ""] = fixture.readRequests();
    expect(first).not.toContain('"name":"WebFetch"');
    expect(second).toContain('"name":"WebFetch"');
    expect(second).toContain("Loaded: WebFetch");
    expect(countRejections(fixture)).toBe(0);
  });

  test("answers in JSON of a given shape", async () => {
    const fixture = await startFixture("openai-completions", [call("StructuredOutput", { city: "Oslo" })]);
    const schema = JSON.stringify({
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
    });
    const output = await fixture.user.print(
      "Which city?",
      "--json-schema",
      schema,
      "--output-format",
      "json",
    );
    expect(JSON.parse(output)).toMatchObject({ structured_output: { city: "Oslo" } });
    expect(countRejections(fixture)).toBe(0);
  });

  test("shows the context, which it counts at the gateway", async () => {
    const fixture = await startFixture("openai-completions", []);
    expect(await fixture.user.print("/context")).toMatch(/\*\*Tokens:\*\* [\d.]+k/);
    expect(countRejections(fixture)).toBe(0);
  });

  test("maps its small model to an agent of its own", async () => {
    const fixture = await startFixture("openai-completions", [{ text: "Small." }]);
    expect(await fixture.user.print("Hello.", "--model", "claude-haiku-5-5")).toBe("Small.");
    await expect.poll(() => new Set(readRuns(fixture))).toEqual(new Set(["tasks stop"]));
  });

  test("calls an agent as a tool of its model, over MCP", async () => {
    const fixture = await startFixture(
      "openai-completions",
      [call("mcp__openclaw__tasks", { message: "Name a city." }), { text: "It named one." }],
      { ENABLE_TOOL_SEARCH: "false" },
    );
    const { gateway, user } = fixture;
    const file = join(user.folder, "mcp.json");
    const server = {
      type: "http",
      url: `${gateway.url}/mcp`,
      headers: { Authorization: `Bearer ${token}` },
    };
    writeFileSync(file, JSON.stringify({ mcpServers: { openclaw: server } }));
    const options = ["--mcp-config", file, "--strict-mcp-config"];
    expect(await user.print("Ask the agent for a city.", ...options)).toBe("It named one.");

    // The step model answers the agent, which has no tools, by a short text.
    const isOfAgent = (request: string): boolean => request.includes('"Name a city."}]');
    expect(
      fixture
        .readRequests()
        .filter((request) => !request.includes('"tools"'))
        .some(isOfAgent),
    ).toBe(true);
    await expect.poll(() => readRuns(fixture)).toEqual(["main tool_calls", "tasks stop", "main stop"]);
    expect(countRejections(fixture)).toBe(0);
  });

  test("does not run an agent again whose answer broke off", async () => {
    const fixture = await startFixture("openai-completions", [
      { cutAfter: "Half an answer" },
      { text: "Once too often." },
    ]);
    // It repeats the request without a stream, and gets the same error.
    const stdout = expect.stringContaining("before it was complete") as string;
    await expect(fixture.user.print("Hello.")).rejects.toMatchObject({ stdout });
    await expect.poll(() => readRuns(fixture)).toEqual(["main upstream_protocol"]);
  });

  test("gets the answer of the same run when its connection is cut", async () => {
    const steps = [{ text: "All of it.", pauseMs: 3_000 }, { text: "Once too often." }];
    const fixture = await startFixture("openai-completions", steps);
    const { url, hasCut } = await startCutProxy(fixture, "All of it.");
    const user = createClaudeCodeUser({ pid: fixture.pid, env: { ...fixture.env, ANTHROPIC_BASE_URL: url } });
    expect(await user.print("Hello.")).toBe("All of it.");
    expect(hasCut()).toBe(true);
    await expect.poll(() => readRuns(fixture)).toEqual(["main stop"]);
    expect(fixture.readRequests()).toHaveLength(1);
  });

  test("stops at once with a wrong credential, and for an agent that does not exist", async () => {
    const wrong = await startFixture("openai-completions", [], {
      ANTHROPIC_AUTH_TOKEN: "wrong-token-0123456789",
    });
    await expect(wrong.user.print("Hello.")).rejects.toThrow();
    const missing = await startFixture("openai-completions", []);
    await expect(missing.user.print("Hello.", "--model", "openclaw:nobody")).rejects.toThrow();

    await expect.poll(() => wrong.gateway.output().match(/invalid_api_key/g)).toHaveLength(1);
    // It asks once more without a stream.
    const countMissing = (): number => missing.gateway.output().match(/model_not_found/g)?.length ?? 0;
    await expect.poll(countMissing).toBeGreaterThan(0);
    expect(countMissing()).toBeLessThanOrEqual(2);
    expect([...readRuns(wrong), ...readRuns(missing)]).toEqual([]);
  });
});
