/** Notices of sessions: texts that hooks leave for an agent's main session. Its next run gets them before its question. */
import type { UserTurn } from "../types.ts";

export interface Notice {
  readonly text: string;
  /** The time of its creation, in milliseconds since the epoch. */
  readonly at: number;
}

/** `coalesced`: the same text is already the last notice that waits. */
export type NoticeOutcome = "queued" | "coalesced";

/** They survive a restart. Those of a session that nobody asks anything are deleted after 30 days. */
export interface NoticeStore {
  /** Resolves when the notice is durable. Beyond `limits.notices` the oldest one of the session gives way. */
  add(sessionKey: string, text: string): Promise<NoticeOutcome>;
}

export const noticeRetentionMs = 30 * 86_400_000;

/** Returns the notices as one turn of the conversation. */
export function createNoticeTurn(notices: readonly Notice[]): UserTurn {
  const lines = notices.map(({ text, at }) => `[${new Date(at).toISOString()}] ${text}`);
  const text = ["Notices from programs since the last message:", ...lines].join("\n");
  return { role: "user", content: [{ type: "text", text }], notice: true };
}
