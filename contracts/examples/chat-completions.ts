/** All examples of POST /v1/chat/completions, the simplest first. */
import { examplesFor } from "../endpoint.ts";
import { createChatCompletion } from "../http/chat/endpoint.ts";
import { chatAttachments } from "./chat-attachments.ts";
import { chatFailures } from "./chat-failures.ts";
import { chatReplies } from "./chat-replies.ts";
import { chatTools } from "./chat-tools.ts";

export const chatCompletions = examplesFor(
  createChatCompletion,
  [...chatReplies, ...chatTools, ...chatAttachments, ...chatFailures],
  { "x-openclaw-agent-id": "main" },
);
