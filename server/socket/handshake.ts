/** Reads `connect`: negotiates the protocol, authenticates the client and grants its scopes. */
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import type { AuthMode } from "../../contracts/config/auth.ts";
import { ConnectParams, protocols, type connectDetailCodes } from "../../contracts/socket/connect.ts";
import { intersectScopes, type Scope } from "../../contracts/permissions.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import { readAuthorization } from "../auth/read-authorization.ts";
import type { SignInCodes } from "../auth/sign-in-codes.ts";
import type { Authenticate } from "../auth/authenticate.ts";
import type { Credential } from "../auth/credential.ts";
import { flattenIssues } from "../lib/zod-issues.ts";
import { toValidationError } from "../lib/validation-error.ts";
import type { UpgradeCredential } from "./upgrade-credential.ts";
import { toWireError, type WireError } from "./wire-error.ts";

export interface HandshakeDeps {
  readonly authenticate: Authenticate;
  readonly authMode: AuthMode;
  readonly codes: Pick<SignInCodes, "take">;
}

/** The HTTP request that opened the connection. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly upgradeCredential: UpgradeCredential | undefined;
}

export interface ConnectResult {
  readonly protocol: number;
  readonly credential: Credential;
  readonly scopes: Scope[];
  readonly wantsDeltas: boolean;
  /** The secret that the code of the client stands for. */
  readonly secret: string | undefined;
  readonly client: z.output<typeof ConnectParams>["client"];
}

/** The error of a rejected `connect`, and the code that closes the connection. */
export interface ConnectFailure {
  readonly error: WireError;
  readonly closeCode: 1002 | 1008;
}

export async function readConnect(
  params: unknown,
  upgrade: UpgradeRequest,
  deps: HandshakeDeps,
): Promise<ConnectResult | ConnectFailure> {
  try {
    const parsed = ConnectParams.safeParse(params ?? {}, { reportInput: true });
    if (!parsed.success) throw toValidationError(flattenIssues(parsed.error), "The params of connect");
    const { minProtocol, maxProtocol, role = "operator", auth, scopes, caps = [], client } = parsed.data;
    const protocol = Math.min(maxProtocol, protocols.newest);
    if (protocol < Math.max(minProtocol, protocols.oldest)) return protocolMismatch(minProtocol, maxProtocol);
    if (role !== "operator") {
      throw new GatewayError(
        "invalid_value",
        `role: expected "operator", got ${JSON.stringify(role.slice(0, 64))}`,
        {
          param: "role",
        },
      );
    }
    const secret = auth?.code === undefined ? undefined : deps.codes.take(auth.code);
    // A code that stands for nothing is checked as a secret, so that guesses are counted.
    const presented = auth?.code === undefined ? auth : { token: secret ?? auth.code };
    const authentication = await authenticateConnect(presented, upgrade, deps);
    if ("error" in authentication) return authentication;
    const { credential } = authentication;
    return {
      protocol,
      credential,
      scopes: grantScopes(scopes, credential.scopes),
      secret,
      wantsDeltas: caps.includes("text-deltas"),
      client,
    };
  } catch (thrown) {
    return { error: toWireError(toGatewayError(thrown)), closeCode: 1008 };
  }
}

function protocolMismatch(min: number, max: number): ConnectFailure {
  const { oldest, newest } = protocols;
  const error = new GatewayError(
    "invalid_value",
    `protocol mismatch: this gateway speaks ${oldest} to ${newest}, the client ${min} to ${max}`,
  );
  return {
    error: withDetail(error, "PROTOCOL_MISMATCH", { expectedProtocol: newest, minProtocol: oldest }),
    closeCode: 1002,
  };
}

async function authenticateConnect(
  auth: z.output<typeof ConnectParams>["auth"],
  { request, upgradeCredential }: UpgradeRequest,
  { authenticate, authMode }: HandshakeDeps,
): Promise<{ readonly credential: Credential } | ConnectFailure> {
  const secret = auth?.token ?? auth?.password;
  const isMissing = secret === undefined && readAuthorization(request.headers) === undefined;
  try {
    if (secret === undefined && upgradeCredential !== undefined) {
      if ("credential" in upgradeCredential) return upgradeCredential;
      throw upgradeCredential.error;
    }
    return { credential: await authenticate({ request, route: "connect", secret }) };
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (error.code === "too_many_failed_credentials" || error.code === "too_many_requests")
      return { error: withDetail(error, "AUTH_RATE_LIMITED"), closeCode: 1008 };
    // Another credential does not help: the proxy, the issuer or the user is not as it has to be.
    if (error.code !== "invalid_api_key" && error.code !== "invalid_request")
      return { error: toWireError(error), closeCode: 1008 };
    const secretName = authMode === "password" ? "password" : "token";
    const codePrefix = authMode === "password" ? "AUTH_PASSWORD" : "AUTH_TOKEN";
    const message = isMissing
      ? `unauthorized: no credential was sent. Send the gateway's ${secretName} as auth.${secretName} of connect.`
      : `unauthorized: the credential is not this gateway's. Check auth.${secretName} of connect.`;
    const authError = new GatewayError(error.code, message, {
      param: `auth.${secretName}`,
      cause: error.cause,
    });
    return {
      error: withDetail(authError, isMissing ? `${codePrefix}_MISSING` : `${codePrefix}_MISMATCH`),
      closeCode: 1008,
    };
  }
}

function withDetail(
  error: GatewayError,
  code: (typeof connectDetailCodes)[number],
  extra: Readonly<Record<string, unknown>> = {},
): WireError {
  const wire = toWireError(error);
  return { ...wire, details: { ...wire.details, code, ...extra } };
}

/** Connections with the same scopes share their list. */
const grantedScopes = new Map<string, Scope[]>();

/** A partially held scope is granted partially. The default is read and write. */
function grantScopes(
  names: readonly string[] = ["operator.read", "operator.write"],
  credentialScopes: readonly Scope[],
): Scope[] {
  const granted = intersectScopes(names, credentialScopes);
  const combination = granted.join();
  const shared = grantedScopes.get(combination) ?? granted;
  grantedScopes.set(combination, shared);
  return shared;
}
