/** Reads the conversation of a response: its own turns, after the turns of every response that it continues. */
import type { Kysely } from "kysely";
import type { ChainEntry } from "./responses.ts";
import type { Tables } from "./schema.ts";
import { readStoredTurn } from "./stored-turn.ts";

/** Uses one query for a chain of any length. The chain starts at a response that stores the whole context. */
export async function readChain(db: Kysely<Tables>, id: string): Promise<readonly ChainEntry[]> {
  const rows = await db
    .withRecursive("chain(id, previous_id, whole, back)", (cte) =>
      cte
        .selectFrom("responses")
        .select((eb) => ["id", "previous_id", "whole", eb.lit(0).as("back")])
        .where("id", "=", id)
        .unionAll(
          cte
            .selectFrom("chain")
            .innerJoin("responses", "responses.id", "chain.previous_id")
            .where("chain.whole", "=", 0)
            .select((eb) => [
              "responses.id",
              "responses.previous_id",
              "responses.whole",
              eb("chain.back", "+", 1).as("back"),
            ]),
        ),
    )
    .selectFrom("chain")
    .innerJoin("response_turns", "response_turns.response_id", "chain.id")
    .select("response_turns.payload")
    .orderBy("chain.back", "desc")
    .orderBy("response_turns.seq")
    .execute();
  // This store has written the JSON.
  return rows.map(({ payload }) => readStoredTurn(JSON.parse(payload) as ChainEntry));
}
