/** The one shared secret: which it is, where it comes from, and whether it is good enough to leave this machine. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../config/config-error.ts";

export interface SharedSecret {
  readonly mode: "token" | "password" | "none";
  /** Absent in mode `none`. */
  readonly text: string | undefined;
  /** For people: where the secret is to be found. */
  readonly source: string;
  /** Set when the secret is in a file of the gateway's own. */
  readonly file?: string;
  /** Why it must not be trusted outside of this machine, if so. */
  readonly weakness: string | undefined;
}

/** Where a secret may come from, first come first served. */
export interface SecretSource {
  readonly name: string;
  readonly token: string | undefined;
  readonly password: string | undefined;
}

type Mode = SharedSecret["mode"];

const minLength = { token: 24, password: 12 } as const;
const placeholder =
  /^(change-?me|undefined|null|none|token|password|secret|example|placeholder|your[-_ ].*|<.*>|x+|\*+)$/i;

interface ChosenSecret {
  readonly mode: Mode;
  /** Absent in mode `none`, and in mode `token` when none is set: then one is made. */
  readonly text: string | undefined;
  readonly source: string;
}

/** Unset, the mode follows from the secret there is. Throws `ConfigError` when nobody could ever get in. */
export function chooseSecret(asked: Mode | undefined, sources: readonly SecretSource[]): ChosenSecret {
  const mode = asked ?? inferMode(sources);
  if (mode === "none") return { mode, text: undefined, source: "nowhere" };
  for (const { name, ...secrets } of sources) {
    const text = secrets[mode]?.trim();
    if (text) return { mode, text, source: name };
  }
  if (mode === "token") return { mode, text: undefined, source: "nowhere yet" };
  throw unusable("gateway.auth.password", "is required in mode password; or set OPENCLAW_GATEWAY_PASSWORD");
}

/** As `chooseSecret`; with none at all a token is made and kept in `stateDir`. */
export function resolveSharedSecret(
  asked: Mode | undefined,
  sources: readonly SecretSource[],
  stateDir: string,
): SharedSecret {
  const { mode, text, source } = chooseSecret(asked, sources);
  if (mode === "none") return { mode, text, source, weakness: "no credential is asked for" };
  if (text !== undefined) return { mode, text, source, weakness: weaknessOf(text, mode) };
  const file = join(stateDir, "gateway-token");
  const kept = readToken(file) ?? makeToken(file);
  return { mode, text: kept, source: file, file, weakness: weaknessOf(kept, mode) };
}

function inferMode(sources: readonly SecretSource[]): "token" | "password" {
  const first = sources.find(({ token, password }) => token?.trim() || password?.trim());
  if (first === undefined) return "token";
  if (first.token?.trim() && first.password?.trim()) {
    throw unusable("gateway.auth.mode", `is required: both a token and a password are set in ${first.name}`);
  }
  return first.token?.trim() ? "token" : "password";
}

function unusable(path: string, message: string): ConfigError {
  return new ConfigError("the file and the environment together", [{ path, message }]);
}

function weaknessOf(text: string, mode: "token" | "password"): string | undefined {
  if (placeholder.test(text.trim())) return `the ${mode} is a placeholder`;
  return text.length < minLength[mode]
    ? `the ${mode} is shorter than ${minLength[mode]} characters`
    : undefined;
}

function readToken(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return text === "" ? undefined : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function makeToken(file: string): string {
  const text = randomBytes(24).toString("hex");
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return text;
}
