/** `gateway.http`: which endpoints are on, who may call them from where, and how requests choose an agent. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { bytes, count } from "./fields.ts";

const ChatCompletions = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Serves `POST /v1/chat/completions` and `GET /v1/models`."),
    maxBodyBytes: bytes().default(20_000_000).describe("Largest request body, in bytes; beyond it 413."),
    maxImageParts: count().default(8).describe("Images in one request."),
    maxTotalImageBytes: bytes()
      .default(14_000_000)
      .describe("Size of all images of one request together, decoded, in bytes."),
    images: z
      .strictObject({
        maxBytes: bytes().default(10_000_000).describe("Size of one image, decoded, in bytes."),
      })
      .prefault({}),
  })
  .prefault({});

const Origin = shortText().regex(
  /^https?:\/\/[^\s/@?#*]+$/i,
  'must be an origin, for instance "https://app.example.com": no path, no wildcard',
);

export const Http = z
  .strictObject({
    endpoints: z.strictObject({ chatCompletions: ChatCompletions }).prefault({}),
    cors: z
      .strictObject({
        allowedOrigins: listOf(Origin)
          .default([])
          .describe("Origins of browser pages that may call the API; with none, CORS is off."),
      })
      .prefault({}),
    allowedHosts: listOf(shortText().min(1))
      .default([])
      .describe("Further names in `Host` that a gateway bound to loopback answers to; others get 421."),
    docs: z
      .strictObject({
        enabled: z.boolean().default(true).describe("Serves `/docs` and `/openapi.*` without a credential."),
      })
      .prefault({}),
    modelAliases: z
      .record(shortText().min(1), shortText().min(1))
      .default({})
      .describe('Further names for agents in `model`, for instance `{"gpt-4o": "openclaw:coder"}`.'),
    unknownModel: z
      .enum(["default", "reject"])
      .default("default")
      .describe("What a `model` that names no agent does: run the default agent, or answer 404."),
    userSession: z
      .enum(["on", "off"])
      .default("on")
      .describe("Whether a request's `user` field selects a stored session."),
    onDisconnect: z
      .enum(["abort", "finish"])
      .default("abort")
      .describe("What happens to a run with a stored session when its caller leaves."),
  })
  .prefault({})
  .describe("The HTTP surface.");
