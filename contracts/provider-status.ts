/** How the last calls of a provider ended, for `status` on the socket and GET /readyz. */
import { z } from "zod";
import { shortText } from "./limits.ts";

/** How many failed calls of a provider are kept. */
export const maxRecentFailures = 10;

const ProviderFailure = z
  .object({
    at: z.int().describe("When it failed: Unix time in milliseconds."),
    code: shortText().describe("Error code of the failure, such as `upstream_timeout`."),
  })
  .meta({ id: "ProviderFailure", description: "A failed call." });

export const ProviderStatus = z
  .object({
    provider: shortText().describe("Id of the provider in the configuration."),
    lastSuccessAt: z
      .int()
      .optional()
      .describe("When its last successful call ended: Unix time in milliseconds."),
    lastFailure: ProviderFailure.optional().describe("Its last failed call. Absent if none failed."),
    recentFailures: z
      .array(ProviderFailure)
      .max(maxRecentFailures)
      .optional()
      .describe(
        `Its last ${maxRecentFailures} failed calls since the start, newest first. Absent if none failed.`,
      ),
    coolingDownUntil: z
      .int()
      .optional()
      .describe(
        "Until then other providers are asked first: Unix time in milliseconds. Absent if it does not cool down.",
      ),
  })
  .meta({ id: "ProviderStatus", description: "How the last calls of a provider ended." });
