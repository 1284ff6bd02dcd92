/** Queries that Kysely builds once. Building one takes longer than SQLite needs to run it. */
import type { Compilable, CompiledQuery, Kysely, QueryResult } from "kysely";
import type { Tables } from "./schema.ts";

/** Stands for a value that is given with each execution. */
class Parameter {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Returns the placeholder of a value, with the type of the value. */
export type GetParameter<Values> = <Name extends keyof Values & string>(name: Name) => Values[Name];

/** Runs the query with these values. It is built once for each database. */
export type PreparedQuery<Values, Row> = (db: Kysely<Tables>, values: Values) => Promise<QueryResult<Row>>;

export function prepareQuery<Values extends object, Row = unknown>(
  build: (db: Kysely<Tables>, parameter: GetParameter<Values>) => Compilable<Row>,
): PreparedQuery<Values, Row> {
  const compiledQueries = new WeakMap<object, CompiledQuery<Row>>();
  return (db, values) => {
    // The adapter is the same in all transactions of a database.
    const { adapter } = db.getExecutor();
    let compiled = compiledQueries.get(adapter);
    if (compiled === undefined) {
      compiled = build(db, (name) => new Parameter(name) as never).compile();
      compiledQueries.set(adapter, compiled);
    }
    const parameters = compiled.parameters.map((value) =>
      value instanceof Parameter ? values[value.name as keyof Values] : value,
    );
    return db.executeQuery({ ...compiled, parameters });
  };
}
