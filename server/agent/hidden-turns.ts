/**
 * What an ephemeral run did before it handed a call to its client: the agent's own calls and their results.
 * The client sends back what it saw of them; with this the run goes on with everything it knew.
 */
import { createHash } from "node:crypto";
import type { Clock, Run, Turn } from "./types.ts";

export interface HiddenTurns {
  /** Keeps the turns that a run has made, when it ends with calls for its client. */
  keep(run: Run, made: readonly Turn[]): void;
  /** The conversation as sent, with what its client could not see put back in its place. */
  restore(run: Run): { readonly turns: readonly Turn[]; readonly params: readonly string[] };
}

interface Kept {
  readonly turns: readonly Turn[];
  readonly characters: number;
  readonly until: number;
}

const keptMs = 3_600_000;
const maxCharacters = 32 * 1024 * 1024;

/** In memory, for an hour, the newest first of what fits: a stored session needs none of it. */
export function createHiddenTurns(clock: Clock): HiddenTurns {
  /** By the place of the last call that the client was given; oldest first. */
  const byPlace = new Map<string, Kept>();
  let characters = 0;

  const drop = (place: string): void => {
    characters -= byPlace.get(place)?.characters ?? 0;
    byPlace.delete(place);
  };
  const find = (place: string): readonly Turn[] | undefined => {
    const kept = byPlace.get(place);
    return kept === undefined || kept.until <= clock() ? undefined : kept.turns;
  };

  return {
    keep(run, made) {
      const id = lastCallId(made, run);
      if (id === undefined || !made.some(isOwnResult)) return;
      const trail = createTrail(run);
      for (const turn of run.turns) trail.pass(turn);
      const place = trail.placeOf(id);
      const size = JSON.stringify(made).length;
      drop(place);
      byPlace.set(place, { turns: made, characters: size, until: clock() + keptMs });
      characters += size;
      for (const [each, kept] of byPlace) {
        if (characters <= maxCharacters && kept.until > clock()) break;
        drop(each);
      }
    },
    restore(run) {
      const params = run.turns.map((_, index) => run.turnParams[index] ?? run.turnsParam);
      // A chain of responses has kept everything itself.
      const whole = byPlace.size === 0 || !run.turns.some(hasCalls) || run.turns.some(isOwnResult);
      if (whole) return { turns: run.turns, params };
      const trail = createTrail(run);
      const restored = run.turns.map((turn, index) => {
        const id = turn.role === "assistant" ? turn.calls.at(-1)?.id : undefined;
        const hidden = id === undefined ? undefined : find(trail.placeOf(id));
        trail.pass(turn);
        return (hidden ?? [turn]).map((each) => ({ turn: each, param: params[index] ?? run.turnsParam }));
      });
      const all = restored.flat();
      return { turns: all.map(({ turn }) => turn), params: all.map(({ param }) => param) };
    },
  };
}

/** Goes along a conversation as it was sent. Models count their calls anew in each: an id alone is no place. */
function createTrail({ credential, agent, instructions }: Run): {
  readonly pass: (turn: Turn) => void;
  readonly placeOf: (callId: string) => string;
} {
  const trail = createHash("sha256").update(JSON.stringify([credential, agent.id, instructions]));
  return {
    pass: (turn) => void trail.update(JSON.stringify(turn)),
    placeOf: (callId) => trail.copy().update(callId).digest("base64url"),
  };
}

function hasCalls(turn: Turn): boolean {
  return turn.role === "assistant" && turn.calls.length > 0;
}

function lastCallId(made: readonly Turn[], run: Run): string | undefined {
  const names = new Set(run.tools.map(({ name }) => name));
  const last = made.findLast((turn) => turn.role === "assistant");
  return last?.calls.findLast(({ name }) => names.has(name))?.id;
}

function isOwnResult(turn: Turn): boolean {
  return turn.role === "tool" && turn.own === true;
}
