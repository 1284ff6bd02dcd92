/** The shared secret: chooses it, creates a token if needed, and decides whether it is strong enough for a public host. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import type { AuthMode } from "../../contracts/config/auth.ts";
import { ConfigError } from "../lib/config-error.ts";

export interface SharedSecret {
  readonly mode: AuthMode;
  /** The kind of the text. */
  readonly kind: "token" | "password";
  /** Absent in mode `none`. */
  readonly text: string | undefined;
  /** Where the secret comes from, for messages. */
  readonly source: string;
  /** Path of the file that the gateway created for the secret. */
  readonly file?: string;
  /** Why the secret is too weak for a host other than loopback; undefined if it is strong. */
  readonly weakness: string | undefined;
}

/** A place that may define a secret. Earlier sources win. */
export interface SecretSource {
  readonly name: string;
  readonly token: string | undefined;
  readonly password: string | undefined;
}

const minLength = { token: 24, password: 12 } as const;
const placeholderPattern =
  /^(change-?me|undefined|null|none|token|password|secret|example|placeholder|your[-_ ].*|<.*>|x+|\*+)$/i;

const minDifferent = 8;
/** Long enough, and among the first that an attacker tries. */
const guessablePattern =
  /^((.{1,12})\2+|(0?123456789(0|10)?)+.*|abcdefghijkl.*|qwerty.*|(change|replace)[-_ ]?(me|this).*|.*(correct[-_ ]?horse[-_ ]?battery|super[-_ ]?secret|my[-_ ]?secret).*|(openclaw|gateway|admin)[-_ ]?(token|password|secret).*)$/i;

interface ChosenSecret {
  readonly mode: AuthMode;
  /** Absent in mode `none`, and when no secret is set: then a token is created. */
  readonly text: string | undefined;
  readonly source: string;
}

/** Without `configuredMode` the mode follows from the secret that is set. Throws `ConfigError` when no login would be possible. */
export function chooseSecret(
  configuredMode: AuthMode | undefined,
  sources: readonly SecretSource[],
): ChosenSecret {
  for (const { name, token, password } of sources) {
    for (const [kind, text] of Object.entries({ token, password })) {
      if (text?.trim() !== "" || !isExplicit(name)) continue;
      throw createSecretError(`gateway.auth.${kind}`, `is blank in ${name}; set it, or leave it out`);
    }
  }
  const mode = configuredMode ?? inferMode(sources);
  if (mode === "none") return { mode, text: undefined, source: "nowhere" };
  const hasUsers = mode === "trusted-proxy" || mode === "jwt";
  for (const { name, ...secrets } of sources) {
    if (hasUsers && secrets.token?.trim()) {
      throw createSecretError(
        "gateway.auth.token",
        `cannot be used in mode ${mode}, and is set in ${name}: remove it. Commands on this machine use gateway.auth.password, or a token that the gateway creates.`,
      );
    }
    const text = secrets[hasUsers ? "password" : mode]?.trim();
    if (text) return { mode, text, source: name };
  }
  if (mode !== "password") return { mode, text: undefined, source: "nowhere yet" };
  throw createSecretError(
    "gateway.auth.password",
    "is required in mode password; or set OPENCLAW_GATEWAY_PASSWORD",
  );
}

/** Like `chooseSecret`. If no secret is set, creates a token and stores it in `stateDir`. */
export function resolveSharedSecret(
  configuredMode: AuthMode | undefined,
  sources: readonly SecretSource[],
  stateDir: string,
): SharedSecret {
  const { mode, text, source } = chooseSecret(configuredMode, sources);
  if (mode === "none") return { mode, kind: "token", text, source, weakness: "no credential is required" };
  if (text !== undefined) {
    const kind = mode === "token" ? "token" : "password";
    return { mode, kind, text, source, weakness: findWeakness(text, mode) };
  }
  const file = join(stateDir, "gateway-token");
  const token = readToken(file) ?? makeToken(file);
  return { mode, kind: "token", text: token, source: file, file, weakness: findWeakness(token, mode) };
}

/** An empty variable of the environment counts as none: shells and compose files pass such ones on. */
const isExplicit = (source: string): boolean => source !== "the environment";

function inferMode(sources: readonly SecretSource[]): "token" | "password" {
  const first = sources.find(({ token, password }) => token?.trim() || password?.trim());
  if (first === undefined) return "token";
  if (first.token?.trim() && first.password?.trim()) {
    throw createSecretError(
      "gateway.auth.mode",
      `is required: both a token and a password are set in ${first.name}`,
    );
  }
  return first.token?.trim() ? "token" : "password";
}

/** The error for a credential, which the file or the environment sets. */
export function createSecretError(path: string, message: string): ConfigError {
  return new ConfigError("the file and the environment together", [{ path, message }]);
}

export function findWeakness(text: string, mode: AuthMode): string | undefined {
  // In the other modes it opens nothing to the network.
  if (mode !== "token" && mode !== "password") return undefined;
  if (placeholderPattern.test(text.trim())) return `the ${mode} is a placeholder`;
  if (text.length < minLength[mode]) return `the ${mode} is shorter than ${minLength[mode]} characters`;
  if (new Set(text).size < minDifferent)
    return `the ${mode} has fewer than ${minDifferent} different characters`;
  return guessablePattern.test(text) ? `the ${mode} is easy to guess` : undefined;
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

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** Throws a `ConfigError` for a secret that is too weak for a gateway that listens on this host. */
export function checkExposure(host: string, { mode, weakness }: SharedSecret): void {
  if (isLoopback(host) || weakness === undefined) return;
  const remedy =
    mode === "none"
      ? "Choose gateway.auth.mode token or password"
      : `Set OPENCLAW_GATEWAY_${mode.toUpperCase()} (or gateway.auth.${mode}) to ${mode === "token" ? "24" : "12"} or more random characters (openssl rand -hex 24)`;
  throw createSecretError(
    "gateway.auth",
    `Refusing to listen on ${host}: ${weakness}. ${remedy}, or bind to loopback.`,
  );
}
