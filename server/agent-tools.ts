/** Creates the tools of all agents: files, commands, web pages, sessions, MCP servers, and the policy over them. */
import { dirname } from "node:path";
import type { Config } from "../contracts/config/config.ts";
import { createExec } from "./agent/exec/create-exec.ts";
import { findSandboxUser } from "./agent/exec/sandbox-user.ts";
import { createMcpServers } from "./agent/mcp/servers.ts";
import type { SessionCatalog } from "./agent/sessions/catalog.ts";
import { createFileTools } from "./agent/tools/file-tools.ts";
import { createToolRegistry, type ToolRegistry } from "./agent/tools/registry.ts";
import { createSessionTools } from "./agent/tools/session-tools.ts";
import { createWebFetchTool } from "./agent/tools/web-fetch.ts";
import { createWorkspace, type Workspace } from "./agent/tools/workspace.ts";
import type { Clock, Log, NewId } from "./lib/ports.ts";
import type { Tool, ToolContext } from "./agent/types.ts";
import { createWorkspaceFilesReader } from "./agent/workspace-files.ts";
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
  readonly fetch: GuardedFetch;
  readonly documents: Documents;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

export interface AgentTools {
  readonly registry: ToolRegistry;
  /** Returns a function that reads the workspace files of the agent's system prompt. */
  readonly workspaceFilesOf: (agentId: string) => () => Promise<string>;
  /** Stops the background commands of a credential. */
  readonly stopCommandsOf: (credential: string) => void;
  /** Ends all commands and MCP servers. */
  close(): Promise<void>;
}

export function createAgentTools(deps: AgentToolsDeps): AgentTools {
  const { config, stateDir, clock, newId, log, env, secret } = deps;
  const { tools } = config;
  const { tls } = config.gateway;
  const tlsFiles = tls === undefined ? [] : [tls.keyPath];
  const sandboxUser = findSandboxUser(tools.exec);
  const exec = createExec({
    settings: tools.exec,
    env,
    secrets: [...collectSecrets(config), ...(secret === undefined ? [] : [secret])],
    hiddenPaths: [stateDir, deps.home, dirname(deps.configFile), ...tlsFiles],
    sandboxUser,
    clock,
    newId,
    log,
  });
  const mcp = createMcpServers(tools.mcpServers, { clock, log, env });
  const sharedTools: readonly Tool[] = [
    createWebFetchTool(deps.fetch, deps.documents, tools.web.fetch),
    ...createSessionTools(deps.sessions, tools.sessions.visibility, clock),
  ];
  // Changes in one folder run one at a time, so agents with the same folder share one workspace.
  const workspaces = new Map<string, Workspace>();
  const getWorkspace = (agentId: string): Workspace => {
    const folder = resolveWorkspaceFolder(config, stateDir, agentId);
    const workspace =
      workspaces.get(folder) ??
      createWorkspace({
        folder,
        owner: sandboxUser,
        workspaceOnly: tools.fs.workspaceOnly,
        forbidden: [stateDir, deps.configFile, ...tlsFiles],
      });
    workspaces.set(folder, workspace);
    return workspace;
  };
  const canUseProcess = ({ agentId, surface }: ToolContext): boolean =>
    registry.decide({ agentId, surface, model: getPrimaryModel(config, agentId), tool: "process" }).allowed;
  const builtInTools = new Map<string, readonly Tool[]>();
  const registry = createToolRegistry({
    config,
    mcp,
    getBuiltInTools(agentId) {
      const workspace = getWorkspace(agentId);
      const made = builtInTools.get(agentId) ?? [
        ...createFileTools(workspace),
        ...exec.createTools({ workspace, canUseProcess }),
        ...sharedTools,
      ];
      builtInTools.set(agentId, made);
      return made;
    },
  });

  return {
    registry,
    workspaceFilesOf: (agentId) => createWorkspaceFilesReader(getWorkspace(agentId)),
    stopCommandsOf: exec.stopCommandsOf,
    async close() {
      await Promise.all([exec.close(), mcp.close()]);
    },
  };
}

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
