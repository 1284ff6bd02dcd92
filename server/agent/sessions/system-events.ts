/** System events of sessions: hooks queue texts for the main session of an agent. Its next run gets them before its question. */
import type { UserTurn } from "../types.ts";

export interface SystemEvent {
  readonly text: string;
  /** The time of its creation, in milliseconds since the epoch. */
  readonly at: number;
}

/** `coalesced`: the same text is already the last system event that waits. */
export type SystemEventOutcome = "queued" | "coalesced";

/** System events survive a restart. Those that no run takes are deleted after 30 days. */
export interface SystemEventStore {
  /** Resolves when the system event is durable. Beyond `limits.systemEvents` the oldest one of the session is deleted. */
  add(sessionKey: string, text: string): Promise<SystemEventOutcome>;
}

export const systemEventRetentionMs = 30 * 86_400_000;

/** Returns the system events as one turn of the conversation. */
export function createSystemEventTurn(systemEvents: readonly SystemEvent[]): UserTurn {
  const lines = systemEvents.map(({ text, at }) => `[${new Date(at).toISOString()}] ${text}`);
  const text = ["System events from programs since the last message:", ...lines].join("\n");
  return { role: "user", content: [{ type: "text", text }], systemEvent: true };
}
