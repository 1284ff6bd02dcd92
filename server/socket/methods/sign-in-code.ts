/** `auth.code`. */
import type { authCode } from "../../../contracts/socket/sign-in-code.ts";
import type { SignInCodes } from "../../auth/sign-in-codes.ts";
import type { MethodHandler } from "../handler.ts";

interface SignInCodeDeps {
  readonly codes: SignInCodes;
  /** Null when the page is off. */
  readonly getPagePath: () => string | null;
}

export function createSignInCodeMethods({ codes, getPagePath }: SignInCodeDeps): {
  readonly "auth.code": MethodHandler<typeof authCode>;
} {
  return {
    // `connect` checks the secret, and counts a wrong one.
    "auth.code": ({ params: { secret } }) => ({
      ok: true,
      ...codes.create(secret),
      pagePath: getPagePath(),
    }),
  };
}
