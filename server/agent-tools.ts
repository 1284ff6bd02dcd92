/** Creates the tools of all agents: files, commands, web pages, sessions, MCP servers, and the policy over them. */
import { describeError } from "./lib/errors.ts";
import { dirname, join } from "node:path";
import type { Config } from "../contracts/config/config.ts";
import { findAgentSandbox, type AgentSandbox } from "./agent/agent-sandbox.ts";
import { createExec } from "./agent/exec/create-exec.ts";
import type { ExecSettings } from "./agent/exec/launcher.ts";
import { findSandboxUser } from "./agent/exec/sandbox-user.ts";
import { createMcpServers, type McpServers } from "./agent/mcp/servers.ts";
import type { Store } from "./agent/sessions/sql-store.ts";
import type { SessionCatalog } from "./agent/sessions/catalog.ts";
import { createFileTools } from "./agent/tools/file-tools.ts";
import { createToolRegistry, type ToolRegistry } from "./agent/tools/registry.ts";
import { createSessionTools } from "./agent/tools/session-tools.ts";
import { createWebFetchTool } from "./agent/tools/web-fetch.ts";
import {
  createRunExclusive,
  createWorkspace,
  type RunExclusive,
  type Workspace,
} from "./agent/tools/workspace.ts";
import { canSeeEverything, operator } from "./lib/credential-names.ts";
import { isSameConfig } from "./lib/compare-config.ts";
import type { Clock, Log, NewId } from "./lib/ports.ts";
import type { Agent, Tool, ToolContext } from "./agent/types.ts";
import { createWorkspaceFilesReader, readWorkspaceFiles } from "./agent/workspace-files.ts";
import { collectSecrets } from "./config/lookup.ts";
import { resolveWorkspace } from "./config/workspaces.ts";
import type { Documents } from "./documents/documents.ts";
import type { GuardedFetch } from "./fetch/guarded-fetch.ts";

interface AgentToolsDeps {
  readonly config: Config;
  readonly stateDir: string;
  readonly configFile: string;
  readonly home: string;
  /** The gateway's own secret. */
  readonly secret: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly sessions: SessionCatalog;
  /** The nodes that share the store. */
  readonly nodes: Store["nodes"];
  readonly fetch: GuardedFetch;
  readonly documents: Documents;
  /** Resolves when the runs that are at work now have ended. */
  readonly waitForCurrentRuns: () => Promise<void>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

type ToolSettings = Pick<AgentToolsDeps, "config" | "secret">;

/** What follows from one configuration. */
export interface ConfiguredTools {
  readonly registry: ToolRegistry;
  /** Returns a function that reads the workspace files of the agent's system prompt. */
  readonly workspaceFilesOf: (agentId: string) => Agent["workspaceFiles"];
  /** Brings the commands and the MCP servers of all runs to this configuration. */
  readonly apply: () => void;
}

export interface AgentTools {
  /** Creates the tools of a configuration. Nothing changes until they are used and applied. */
  readonly compose: (settings: ToolSettings) => ConfiguredTools;
  readonly listMcpServers: McpServers["listStates"];
  /** Stops the background commands of a credential. */
  readonly stopCommandsOf: (credential: string) => void;
  /** Ends all commands and MCP servers. */
  close(): Promise<void>;
}

export function createAgentTools(deps: AgentToolsDeps): AgentTools {
  const { stateDir, clock, newId, log, env } = deps;
  let execSettings = toExecSettings(deps, deps);
  const exec = createExec({ ...execSettings, env, nodes: deps.nodes, clock, newId, log });
  const mcp = createMcpServers(deps.config.tools.mcpServers, { clock, log, env });
  // Changes in one folder run one at a time, whichever agent and configuration they come from.
  const exclusiveByFolder = new Map<string, RunExclusive>();
  const getRunExclusive = (folder: string): RunExclusive => {
    const runExclusive = exclusiveByFolder.get(folder) ?? createRunExclusive();
    exclusiveByFolder.set(folder, runExclusive);
    return runExclusive;
  };

  const apply = (settings: ToolSettings): void => {
    const nextExecSettings = toExecSettings(settings, deps);
    if (!isSameConfig(nextExecSettings, execSettings)) exec.configure(nextExecSettings);
    execSettings = nextExecSettings;
    const closeReplaced = mcp.configure(settings.config.tools.mcpServers);
    deps
      .waitForCurrentRuns()
      .then(closeReplaced)
      .catch((error: unknown) => {
        log.warn("an MCP server could not be closed", { cause: describeError(error) });
      });
  };

  const compose = (settings: ToolSettings): ConfiguredTools => {
    const { config } = settings;
    const { tools } = config;
    const webFetch = createWebFetchTool(deps.fetch, deps.documents, tools.web.fetch);
    const findSandbox = (agentId: string): AgentSandbox | undefined =>
      findAgentSandbox(config, findAgentConfig(config, agentId));
    const createVisibleSessionTools = (sandbox: AgentSandbox | undefined): readonly Tool[] => {
      const isClamped = sandbox !== undefined && !sandbox.showsAllSessions;
      return createSessionTools(deps.sessions, isClamped ? "sandbox" : tools.sessions.visibility, clock);
    };
    const owner = findCommandUser(config);
    const workspaces = new Map<string, Workspace>();
    const hasOwnWorkspace = (agentId: string, credential: string): boolean => {
      const { workspacePerKey = config.agents.defaults.workspacePerKey } =
        findAgentConfig(config, agentId) ?? {};
      return workspacePerKey && !canSeeEverything(credential);
    };
    const getWorkspace = (agentId: string, credential: string): Workspace => {
      const agentFolder = resolveWorkspaceFolder(config, stateDir, agentId);
      const isOwn = hasOwnWorkspace(agentId, credential);
      const folder = isOwn ? join(agentFolder, "keys", credential) : agentFolder;
      const workspaceOnly = tools.fs.workspaceOnly || isOwn || findSandbox(agentId) !== undefined;
      const name = `${workspaceOnly ? "only" : "also"} ${folder}`;
      const workspace =
        workspaces.get(name) ??
        createWorkspace({
          folder,
          owner,
          workspaceOnly,
          outerFolder: isOwn ? agentFolder : undefined,
          forbidden: [stateDir, deps.configFile, ...listKeyFiles(config)],
          runExclusive: getRunExclusive(folder),
        });
      workspaces.set(name, workspace);
      return workspace;
    };
    const canUseProcess = ({ agentId, surface }: ToolContext): boolean =>
      registry.decide({ agentId, surface, model: getPrimaryModel(config, agentId), tool: "process" }).allowed;
    const builtInTools = new Map<string, readonly Tool[]>();
    const registry = createToolRegistry({
      config,
      mcp,
      getBuiltInTools(agentId) {
        const getCallersWorkspace = (credential: string): Workspace => getWorkspace(agentId, credential);
        const sandbox = findSandbox(agentId);
        const agentTools = builtInTools.get(agentId) ?? [
          ...createFileTools(getCallersWorkspace),
          ...exec.createTools({
            settings: tools.exec,
            getWorkspace: getCallersWorkspace,
            canUseProcess,
            sandbox,
          }),
          webFetch,
          ...createVisibleSessionTools(sandbox),
        ];
        builtInTools.set(agentId, agentTools);
        return agentTools;
      },
    });
    return {
      registry,
      workspaceFilesOf(agentId) {
        const agentWorkspace = getWorkspace(agentId, operator);
        const readShared = createWorkspaceFilesReader(agentWorkspace);
        return (credential) =>
          hasOwnWorkspace(agentId, credential)
            ? readWorkspaceFiles(agentWorkspace, getWorkspace(agentId, credential))
            : readShared();
      },
      apply: () => apply(settings),
    };
  };

  return {
    compose,
    listMcpServers: mcp.listStates,
    stopCommandsOf: exec.stopCommandsOf,
    async close() {
      await Promise.all([exec.close(), mcp.close()]);
    },
  };
}

function toExecSettings(
  { config, secret }: ToolSettings,
  { stateDir, home, configFile }: Pick<AgentToolsDeps, "stateDir" | "home" | "configFile">,
): ExecSettings {
  const settings = config.tools.exec;
  return {
    settings,
    secrets: [...collectSecrets(config), ...(secret === undefined ? [] : [secret])],
    hiddenPaths: [stateDir, home, dirname(configFile), ...listKeyFiles(config)],
    sandboxUser: findCommandUser(config),
  };
}

/** The user of sandboxed commands, if the sandbox of any agent is on. */
function findCommandUser(config: Config): ReturnType<typeof findSandboxUser> {
  const { exec } = config.tools;
  const agents = [undefined, ...config.agents.list];
  const hasSandbox = agents.some((agent) => findAgentSandbox(config, agent) !== undefined);
  return findSandboxUser({ ...exec, sandbox: hasSandbox ? "bwrap" : exec.sandbox });
}

/** The files that hold a private key of the gateway. */
const listKeyFiles = ({ gateway: { tls } }: Config): readonly string[] =>
  tls === undefined ? [] : [tls.keyPath];

function findAgentConfig({ agents }: Config, agentId: string): Config["agents"]["list"][number] | undefined {
  return agents.list.find(({ id }) => id.toLowerCase() === agentId);
}

function resolveWorkspaceFolder(config: Config, stateDir: string, agentId: string): string {
  const { list, defaults } = config.agents;
  const entry = findAgentConfig(config, agentId);
  const isDefault = entry === undefined || entry === (list.find((each) => each.default) ?? list[0]);
  return resolveWorkspace({
    configuredPath: entry?.workspace ?? defaults.workspace,
    agentId,
    isDefault,
    stateDir,
  });
}

function getPrimaryModel(config: Config, agentId: string): string {
  const choice = findAgentConfig(config, agentId)?.model ?? config.agents.defaults.model;
  return typeof choice === "string" ? choice : choice.primary;
}
