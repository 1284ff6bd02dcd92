/** Queries that Kysely builds once. Building one takes longer than SQLite needs to run it. */
import type { Compilable, CompiledQuery, Kysely, QueryResult } from "kysely";
import type { Tables } from "./schema.ts";

/** The placeholder of a value that each execution passes. */
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
  const compile = compileOnce((db) => build(db, (name) => new Parameter(name) as never));
  return (db, values) => {
    const compiled = compile(db);
    const parameters = compiled.parameters.map((value) =>
      value instanceof Parameter ? values[value.name as keyof Values] : value,
    );
    return db.executeQuery({ ...compiled, parameters });
  };
}

/** Numbers of rows in a statement. SQLite needs half the time for each row when a statement has many. */
const statementSizes = [32, 16, 8, 4, 2, 1];

/** Returns a function that inserts rows. `build` gets rows whose columns are in the order of `columns`. */
export function prepareInsert<Row extends object>(
  columns: readonly (keyof Row & string)[],
  build: (db: Kysely<Tables>, rows: readonly Row[]) => Compilable,
): (db: Kysely<Tables>, rows: readonly Row[]) => Promise<void> {
  const placeholder = Object.fromEntries(columns.map((column) => [column, new Parameter(column)])) as Row;
  const statements = statementSizes.map((size) => ({
    size,
    compile: compileOnce((db) => build(db, Array<Row>(size).fill(placeholder))),
  }));
  return async (db, rows) => {
    let start = 0;
    for (const { size, compile } of statements)
      while (rows.length - start >= size) {
        const slice = rows.slice(start, (start += size));
        const parameters = slice.flatMap((row) => columns.map((column) => row[column]));
        await db.executeQuery({ ...compile(db), parameters });
      }
  };
}

function compileOnce<Row>(
  build: (db: Kysely<Tables>) => Compilable<Row>,
): (db: Kysely<Tables>) => CompiledQuery<Row> {
  const compiledQueries = new WeakMap<object, CompiledQuery<Row>>();
  return (db) => {
    // The adapter is the same in all transactions of a database.
    const { adapter } = db.getExecutor();
    const known = compiledQueries.get(adapter);
    if (known !== undefined) return known;
    const compiled = build(db).compile();
    compiledQueries.set(adapter, compiled);
    return compiled;
  };
}
