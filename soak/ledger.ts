/** What one session was asked and what was acknowledged, kept outside of the gateway, and compared with its history. */
import { answerTo, question } from "./question.ts";
import { textOf, type Message } from "./talk.ts";

export interface LedgerTurn {
  readonly text: string;
  readonly answer: string;
  /** The messages that the whole turn leaves in the history. */
  readonly roles: readonly Message["role"][];
  acknowledged: boolean;
}

export interface Ledger {
  readonly session: string;
  readonly turns: readonly LedgerTurn[];
  /** A new question. Every third makes the agent use a tool. */
  ask(wait: number): LedgerTurn;
  /** What is lost, doubled, out of order or foreign in the session's history. */
  compare(history: readonly Message[]): readonly string[];
}

export function createLedger(session: string): Ledger {
  const turns: LedgerTurn[] = [];
  return {
    session,
    turns,
    ask(wait) {
      const name = `${session}/${turns.length}`;
      const usesTool = turns.length % 3 === 2;
      const turn: LedgerTurn = {
        text: question(name, { wait, ...(usesTool && { tool: 1 }) }),
        answer: answerTo(name),
        roles: usesTool ? ["user", "assistant", "tool", "assistant"] : ["user", "assistant"],
        acknowledged: false,
      };
      turns.push(turn);
      return turn;
    },
    compare: (history) => compare(session, turns, history),
  };
}

function compare(
  session: string,
  turns: readonly LedgerTurn[],
  history: readonly Message[],
): readonly string[] {
  const faults: string[] = [];
  const places = new Map(turns.map(({ text }, index) => [text, index]));
  const found = new Set<number>();
  let last = -1;
  for (const messages of byQuestion(history)) {
    const [asked] = messages;
    const place = asked && places.get(textOf(asked));
    const turn = place === undefined ? undefined : turns[place];
    if (place === undefined || turn === undefined) {
      faults.push(`${session}: nobody said ${JSON.stringify(asked)?.slice(0, 200)}`);
      continue;
    }
    if (found.has(place)) faults.push(`${session}: doubled: ${turn.text}`);
    else if (place < last) faults.push(`${session}: out of order: ${turn.text}`);
    found.add(place);
    last = place;
    faults.push(...compareTurn(turn, messages).map((fault) => `${session}: ${fault}: ${turn.text}`));
  }
  const lost = turns.filter(({ acknowledged }, place) => acknowledged && !found.has(place));
  return [...faults, ...lost.map(({ text }) => `${session}: lost: ${text}`)];
}

/** Of what was not acknowledged any part may be there, from its beginning. */
function compareTurn(
  { roles, answer, acknowledged }: LedgerTurn,
  messages: readonly Message[],
): readonly string[] {
  const there = messages.map(({ role }) => role);
  const allowed = acknowledged ? roles : roles.slice(0, there.length);
  if (there.join() !== allowed.join()) return [`${allowed.join()} became ${there.join()}`];
  const final = messages[roles.length - 1];
  return final !== undefined && textOf(final) !== answer ? [`answered ${textOf(final).slice(0, 200)}`] : [];
}

/** The history in parts that each begin with a question. */
function byQuestion(history: readonly Message[]): readonly (readonly Message[])[] {
  const parts: Message[][] = [];
  for (const message of history) {
    const part = parts.at(-1);
    if (message.role === "user" || part === undefined) parts.push([message]);
    else part.push(message);
  }
  return parts;
}
