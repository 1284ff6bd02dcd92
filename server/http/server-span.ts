/** Ends the span of an HTTP request. https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server */
import type { ServerSpan } from "../lib/trace-context.ts";
import type { RequestContext } from "./request-context.ts";

export function endServerSpan(
  span: ServerSpan,
  { endpoint, req, res, requestId }: RequestContext,
  code: string | undefined,
): void {
  const { path: route } = endpoint;
  const method = req.method ?? "";
  const status = res.headersSent ? res.statusCode : undefined;
  const isFailure = status === undefined || status >= 500;
  span.end({
    name: `${method} ${route}`,
    attributes: {
      "http.request.method": method,
      "http.route": route,
      // Parameters of a path may name a session.
      "url.path": route.includes("{") ? undefined : route,
      "url.scheme": "encrypted" in req.socket ? "https" : "http",
      "http.response.status_code": status,
      "openclaw.request.id": requestId,
      "openclaw.error.code": code,
    },
    errorType: isFailure ? (code ?? "disconnected") : undefined,
  });
}
