/** Checks a database file in a process of its own: `quick-check.ts <URL of the file>`. Prints the problems as a JSON list. */
import { DatabaseSync } from "node:sqlite";

const maxProblems = 20;

const database = new DatabaseSync(new URL(process.argv[2] ?? ""), { readOnly: true });
// https://www.sqlite.org/pragma.html#pragma_quick_check
const rows = database.prepare(`PRAGMA quick_check(${maxProblems})`).all();
const problems = rows.map((row) => String(row["quick_check"])).filter((text) => text !== "ok");
process.stdout.write(JSON.stringify(problems));
