/** All examples of POST /v1/responses, the plainest first. */
import { examplesFor } from "../endpoint.ts";
import { createResponse } from "../http/responses/endpoint.ts";
import { responseFailures } from "./responses-failures.ts";
import { responseReplies } from "./responses-replies.ts";
import { responseTools } from "./responses-tools.ts";

export const responses = examplesFor(
  createResponse,
  [...responseReplies, ...responseTools, ...responseFailures],
  { "x-openclaw-agent-id": "main" },
);
