/** Records the questions of one session and which of them were acknowledged, and compares them with its history. */
import { createAnswer, createQuestion } from "./question.ts";
import { readMessageText, type Message } from "./talk.ts";

export interface LedgerTurn {
  readonly text: string;
  readonly answer: string;
  /** The roles of the messages that the complete turn leaves in the history. */
  readonly roles: readonly Message["role"][];
  acknowledged: boolean;
}

export interface Ledger {
  readonly session: string;
  readonly turns: readonly LedgerTurn[];
  /** Adds a question. Every third one makes the agent use a tool. */
  ask(wait: number): LedgerTurn;
  /** Returns what is lost, duplicated, out of order or unknown in the session's history. */
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
        text: createQuestion(name, { wait, ...(usesTool && { tool: 1 }) }),
        answer: createAnswer(name),
        roles: usesTool ? ["user", "assistant", "tool", "assistant"] : ["user", "assistant"],
        acknowledged: false,
      };
      turns.push(turn);
      return turn;
    },
    compare: (history) => compareHistory(session, turns, history),
  };
}

function compareHistory(
  session: string,
  turns: readonly LedgerTurn[],
  history: readonly Message[],
): readonly string[] {
  const faults: string[] = [];
  const positions = new Map(turns.map(({ text }, index) => [text, index]));
  const positionsFound = new Set<number>();
  let last = -1;
  for (const messages of groupByQuestion(history)) {
    const [firstMessage] = messages;
    const position = firstMessage && positions.get(readMessageText(firstMessage));
    const turn = position === undefined ? undefined : turns[position];
    if (position === undefined || turn === undefined) {
      faults.push(`${session}: unknown message ${JSON.stringify(firstMessage)?.slice(0, 200)}`);
      continue;
    }
    if (positionsFound.has(position)) faults.push(`${session}: doubled: ${turn.text}`);
    else if (position < last) faults.push(`${session}: out of order: ${turn.text}`);
    positionsFound.add(position);
    last = position;
    faults.push(...compareTurn(turn, messages).map((fault) => `${session}: ${fault}: ${turn.text}`));
  }
  const lost = turns.filter(({ acknowledged }, position) => acknowledged && !positionsFound.has(position));
  return [...faults, ...lost.map(({ text }) => `${session}: lost: ${text}`)];
}

/** A turn that was not acknowledged may be stored in part, from its beginning. */
function compareTurn(
  { roles, answer, acknowledged }: LedgerTurn,
  messages: readonly Message[],
): readonly string[] {
  const storedRoles = messages.map(({ role }) => role);
  const allowed = acknowledged ? roles : roles.slice(0, storedRoles.length);
  if (storedRoles.join() !== allowed.join()) return [`${allowed.join()} became ${storedRoles.join()}`];
  const finalMessage = messages[roles.length - 1];
  return finalMessage !== undefined && readMessageText(finalMessage) !== answer
    ? [`answered ${readMessageText(finalMessage).slice(0, 200)}`]
    : [];
}

/** Splits the history into turns. Each begins with a question. */
function groupByQuestion(history: readonly Message[]): readonly (readonly Message[])[] {
  const parts: Message[][] = [];
  for (const message of history) {
    const part = parts.at(-1);
    if (message.role === "user" || part === undefined) parts.push([message]);
    else part.push(message);
  }
  return parts;
}
