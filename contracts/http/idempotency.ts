/** The `Idempotency-Key` header: a repeated request runs once. */
import { z } from "zod";
import { limits, shortText } from "../limits.ts";

export const idempotencyKey = z
  .string()
  .min(1)
  .max(limits.idempotencyKey)
  .regex(/^[!-~]+$/, "must be visible ASCII without spaces");

export const IdempotencyHeaders = z.object({
  "idempotency-key": idempotencyKey
    .optional()
    .describe(
      `A key of your choice, new for every new request: 1–${limits.idempotencyKey} visible ASCII characters. The same request with the same key runs once and returns the same response for 24 hours, across restarts too. A disconnect does not stop it. While the first request runs, the response is 409 \`idempotency_in_progress\` with \`Retry-After\`. The same key with another body or other \`x-openclaw-*\` headers is 422 \`idempotency_mismatch\`. A 408, 409, 429 or 5xx and an interrupted run are not stored: the key may run again. OpenAI's SDKs do not send this header by default.`,
    ),
});

export const IdempotencyReplyHeaders = z.object({
  "idempotency-replayed": shortText()
    .optional()
    .describe(
      "`true` when this is the stored response of an earlier request with the same `Idempotency-Key`.",
    ),
});

export const idempotencyErrors = ["idempotency_mismatch", "idempotency_in_progress"] as const;
