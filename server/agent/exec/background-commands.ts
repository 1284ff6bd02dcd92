/** Background commands. Each belongs to the agent and the credential that started it. */
import type { Clock, NewId } from "../../lib/ports.ts";
import type { Command } from "./command.ts";

/** Other agents and credentials do not see the owner's commands. */
interface Owner {
  readonly agentId: string;
  readonly credential: string;
}

export interface BackgroundCommand {
  readonly id: string;
  readonly text: string;
  readonly agentId: string;
  readonly credential: string;
  readonly command: Command;
  endedAt: number | undefined;
  /** Number of bytes of its output that have been polled. */
  polledBytes: number;
}

export interface BackgroundCommands {
  /** True if the agent can start another background command. */
  hasCapacity(agentId: string): boolean;
  /** Returns undefined if the limit is reached. */
  add(owner: Owner, text: string, command: Command): BackgroundCommand | undefined;
  /** Oldest first. */
  list(owner: Owner): readonly BackgroundCommand[];
  find(owner: Owner, id: string): BackgroundCommand | undefined;
  remove(one: BackgroundCommand): void;
  /** Stops all commands of a credential. */
  stopCommandsOf(credential: string): void;
}

/** Limits per agent, for all credentials together. */
export const maxRunning = 16;
const maxEnded = 16;
const retentionMs = 30 * 60_000;

export function createBackgroundCommands(clock: Clock, newId: NewId): BackgroundCommands {
  const commands = new Map<string, BackgroundCommand>();

  const countRunning = (agentId: string): number =>
    [...commands.values()].filter((one) => one.agentId === agentId && one.endedAt === undefined).length;

  /** Removes ended commands that are too old, and per agent all but the latest ones. */
  const removeExpired = (): void => {
    const counts = new Map<string, number>();
    for (const { id, agentId, endedAt } of [...commands.values()].toReversed()) {
      if (endedAt === undefined) continue;
      const count = (counts.get(agentId) ?? 0) + 1;
      counts.set(agentId, count);
      if (count > maxEnded || clock() - endedAt > retentionMs) commands.delete(id);
    }
  };
  const listFor = ({ agentId, credential }: Owner): readonly BackgroundCommand[] => {
    removeExpired();
    return [...commands.values()].filter((one) => one.agentId === agentId && one.credential === credential);
  };
  const hasCapacity = (agentId: string): boolean => countRunning(agentId) < maxRunning;

  return {
    hasCapacity,
    add({ agentId, credential }, text, command) {
      removeExpired();
      if (!hasCapacity(agentId)) return undefined;
      const id = newId("exec_");
      const one: BackgroundCommand = {
        id,
        text,
        agentId,
        credential,
        command,
        endedAt: undefined,
        polledBytes: 0,
      };
      commands.set(id, one);
      void command.ended.then(() => (one.endedAt = clock()));
      return one;
    },
    list: listFor,
    find: (owner, id) => listFor(owner).find((one) => one.id === id),
    remove: ({ id }) => void commands.delete(id),
    stopCommandsOf(credential) {
      for (const one of commands.values()) if (one.credential === credential) one.command.stop("aborted");
    },
  };
}
