/** Composes the tools of all agents: workspaces, commands, pages, sessions, MCP servers, and the rules over them. */
import { dirname } from "node:path";
import type { Config } from "../contracts/config/config.ts";
import { createExec } from "./agent/exec/create-exec.ts";
import { createMcpServers } from "./agent/mcp/servers.ts";
import type { SessionCatalog } from "./agent/sessions/catalog.ts";
import { createFileTools } from "./agent/tools/file-tools.ts";
import { createToolRegistry, type ToolRegistry } from "./agent/tools/registry.ts";
import { createSessionTools } from "./agent/tools/session-tools.ts";
import { createWebFetchTool } from "./agent/tools/web-fetch.ts";
import { createWorkspace, type Workspace } from "./agent/tools/workspace.ts";
import type { Clock, Log, NewId, Tool, ToolContext } from "./agent/types.ts";
import { readWorkspaceFiles } from "./agent/workspace-files.ts";
import { secretsOf } from "./config/secrets-of.ts";
import { workspaceFolder } from "./config/workspaces.ts";
import type { Documents } from "./documents/documents.ts";
import type { GuardedFetch } from "./fetch/guarded-fetch.ts";

interface ToolParts {
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
  readonly workspaceFiles: (agentId: string) => Promise<string>;
  /** Ends the commands that a credential has in the background. */
  readonly endCommandsOf: (credential: string) => void;
  /** Ends all commands and MCP servers. */
  close(): Promise<void>;
}

export function createAgentTools(parts: ToolParts): AgentTools {
  const { config, stateDir, clock, newId, log, env, secret } = parts;
  const { tools } = config;
  const { tls } = config.gateway;
  const tlsFiles = tls === undefined ? [] : [tls.keyPath];
  const exec = createExec({
    settings: tools.exec,
    env,
    secrets: [...secretsOf(config), ...(secret === undefined ? [] : [secret])],
    hidden: [stateDir, parts.home, dirname(parts.configFile), ...tlsFiles],
    clock,
    newId,
    log,
  });
  const mcp = createMcpServers(tools.mcpServers, { clock, log, env });
  const shared: readonly Tool[] = [
    createWebFetchTool(parts.fetch, parts.documents, tools.web.fetch),
    ...createSessionTools(parts.sessions, tools.sessions.visibility, clock),
  ];
  // A change waits for the one before it in the same folder, so agents with one folder have one workspace.
  const workspaces = new Map<string, Workspace>();
  const workspaceOf = (agentId: string): Workspace => {
    const folder = folderOf(config, stateDir, agentId);
    const made =
      workspaces.get(folder) ??
      createWorkspace({
        folder,
        workspaceOnly: tools.fs.workspaceOnly,
        forbidden: [stateDir, parts.configFile, ...tlsFiles],
      });
    workspaces.set(folder, made);
    return made;
  };
  const mayUseProcess = ({ agentId, surface }: ToolContext): boolean =>
    registry.decide({ agentId, surface, model: primaryModel(config, agentId), tool: "process" }).allowed;
  const own = new Map<string, readonly Tool[]>();
  const registry = createToolRegistry({
    config,
    mcp,
    ownTools(agentId) {
      const workspace = workspaceOf(agentId);
      const made = own.get(agentId) ?? [
        ...createFileTools(workspace),
        ...exec.tools({ workspace, mayUseProcess }),
        ...shared,
      ];
      own.set(agentId, made);
      return made;
    },
  });

  return {
    registry,
    workspaceFiles: (agentId) => readWorkspaceFiles(workspaceOf(agentId)),
    endCommandsOf: exec.endOf,
    async close() {
      await Promise.all([exec.close(), mcp.close()]);
    },
  };
}

function agentConfig({ agents }: Config, agentId: string): Config["agents"]["list"][number] | undefined {
  return agents.list.find(({ id }) => id.toLowerCase() === agentId);
}

function folderOf(config: Config, stateDir: string, agentId: string): string {
  const { list, defaults } = config.agents;
  const entry = agentConfig(config, agentId);
  const isDefault = entry === undefined || entry === (list.find((each) => each.default) ?? list[0]);
  return workspaceFolder({
    configured: entry?.workspace ?? defaults.workspace,
    agentId,
    isDefault,
    stateDir,
  });
}

function primaryModel(config: Config, agentId: string): string {
  const choice = agentConfig(config, agentId)?.model ?? config.agents.defaults.model;
  return typeof choice === "string" ? choice : choice.primary;
}
