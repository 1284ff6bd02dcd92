/** How each server of the bench is started, with the scripted provider behind it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigInput } from "../contracts/config/config.ts";
import type { BenchEnvironment, ServerName, ServerOptions } from "./servers.ts";

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Arguments that set the port, for a program that does not read `PORT`. */
  readonly portArgs?: (port: number) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The name by which a request asks for the scripted model. */
  readonly model: string;
}

const root = join(import.meta.dirname, "..");
const token = "bench-token-of-no-importance";
const command = process.execPath;
const gatewayHeaders = { authorization: `Bearer ${token}` };

const createOwnProgram = (file: string, upstream: string, model: string): Program => ({
  command,
  args: [join(import.meta.dirname, "programs", file)],
  env: { UPSTREAM: upstream },
  model,
});

export const programs: Readonly<
  Record<ServerName, (options: ServerOptions, environment: BenchEnvironment) => Program>
> = {
  "pass-through": ({ upstream }) => createOwnProgram("pass-through.ts", upstream, "scripted"),
  floor: ({ upstream }) => createOwnProgram("floor.ts", upstream, "scripted"),
  llms: ({ upstream }) => createOwnProgram("llms.ts", upstream, "scripted,scripted"),
  // Portkey trusts loopback addresses as custom hosts by default.
  portkey: ({ upstream }) => ({
    command,
    args: [join(import.meta.dirname, "node_modules/@portkey-ai/gateway/build/start-server.js"), "--headless"],
    portArgs: (port) => [`--port=${port}`],
    headers: { "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream}/v1` },
    model: "scripted",
  }),
  gateway: createGatewayProgram,
  litellm({ upstream }, { folder }) {
    const path = join(folder, "litellm.json");
    const parameters = { model: "openai/scripted", api_base: `${upstream}/v1`, api_key: "none" };
    writeFileSync(
      path,
      JSON.stringify({ model_list: [{ model_name: "scripted", litellm_params: parameters }] }),
    );
    return {
      command: "litellm",
      args: ["--host", "127.0.0.1", "--config", path],
      portArgs: (port) => ["--port", `${port}`],
      model: "scripted",
    };
  },
  openclaw({ upstream }, { folder }) {
    const path = join(folder, "original.json");
    const models = [{ id: "scripted", name: "scripted" }];
    const provider = { api: "openai-completions", baseUrl: `${upstream}/v1`, apiKey: "none", models };
    const chatCompletions = { enabled: true };
    writeFileSync(
      path,
      JSON.stringify({
        gateway: { mode: "local", auth: { mode: "token", token }, http: { endpoints: { chatCompletions } } },
        agents: { defaults: { model: "scripted/scripted" } },
        tools: { deny: ["*"] },
        models: { providers: { scripted: provider } },
      }),
    );
    return {
      command: "openclaw",
      args: ["gateway"],
      portArgs: (port) => ["--port", `${port}`],
      env: { OPENCLAW_CONFIG_PATH: path, OPENCLAW_STATE_DIR: join(folder, "original") },
      headers: gatewayHeaders,
      model: "openclaw",
    };
  },
};

function createGatewayProgram(
  { upstream, changeConfig = (config) => config, stateName = "state" }: ServerOptions,
  { folder, dist, profileFolder }: BenchEnvironment,
): Program {
  const enabled = { enabled: true };
  const config: ConfigInput = {
    gateway: {
      http: { endpoints: { chatCompletions: enabled, responses: enabled, messages: enabled } },
      limits: { maxConcurrentRuns: 2_000 },
    },
    agents: { defaults: { model: "scripted/scripted" } },
    // Without tools the gateway sends no tool definitions upstream, like the other servers.
    tools: { deny: ["*"] },
    models: { providers: { scripted: { baseUrl: `${upstream}/v1`, models: [{ id: "scripted" }] } } },
  };
  const path = join(folder, `${stateName}.json`);
  writeFileSync(path, JSON.stringify(changeConfig(config)));
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  return {
    command,
    args: [...profile, join(root, dist ? "dist/cli/main.js" : "cli/main.ts"), "gateway"],
    portArgs: (port) => ["--port", `${port}`],
    env: {
      OPENCLAW_CONFIG_PATH: path,
      OPENCLAW_STATE_DIR: join(folder, stateName),
      OPENCLAW_GATEWAY_TOKEN: token,
    },
    headers: gatewayHeaders,
    model: "openclaw",
  };
}
