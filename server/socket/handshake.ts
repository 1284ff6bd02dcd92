/** Reads `connect`: which protocol both speak, who asks, and with which rights. */
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { ConnectParams, protocols, type connectDetailCodes } from "../../contracts/socket/connect.ts";
import { covers, scopes as knownScopes, type Scope } from "../../contracts/rights.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { ClientAddress } from "../gate/client-address.ts";
import type { Credential, Gate } from "../gate/credentials.ts";
import { flattenIssues } from "../issues.ts";
import { refusal } from "../refusal.ts";
import { toWireError, type WireError } from "./wire-error.ts";

export interface HandshakeParts {
  readonly gate: Gate;
  readonly clientAddress: ClientAddress;
  readonly authMode: "none" | "token" | "password";
}

export interface Admitted {
  readonly protocol: number;
  readonly credential: Credential;
  readonly scopes: readonly Scope[];
  readonly client: z.output<typeof ConnectParams>["client"];
}

/** Why a connection does not come about, and the code that it is closed with. */
export interface NotAdmitted {
  readonly error: WireError;
  readonly closeCode: 1002 | 1008;
}

export function readConnect(
  params: unknown,
  request: IncomingMessage,
  parts: HandshakeParts,
): Admitted | NotAdmitted {
  try {
    const parsed = ConnectParams.safeParse(params ?? {}, { reportInput: true });
    if (!parsed.success) throw refusal(flattenIssues(parsed.error), "The params of connect");
    const { minProtocol, maxProtocol, role = "operator", auth, scopes, client } = parsed.data;
    const protocol = Math.min(maxProtocol, protocols.newest);
    if (protocol < Math.max(minProtocol, protocols.oldest)) return wrongProtocol(minProtocol, maxProtocol);
    if (role !== "operator") {
      throw new GatewayError(
        "invalid_value",
        `role: expected "operator", got ${JSON.stringify(role.slice(0, 64))}`,
        {
          param: "role",
        },
      );
    }
    const checked = check(auth, request, parts);
    if ("error" in checked) return checked;
    const { credential } = checked;
    return { protocol, credential, scopes: granted(scopes, credential.scopes), client };
  } catch (thrown) {
    return { error: toWireError(toGatewayError(thrown)), closeCode: 1008 };
  }
}

function wrongProtocol(min: number, max: number): NotAdmitted {
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

function check(
  auth: z.output<typeof ConnectParams>["auth"],
  request: IncomingMessage,
  { gate, clientAddress, authMode }: HandshakeParts,
): { readonly credential: Credential } | NotAdmitted {
  const secret = auth?.token ?? auth?.password;
  const authorization = secret === undefined ? request.headers.authorization : `Bearer ${secret}`;
  try {
    const address = (): string => clientAddress(request.socket.remoteAddress, request.headers);
    return { credential: gate(authorization, address) };
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (error.code === "too_many_failed_credentials" || error.code === "too_many_requests")
      return { error: withDetail(error, "AUTH_RATE_LIMITED"), closeCode: 1008 };
    const what = authMode === "password" ? "password" : "token";
    const family = authMode === "password" ? "AUTH_PASSWORD" : "AUTH_TOKEN";
    const message =
      authorization === undefined
        ? `unauthorized: no credential was sent. Send the gateway's ${what} as auth.${what} of connect.`
        : `unauthorized: the credential is not this gateway's. Check auth.${what} of connect.`;
    const told = new GatewayError(error.code, message, { param: `auth.${what}`, cause: error.cause });
    return {
      error: withDetail(told, authorization === undefined ? `${family}_MISSING` : `${family}_MISMATCH`),
      closeCode: 1008,
    };
  }
}

function withDetail(
  error: GatewayError,
  code: (typeof connectDetailCodes)[number],
  more: Readonly<Record<string, unknown>> = {},
): WireError {
  const wire = toWireError(error);
  return { ...wire, details: { ...wire.details, code, ...more } };
}

/** Those it asks for and has; of one that it has a part of, that part. Who does not speak of scopes asks to read and write. */
function granted(
  names: readonly string[] = ["operator.read", "operator.write"],
  held: readonly Scope[],
): readonly Scope[] {
  const asked = knownScopes.filter((scope) => names.includes(scope));
  return knownScopes.filter((scope) =>
    asked.includes(scope) ? covers(held, scope) : held.includes(scope) && covers(asked, scope),
  );
}
