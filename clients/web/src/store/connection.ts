/** The connection to the gateway, its credential and its scopes. The credential is kept for this tab only. */
import { computed, signal } from "@preact/signals";
import { createClient, type GatewayClient } from "openclaw-gateway-client";
import { isGatewayError } from "openclaw-gateway-client/errors";
import { connect, type GatewaySocket } from "openclaw-gateway-client/socket";
import { allScopes, hasScope } from "../lib/scopes.ts";
import { strings } from "../strings.ts";

export const socket = signal<GatewaySocket | undefined>(undefined);
export const isConnecting = signal(false);
export const isReconnecting = signal(false);
/** Why there is no connection. */
export const signInError = signal<string | undefined>(undefined);

const scopes = computed<readonly string[]>(() => socket.value?.hello.auth.scopes ?? []);
/** Whether one of the scopes is granted. */
export const can = (...needed: readonly string[]): boolean => hasScope(scopes.value, ...needed);

const storageKey = "openclaw.credential";
const reconnectListeners = new Set<() => void>();
/** Calls the listener when a lost connection is replaced: events may have been missed. */
export const onReconnect = (listener: () => void): void => void reconnectListeners.add(listener);

/** Connects with the code of the address or the credential of this tab. A gateway without authentication needs none. */
export async function resume(): Promise<void> {
  const code = takeCode();
  if (code !== undefined) return open({ code });
  const token = sessionStorage.getItem(storageKey);
  await open({ token });
  if (token === null) signInError.value = undefined;
}

export const signIn = (credential: string): Promise<void> => open({ token: credential });

/** Removes the code from the address and from the history of the tab. */
function takeCode(): string | undefined {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, "", location.pathname);
  return code;
}

export function signOut(reason?: string): void {
  sessionStorage.removeItem(storageKey);
  socket.value?.close();
  socket.value = undefined;
  isReconnecting.value = false;
  signInError.value = reason;
}

/** The socket. Views exist only while there is one. */
export function requireSocket(): GatewaySocket {
  if (socket.value === undefined) throw new Error("There is no connection.");
  return socket.value;
}

/** The credential of this tab, for HTTP requests. Null for a gateway without authentication. */
export const getCredential = (): string | null => sessionStorage.getItem(storageKey);

interface ToolDecision {
  readonly allowed: boolean;
  readonly message?: string | undefined;
}

/** The client for what is not on the socket. */
export const createHttpClient = (): GatewayClient =>
  createClient({ baseUrl: location.origin, token: getCredential() });

/** Asks whether a tool would run, without running it. */
export async function checkTool(call: {
  readonly tool: string;
  readonly agentId: string;
}): Promise<ToolDecision> {
  const answer = await createHttpClient().tools.invoke({ ...call, dryRun: true });
  return answer.type === "decision" ? answer.decision : { allowed: true };
}

export const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Credentials = { readonly token: string | null } | { readonly code: string };

/** The codes of a wrong token and of a wrong password. */
const mismatchCodes: ReadonlySet<string> = new Set(["AUTH_TOKEN_MISMATCH", "AUTH_PASSWORD_MISMATCH"]);

async function open(credentials: Credentials): Promise<void> {
  isConnecting.value = true;
  signInError.value = undefined;
  try {
    const opened = await connect({
      baseUrl: location.origin,
      token: null,
      ...credentials,
      scopes: allScopes,
      caps: ["text-deltas"],
      client: { id: "openclaw-gateway-page", mode: "ui", displayName: strings.product },
      maxRetries: 2,
      onDisconnect: () => (isReconnecting.value = true),
      onGap({ reason }) {
        if (reason !== "reconnected") return;
        isReconnecting.value = false;
        for (const listener of reconnectListeners) listener();
      },
    });
    const secret = "code" in credentials ? opened.hello.auth.secret : credentials.token;
    if (secret) sessionStorage.setItem(storageKey, secret);
    socket.value = opened;
  } catch (error) {
    // A gateway that is down does not make the credential wrong.
    if (!isGatewayError(error) || error.code !== "connection_failed") sessionStorage.removeItem(storageKey);
    const isWrong = isGatewayError(error) && mismatchCodes.has(error.code ?? "");
    signInError.value = isWrong ? strings.signIn.wrong : describe(error);
  } finally {
    isConnecting.value = false;
  }
}
