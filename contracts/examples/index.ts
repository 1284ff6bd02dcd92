/** All sets of examples. The documentation endpoints have none: their reply is the document itself. */
import type { ExampleSet } from "../endpoint.ts";
import { chatCompletions } from "./chat-completions.ts";
import {
  conversationCreation,
  conversationDeletion,
  conversationItemCreation,
  conversationItemDeletion,
  conversationItems,
  conversationUpdate,
  oneConversation,
  oneConversationItem,
} from "./conversations.ts";
import { embeddings } from "./embeddings.ts";
import { fileContent, fileCreation, fileDeletion, fileList, oneFile } from "./files.ts";
import { hookRun, hookWake } from "./hooks.ts";
import { mcp } from "./mcp.ts";
import { health, readiness, startup } from "./health.ts";
import { messages, messageTokens, probe, rootProbe } from "./messages.ts";
import { modelList, oneModel } from "./models.ts";
import { inputTokens, responseCompaction } from "./responses-compact.ts";
import { inputItems, responseCancellation, responseDeletion, storedResponse } from "./responses-stored.ts";
import { responses } from "./responses.ts";
import { sessionAbort, sessionDeletion, sessionHistory, sessionList, sessionReset } from "./sessions.ts";
import { tools } from "./tools.ts";
import { audit, auditVerification } from "./audit.ts";
import { usage } from "./usage.ts";

export const exampleSets: readonly ExampleSet[] = [
  chatCompletions,
  responses,
  responseCompaction,
  inputTokens,
  storedResponse,
  responseDeletion,
  responseCancellation,
  inputItems,
  conversationCreation,
  oneConversation,
  conversationUpdate,
  conversationDeletion,
  conversationItemCreation,
  conversationItems,
  oneConversationItem,
  conversationItemDeletion,
  fileCreation,
  fileList,
  oneFile,
  fileContent,
  fileDeletion,
  messages,
  messageTokens,
  probe,
  rootProbe,
  embeddings,
  modelList,
  oneModel,
  tools,
  mcp,
  hookRun,
  hookWake,
  sessionList,
  sessionHistory,
  sessionReset,
  sessionAbort,
  sessionDeletion,
  usage,
  audit,
  auditVerification,
  health,
  readiness,
  startup,
];
