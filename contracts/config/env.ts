/** `env`: variables that the file itself defines. */
import { z } from "zod";

export const Env = z
  .strictObject({
    vars: z
      .record(
        z
          .string()
          .max(128)
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable"),
        z.string().max(4096),
      )
      .default({})
      .describe(
        "Variables for `${NAME}` and for keys of providers, as literal text. Those of the process and of `.env` go before them.",
      ),
  })
  // The values can be secrets. What needs them has read them before.
  .transform(({ vars }) => ({ vars: Object.keys(vars) }))
  .prefault({})
  .describe("Environment variables.");
