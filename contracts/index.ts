/** All endpoints by id, and all WebSocket methods and events by name. */
import { createChatCompletion } from "./http/chat/endpoint.ts";
import { getAsyncapiYaml, getDocs, getOpenapiJson, getOpenapiYaml, getSocketDocs } from "./http/docs.ts";
import { getHealth, getReadiness, getStartup } from "./http/health.ts";
import { getPage } from "./http/page.ts";
import { getMetrics } from "./http/metrics.ts";
import { listModels, retrieveModel } from "./http/models.ts";
import {
  abortSession,
  deleteSession,
  getSessionHistory,
  listSessions,
  resetSession,
} from "./http/sessions.ts";
import {
  createConversation,
  deleteConversation,
  retrieveConversation,
  updateConversation,
} from "./http/conversations/conversation.ts";
import {
  createConversationItems,
  deleteConversationItem,
  listConversationItems,
  retrieveConversationItem,
} from "./http/conversations/items.ts";
import { createEmbedding } from "./http/embeddings.ts";
import { createFile, deleteFile, listFiles, retrieveFile, retrieveFileContent } from "./http/files.ts";
import { countMessageTokens } from "./http/messages/count-tokens.ts";
import { createMessage } from "./http/messages/endpoint.ts";
import { probeConnection, probeRoot } from "./http/messages/probe.ts";
import { sendMcpMessage } from "./http/mcp/endpoint.ts";
import { compactResponse } from "./http/responses/compact.ts";
import { createResponse } from "./http/responses/endpoint.ts";
import { listInputItems } from "./http/responses/input-items.ts";
import { countInputTokens } from "./http/responses/input-tokens.ts";
import { cancelResponse, deleteResponse, retrieveResponse } from "./http/responses/stored.ts";
import { runHook, wakeSession } from "./http/hooks.ts";
import { invokeTool } from "./http/tools.ts";
import { getAudit, verifyAudit } from "./http/audit.ts";
import { getUsage } from "./http/usage.ts";
import { agentIdentity, agentsList, modelsList, modelsTest } from "./socket/agents.ts";
import { sessionsBackup } from "./socket/backup.ts";
import { chatAbort, chatEvent, chatHistory, chatSend } from "./socket/chat.ts";
import { health as healthEvent, presence, shutdown, tick } from "./socket/gateway-events.ts";
import { configApply, configGet, configPatch, configSchema, configSet } from "./socket/config.ts";
import { health, logsTail, status, systemPresence } from "./socket/gateway.ts";
import { keysCreate, keysList, keysRevoke } from "./socket/keys.ts";
import type { Method, SocketEvent } from "./socket/method.ts";
import { agentEvent } from "./socket/run-event.ts";
import { runsList } from "./socket/run-list.ts";
import { agent, agentWait } from "./socket/run.ts";
import {
  sessionsBranch,
  sessionsCompact,
  sessionsCreate,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
  sessionsRewind,
} from "./socket/session-changes.ts";
import {
  sessionsChanged,
  sessionsDescribe,
  sessionsList,
  sessionsPreview,
  sessionsSearch,
  sessionsResolve,
  sessionsSubscribe,
  sessionsUnsubscribe,
} from "./socket/sessions.ts";
import { authCode } from "./socket/sign-in-code.ts";
import { mcpList, toolsCatalog, toolsEffective, toolsInvoke } from "./socket/tools.ts";
import { sessionsUsage, usageCost } from "./socket/usage.ts";
import type { Endpoint } from "./endpoint.ts";

export const endpoints = {
  createChatCompletion,
  createResponse,
  compactResponse,
  countInputTokens,
  retrieveResponse,
  deleteResponse,
  cancelResponse,
  listInputItems,
  createConversation,
  retrieveConversation,
  updateConversation,
  deleteConversation,
  createConversationItems,
  listConversationItems,
  retrieveConversationItem,
  deleteConversationItem,
  createFile,
  listFiles,
  retrieveFile,
  retrieveFileContent,
  deleteFile,
  createMessage,
  countMessageTokens,
  probeConnection,
  probeRoot,
  createEmbedding,
  listModels,
  retrieveModel,
  invokeTool,
  sendMcpMessage,
  runHook,
  wakeSession,
  listSessions,
  getSessionHistory,
  resetSession,
  abortSession,
  deleteSession,
  getUsage,
  getAudit,
  verifyAudit,
  getHealth,
  getReadiness,
  getStartup,
  getMetrics,
  getOpenapiYaml,
  getOpenapiJson,
  getAsyncapiYaml,
  getDocs,
  getSocketDocs,
  getPage,
} as const satisfies Readonly<Record<string, Endpoint>>;

export const methods = {
  health,
  status,
  "system-presence": systemPresence,
  "agents.list": agentsList,
  "agent.identity.get": agentIdentity,
  "models.list": modelsList,
  "models.test": modelsTest,
  "tools.catalog": toolsCatalog,
  "tools.effective": toolsEffective,
  "tools.invoke": toolsInvoke,
  "mcp.list": mcpList,
  agent,
  "agent.wait": agentWait,
  "runs.list": runsList,
  "chat.send": chatSend,
  "chat.history": chatHistory,
  "chat.abort": chatAbort,
  "sessions.list": sessionsList,
  "sessions.preview": sessionsPreview,
  "sessions.search": sessionsSearch,
  "sessions.resolve": sessionsResolve,
  "sessions.describe": sessionsDescribe,
  "sessions.create": sessionsCreate,
  "sessions.patch": sessionsPatch,
  "sessions.reset": sessionsReset,
  "sessions.delete": sessionsDelete,
  "sessions.compact": sessionsCompact,
  "sessions.rewind": sessionsRewind,
  "sessions.branch": sessionsBranch,
  "sessions.backup": sessionsBackup,
  "sessions.subscribe": sessionsSubscribe,
  "sessions.unsubscribe": sessionsUnsubscribe,
  "sessions.usage": sessionsUsage,
  "usage.cost": usageCost,
  "config.get": configGet,
  "config.schema": configSchema,
  "config.set": configSet,
  "config.patch": configPatch,
  "config.apply": configApply,
  "logs.tail": logsTail,
  "auth.code": authCode,
  "keys.create": keysCreate,
  "keys.list": keysList,
  "keys.revoke": keysRevoke,
} as const satisfies Readonly<Record<string, Method>>;

export const events = {
  tick,
  presence,
  health: healthEvent,
  agent: agentEvent,
  chat: chatEvent,
  "sessions.changed": sessionsChanged,
  shutdown,
} as const satisfies Readonly<Record<string, SocketEvent>>;
