/** Whether the configuration file is what the gateway runs with. */
import { z } from "zod";
import { listOf, longText, shortText } from "./limits.ts";

const ConfigProblem = z
  .object({
    path: shortText().describe("Dotted name of the setting; empty for a problem of the whole file."),
    message: longText().describe("What is wrong, for people."),
  })
  .meta({ id: "ConfigProblem", description: "Why the configuration file is not applied." });

export const ConfigStatus = z
  .object({
    applied: z
      .boolean()
      .describe(
        "Whether the gateway runs with the file as it is now. False after an edit that is not valid.",
      ),
    lastGoodCopyAt: shortText()
      .optional()
      .describe(
        "When the configuration in use was saved: an ISO 8601 time. Only if the file was not valid when the gateway started, so that it runs with the last good copy.",
      ),
    restartRequired: listOf(shortText()).describe(
      "Settings whose values in the file take effect with the next start, by their dotted names.",
    ),
    problems: listOf(ConfigProblem)
      .optional()
      .describe("Why `applied` is false; empty when it is true. For credentials with `operator.admin` only."),
  })
  .meta({ id: "ConfigStatus", description: "Whether the configuration file is applied." });
