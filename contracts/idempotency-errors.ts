/** The errors of requests with an `Idempotency-Key`. */
import { invalidRequest, specific } from "./error-kinds.ts";

export const idempotencyErrors = {
  idempotency_in_progress: {
    status: 409,
    ...invalidRequest,
    socket: "UNAVAILABLE",
    retry: true,
    ...specific,
    description: "A request with the same idempotency key is still running; see `Retry-After`.",
  },
  idempotency_mismatch: {
    status: 422,
    ...invalidRequest,
    ...specific,
    description: "The idempotency key was used for another request.",
  },
} as const;
