/** `auth.code`: a code that signs in one browser, so that no secret stands in an address. */
import { z } from "zod";
import { shortText } from "../limits.ts";
import { ok, params, time } from "./fields.ts";
import { method } from "./method.ts";

/** A person opens the address at once, and nobody who reads it later can use it. */
export const signInCodeMs = 60_000;

export const authCode = method({
  tag: "Gateway",
  method: "auth.code",
  summary: "Create a sign-in code",
  description: `Creates a code for the page for people: \`/#code=<code>\`. Sent once as \`auth.code\` of \`connect\` within ${signInCodeMs / 1000} seconds, it stands for your credential, and hello returns the secret. \`openclaw dashboard\` uses it.`,
  auth: "follow",
  params: params({
    secret: z
      .string()
      .min(1)
      .max(4096)
      .describe("Your secret. The connection that sends the code authenticates with it and receives it."),
  }),
  result: z
    .object({
      ok,
      code: shortText().describe("The code. It is good once."),
      expiresAt: time().describe("Unix time in milliseconds."),
      pagePath: shortText()
        .nullable()
        .describe("Path of the page for people on this gateway. Null: the page is off."),
    })
    .meta({ id: "SignInCode", description: "A code for one connection." }),
  errors: [],
});
