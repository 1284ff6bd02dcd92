/** `gateway.http`: enabled endpoints, CORS and hosts, and how a request selects an agent. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { attachmentsOfHistories, attachmentsWithUrls, attachmentsWithoutUrls } from "./attachments.ts";
import { bytes, duration } from "./fields.ts";

const ChatCompletions = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Serves `POST /v1/chat/completions` and `GET /v1/models`."),
    maxBodyBytes: bytes()
      .default(20_000_000)
      .describe("Largest request body, in bytes; larger ones get 413."),
    ...attachmentsWithoutUrls,
  })
  .prefault({})
  .describe("Chat completions.");

const Responses = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe("Serves all endpoints of `/v1/responses`, and `GET /v1/models`."),
    maxBodyBytes: bytes()
      .default(20_000_000)
      .describe("Largest request body, in bytes; larger ones get 413."),
    ttl: duration()
      .default("30d")
      .describe("How long a stored response and its events are kept: a number and `s`, `m`, `h` or `d`."),
    ...attachmentsWithUrls,
  })
  .prefault({})
  .describe("Responses.");

const Messages = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Serves `POST /v1/messages`, and `GET /v1/models`."),
    maxBodyBytes: bytes()
      .default(20_000_000)
      .describe("Largest request body, in bytes; larger ones get 413."),
    ...attachmentsOfHistories,
  })
  .prefault({})
  .describe("Messages: Anthropic's API.");

const Embeddings = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Serves `POST /v1/embeddings`."),
    maxBodyBytes: bytes().default(5_000_000).describe("Largest request body, in bytes; larger ones get 413."),
  })
  .prefault({})
  .describe("Embeddings.");

const Files = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .describe("Serves all endpoints of `/v1/files`. Unset, it follows `responses.enabled`."),
    maxBytes: bytes().default(32_000_000).describe("Largest file, in bytes; larger ones get 413."),
    totalBytes: z
      .int()
      .min(1)
      .default(1_000_000_000)
      .describe("Bytes that all files of a credential may have together; more get 413."),
    expiresAfter: duration()
      .default("30d")
      .describe(
        "How long a file is kept, unless its upload says otherwise: a number and `s`, `m`, `h` or `d`.",
      ),
  })
  .prefault({})
  .describe("Files.");

const Mcp = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe("Serves `POST /mcp`: each agent is a tool of MCP clients, over Streamable HTTP."),
    tools: z
      .boolean()
      .default(false)
      .describe(
        "Whether the agent's own tools are offered too, under the policy of `POST /tools/invoke`, to callers with the permission `tools`.",
      ),
    maxBodyBytes: bytes().default(2_000_000).describe("Largest request body, in bytes; larger ones get 413."),
  })
  .prefault({})
  .describe("MCP: the agents as tools of others.");

const Origin = shortText()
  .regex(
    /^https?:\/\/[^\s/@?#*]+$/i,
    'must be an origin, for instance "https://app.example.com": no path, no wildcard',
  )
  .meta({ examples: ["https://app.example.com"] });

export const Http = z
  .strictObject({
    endpoints: z
      .strictObject({
        chatCompletions: ChatCompletions,
        responses: Responses,
        messages: Messages,
        embeddings: Embeddings,
        files: Files,
        mcp: Mcp,
      })
      .prefault({})
      .describe("The endpoints of OpenAI's and Anthropic's APIs."),
    cors: z
      .strictObject({
        allowedOrigins: listOf(Origin)
          .default([])
          .describe("Origins of browser pages that may call the API. Empty turns CORS off."),
      })
      .prefault({})
      .describe("Calls from browser pages of other origins."),
    allowedHosts: listOf(shortText().min(1))
      .default([])
      .describe("Further `Host` names that a gateway on loopback accepts; others get 421."),
    docs: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe("Serves `/docs` and `/openapi.*` without authentication."),
      })
      .prefault({})
      .describe("The documentation that the gateway serves."),
    metrics: z
      .strictObject({
        enabled: z.boolean().default(false).describe("Records metrics and serves `GET /metrics`."),
      })
      .prefault({})
      .describe("Metrics for Prometheus."),
    securityHeaders: z
      .strictObject({
        strictTransportSecurity: z
          .union([
            shortText().regex(/^[\x21-\x7e][\x20-\x7e]*$/, "must be the value of a header"),
            z.literal(false),
          ])
          .optional()
          .meta({
            description:
              "Value of `Strict-Transport-Security` of every response. Default, and `false`: the header is not sent.",
            examples: ["max-age=31536000; includeSubDomains"],
          }),
      })
      .prefault({})
      .describe("Headers for browsers."),
    modelAliases: z
      .record(shortText().min(1), shortText().min(1))
      .default({})
      .meta({
        description:
          'Aliases for agents in `model`, for instance `{"gpt-4o": "openclaw:coder"}`. `*` in an alias matches any text: `{"claude-haiku-*": "openclaw:tasks"}`. The whole name decides before a pattern, and the first pattern that matches before the others.',
        examples: [{ "gpt-4o": "openclaw:coder", "claude-haiku-*": "openclaw:tasks" }],
      }),
    unknownModel: z
      .enum(["default", "reject"])
      .default("default")
      .describe("Result of a `model` that names no agent: run the default agent, or return 404."),
    modelList: z
      .enum(["colon", "slash", "both"])
      .default("colon")
      .describe(
        "How `GET /v1/models` writes the agents: `openclaw:<id>`, `openclaw/<id>` with `openclaw/default`, or both. A request may use every spelling.",
      ),
    showToolsAsThinking: z
      .boolean()
      .default(false)
      .describe(
        "Whether chat completions show the activity of the agent's own tools in `reasoning_content`. What a client returns there is dropped.",
      ),
    userSession: z
      .enum(["on", "off"])
      .default("on")
      .describe("Whether a request's `user` field selects a stored session."),
    onDisconnect: z
      .enum(["abort", "finish"])
      .default("abort")
      .describe("What happens to a run with a stored session when its caller disconnects."),
  })
  .prefault({})
  .describe("HTTP endpoints.");
