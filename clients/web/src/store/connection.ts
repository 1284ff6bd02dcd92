/** The connection to the gateway, its credential and its scopes. The credential is kept for this tab only. */
import { computed, signal } from "@preact/signals";
import { connect, type GatewaySocket } from "openclaw-gateway-client/socket";
import { createTools } from "openclaw-gateway-client/tools";
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

/** Connects with the credential of this tab. A gateway without authentication needs none. */
export async function resume(): Promise<void> {
  const credential = sessionStorage.getItem(storageKey);
  await open(credential);
  if (credential === null) signInError.value = undefined;
}

export async function signIn(credential: string): Promise<void> {
  await open(credential);
  if (socket.value !== undefined) sessionStorage.setItem(storageKey, credential);
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

interface ToolDecision {
  readonly allowed: boolean;
  readonly message?: string | undefined;
}

/** Asks whether a tool would run, without running it. */
export async function checkTool(call: {
  readonly tool: string;
  readonly agentId: string;
}): Promise<ToolDecision> {
  const tools = createTools({ baseUrl: location.origin, token: sessionStorage.getItem(storageKey) });
  const answer = await tools.invoke({ ...call, dryRun: true });
  return answer.type === "decision" ? answer.decision : { allowed: true };
}

export const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function open(token: string | null): Promise<void> {
  isConnecting.value = true;
  signInError.value = undefined;
  try {
    const opened = await connect({
      baseUrl: location.origin,
      token,
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
    socket.value = opened;
  } catch (error) {
    sessionStorage.removeItem(storageKey);
    signInError.value = describe(error);
  } finally {
    isConnecting.value = false;
  }
}
