/** A request that may be sent twice and is run once. */
import { z } from "zod";
import { shortText } from "../limits.ts";

export const IdempotencyHeaders = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
    .optional()
    .describe(
      "A key of your choice, new for every new request: 1–255 visible ASCII characters. The same request with the same key is run once, and answered with the same answer for 24 hours, across restarts too; the caller's leaving does not stop it. While the first still runs the answer is 409 `idempotency_in_progress` with `Retry-After`; the key with another body, or other `x-openclaw-*` headers, is 422 `idempotency_mismatch`. A 5xx, a 429 and a run that was cut are no answers: the key runs again. OpenAI's SDKs send no such header by themselves.",
    ),
});

export const IdempotencyReplyHeaders = z.object({
  "idempotency-replayed": shortText()
    .optional()
    .describe("`true` when this is the answer of an earlier request with the same `Idempotency-Key`."),
});

export const idempotencyErrors = ["idempotency_mismatch", "idempotency_in_progress"] as const;
