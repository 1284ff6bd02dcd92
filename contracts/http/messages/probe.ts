/** HEAD /api/hello and HEAD /: what Claude Code sends before its first request. */
import { endpoint } from "../../endpoint.ts";

const probe = {
  method: "head",
  tag: "Messages",
  description: "Answers nothing. Claude Code opens its connection with this request, without a credential.",
  auth: "public",
  enabledBy: ["gateway.http.endpoints.messages.enabled"],
  responses: { 200: { description: "The gateway is there." } },
  errorShape: "anthropic",
  errors: [],
} as const;

export const probeConnection = endpoint({
  id: "probeConnection",
  path: "/api/hello",
  summary: "Open a connection",
  ...probe,
});

export const probeRoot = endpoint({
  id: "probeRoot",
  path: "/",
  summary: "Open a connection (older versions)",
  ...probe,
});
