/** The result of `connect`: the methods and events, the state of the gateway, and the granted scopes. */
import type { z } from "zod";
import type { AuthMode } from "../../contracts/config/auth.ts";
import { capabilities, type HelloOk } from "../../contracts/socket/connect.ts";
import type { Health } from "../../contracts/socket/gateway-events.ts";
import { hasPermission } from "../../contracts/permissions.ts";
import { buildMainName } from "../agent/sessions/session-keys.ts";
import type { Clock } from "../lib/ports.ts";
import { methodNames } from "./dispatch.ts";
import type { ConnectResult } from "./handshake.ts";
import { eventNames, type Connection } from "./broadcaster.ts";
import type { SocketLimits } from "./limits.ts";
import type { GatewayState } from "./gateway-state.ts";

export interface HelloDeps {
  readonly state: GatewayState;
  readonly limits: SocketLimits;
  readonly version: string;
  readonly authMode: AuthMode;
  readonly getDefaultAgentId: (credential: string) => string;
  readonly clock: Clock;
  readonly startedAt: number;
}

export async function createHello(
  connection: Connection,
  { protocol, scopes, secret }: ConnectResult,
  deps: HelloDeps,
): Promise<z.input<typeof HelloOk>> {
  const { state, limits, version, authMode, getDefaultAgentId, clock, startedAt } = deps;
  const { name } = connection.credential;
  const defaultAgentId = getDefaultAgentId(name);
  const mainKey = buildMainName(name);
  const canRead = hasPermission(scopes, "read");
  return {
    type: "hello-ok",
    protocol,
    server: { version, connId: connection.connId },
    features: { methods: [...methodNames], events: [...eventNames], capabilities: [...capabilities] },
    snapshot: {
      presence: [...(canRead ? state.getPresence(name) : []), connection.presence],
      health: canRead ? await state.getHealth(name) : createHiddenHealth(defaultAgentId, clock()),
      stateVersion: state.getVersion(),
      uptimeMs: clock() - startedAt,
      sessionDefaults: { defaultAgentId, mainKey, mainSessionKey: `agent:${defaultAgentId}:${mainKey}` },
      authMode,
    },
    auth: { role: "operator", scopes: [...scopes], ...(secret !== undefined && { secret }) },
    policy: {
      maxPayload: limits.maxPayload,
      maxBufferedBytes: limits.maxBufferedBytes,
      tickIntervalMs: limits.tickIntervalMs,
    },
  };
}

/** The health for a connection without the read permission: no agents and no sessions. */
function createHiddenHealth(defaultAgentId: string, ts: number): z.input<typeof Health> {
  return {
    ok: true,
    ts,
    durationMs: 0,
    defaultAgentId,
    agents: [],
    sessions: { path: "", count: 0, recent: [] },
  };
}
