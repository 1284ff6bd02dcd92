/** The answer to `connect`: what there is, how things are, what the connection may do. */
import type { z } from "zod";
import type { HelloOk } from "../../contracts/socket/connect.ts";
import type { Health } from "../../contracts/socket/gateway-events.ts";
import { allows } from "../../contracts/rights.ts";
import { mainKeyOf } from "../agent/sessions/own-keys.ts";
import type { Clock } from "../agent/types.ts";
import { methodNames } from "./dispatch.ts";
import type { Admitted } from "./handshake.ts";
import { eventNames, type Connection } from "./hub.ts";
import type { SocketLimits } from "./limits.ts";
import type { State } from "./state.ts";

export interface HelloParts {
  readonly state: State;
  readonly limits: SocketLimits;
  readonly version: string;
  readonly authMode: "none" | "token" | "password";
  readonly defaultAgentOf: (credential: string) => string;
  readonly clock: Clock;
  readonly startedAt: number;
}

export async function hello(
  connection: Connection,
  { protocol, scopes }: Admitted,
  parts: HelloParts,
): Promise<z.input<typeof HelloOk>> {
  const { state, limits, version, authMode, defaultAgentOf, clock, startedAt } = parts;
  const { name } = connection.credential;
  const defaultAgentId = defaultAgentOf(name);
  const mainKey = mainKeyOf(name);
  const reads = allows(scopes, "read");
  return {
    type: "hello-ok",
    protocol,
    server: { version, connId: connection.connId },
    features: { methods: [...methodNames], events: [...eventNames] },
    snapshot: {
      presence: [...(reads ? state.presenceFor(name) : []), connection.presence],
      health: reads ? await state.healthFor(name) : unseen(defaultAgentId, clock()),
      stateVersion: state.version(),
      uptimeMs: clock() - startedAt,
      sessionDefaults: { defaultAgentId, mainKey, mainSessionKey: `agent:${defaultAgentId}:${mainKey}` },
      authMode,
    },
    auth: { role: "operator", scopes: [...scopes] },
    policy: {
      maxPayload: limits.maxPayload,
      maxBufferedBytes: limits.maxBufferedBytes,
      tickIntervalMs: limits.tickIntervalMs,
    },
  };
}

/** For those who may not read: no more than that the gateway is there. */
function unseen(defaultAgentId: string, ts: number): z.input<typeof Health> {
  return { ok: true, ts, durationMs: 0, defaultAgentId, agents: [], sessions: { count: 0, recent: [] } };
}
