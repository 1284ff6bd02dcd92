/** Fills a store, copies it with a command that is killed on the way, and reads its rows. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { copiedTables } from "../../../server/agent/sessions/copy/tables.ts";
import { packageRoot } from "../../../server/lib/package.ts";
import { openTestStore } from "../runs/runs.ts";

/** Writes a store in the folder: `size` sessions with twenty entries each, and `size` rows in other tables. */
export async function fillStore(stateDir: string, size: number): Promise<void> {
  const path = join(stateDir, "sessions.sqlite");
  const store = await openTestStore(path);
  await store.close();
  const database = new DatabaseSync(path);
  const text = `'{"text":"Grüße 🎈 " || n || "' || hex(randomblob(200)) || '"}'`;
  const numbers = (count: number): string =>
    `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count})`;
  for (const [count, statement] of [
    [
      size,
      "insert into sessions (key, id, agent_id, credential, created_at, updated_at, fence) select 'agent:main:s' || n, 'ses_' || n, 'main', 'operator', n, n, 2 from numbers",
    ],
    [
      size * 20,
      `insert into entries (session_id, seq, run_id, at, kind, payload) select 'ses_' || (1 + n % ${size}), 1 + n / ${size}, 'run_' || n, n, 'turn', ${text} from numbers`,
    ],
    [
      size,
      `insert into responses (id, agent_id, credential, status, background, whole, turn_count, event_count, created_at, expires_at) select 'resp_' || n, 'main', 'operator', 'completed', 0, 1, 1, 0, n, 9000000000000 from numbers`,
    ],
    [size, `insert into response_documents select 'resp_' || n, 'response', ${text} from numbers`],
    [size, `insert into response_turns select 'resp_' || n, 1, ${text} from numbers`],
    // Rows that are equal in the order by which they are read.
    [
      size,
      "insert into usage (at, request_id, credential, agent_id, provider, model, outcome, duration_ms) select n / 7, 'req_' || (n % 3), 'operator', 'main', 'p', 'm', 'ok', 1 from numbers",
    ],
    [
      size,
      `insert into idempotency (id, fingerprint, status, body, expires_at) select 'key_' || n, 'f', 200, ${text}, 9000000000000 from numbers`,
    ],
  ] as const)
    database.exec(`${numbers(count)} ${statement}`);
  database.close();
}

/** Returns all rows that a copy has, in an order that depends on their contents alone. */
export function readStore(stateDir: string): readonly string[] {
  const database = new DatabaseSync(join(stateDir, "sessions.sqlite"), { readOnly: true });
  try {
    return copiedTables.flatMap(({ name }) =>
      database
        .prepare(`select * from ${name}`)
        .all()
        .map((row) => `${name} ${JSON.stringify(row)}`)
        .toSorted(),
    );
  } finally {
    database.close();
  }
}

export interface KilledCopy {
  readonly kills: number;
  /** Lines that the last process wrote. */
  readonly output: string;
}

/** The copy is complete already: the process was killed between its last step and its end. */
const donePattern = /is a complete copy of this store already|sessions\.sqlite exists/;

/**
 * Runs `openclaw store copy` again and again until it succeeds. `pickKill` gets the number of the attempt, and returns after
 * which line of the progress the process is killed, and how many milliseconds later, or undefined for an attempt without a kill.
 */
export async function copyUntilDone(
  args: readonly string[],
  pickKill: (attempt: number) => { readonly line: number; readonly afterMs: number } | undefined,
): Promise<KilledCopy> {
  for (let attempt = 0, kills = 0; ; attempt += 1) {
    const kill = pickKill(attempt);
    const child = spawn(process.execPath, [join(packageRoot, "cli/main.ts"), "store", "copy", ...args], {
      env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let lines = 0;
    let isKilled = false;
    const killIfDue = (chunk: Buffer): void => {
      output += chunk.toString();
      lines += chunk.toString().split("\n").length - 1;
      if (kill === undefined || lines < kill.line || isKilled) return;
      isKilled = true;
      setTimeout(() => child.kill("SIGKILL"), kill.afterMs);
    };
    child.stderr.on("data", killIfDue);
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    if (code === 0 || (kills > 0 && donePattern.test(output))) return { kills, output };
    if (code !== null) throw new Error(`store copy ended with ${code}: ${output}`);
    kills += 1;
  }
}
