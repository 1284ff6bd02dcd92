/** The credentials that a provider's requests carry. */
import type { Config } from "../../../contracts/config/config.ts";
import { reveal } from "../../../contracts/config/secret.ts";

interface Credentials {
  /** Sent in the header that the API defines. */
  readonly apiKey: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export function revealCredentials({
  apiKey,
  authHeader,
  headers,
}: Config["models"]["providers"][string]): Credentials {
  const key = apiKey && reveal(apiKey);
  const configured = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, reveal(text)]));
  if (!authHeader || key === undefined) return { apiKey: key, headers: configured };
  return { apiKey: undefined, headers: { authorization: `Bearer ${key}`, ...configured } };
}
