/** Commands that go on in the background, each for the agent and the credential that started it. */
import type { Clock, NewId } from "../types.ts";
import type { Command } from "./command.ts";

/** Whose commands: nobody else sees them. */
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
  /** Bytes of its output that have been polled. */
  polled: number;
}

export interface Background {
  /** May this agent have another one? */
  hasRoom(agentId: string): boolean;
  /** Undefined when there is no room. */
  add(owner: Owner, text: string, command: Command): BackgroundCommand | undefined;
  /** The oldest first. */
  list(owner: Owner): readonly BackgroundCommand[];
  find(owner: Owner, id: string): BackgroundCommand | undefined;
  remove(one: BackgroundCommand): void;
  /** Ends those of a credential. */
  endOf(credential: string): void;
}

/** Both of one agent, whatever the credential. */
export const maxRunning = 16;
const maxEnded = 16;
const keptMs = 30 * 60_000;

export function createBackground(clock: Clock, newId: NewId): Background {
  const all = new Map<string, BackgroundCommand>();

  const runningOf = (agentId: string): number =>
    [...all.values()].filter((one) => one.agentId === agentId && one.endedAt === undefined).length;

  /** Forgets what ended long ago, and of each agent all but the latest. */
  const tidy = (): void => {
    const counts = new Map<string, number>();
    for (const { id, agentId, endedAt } of [...all.values()].toReversed()) {
      if (endedAt === undefined) continue;
      const count = (counts.get(agentId) ?? 0) + 1;
      counts.set(agentId, count);
      if (count > maxEnded || clock() - endedAt > keptMs) all.delete(id);
    }
  };
  const listOf = ({ agentId, credential }: Owner): readonly BackgroundCommand[] => {
    tidy();
    return [...all.values()].filter((one) => one.agentId === agentId && one.credential === credential);
  };
  const hasRoom = (agentId: string): boolean => runningOf(agentId) < maxRunning;

  return {
    hasRoom,
    add({ agentId, credential }, text, command) {
      tidy();
      if (!hasRoom(agentId)) return undefined;
      const id = newId("exec_");
      const one: BackgroundCommand = {
        id,
        text,
        agentId,
        credential,
        command,
        endedAt: undefined,
        polled: 0,
      };
      all.set(id, one);
      void command.ended.then(() => (one.endedAt = clock()));
      return one;
    },
    list: listOf,
    find: (owner, id) => listOf(owner).find((one) => one.id === id),
    remove: ({ id }) => void all.delete(id),
    endOf(credential) {
      for (const one of all.values()) if (one.credential === credential) one.command.stop("aborted");
    },
  };
}
