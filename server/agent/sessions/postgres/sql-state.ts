/** Reads the states of PostgreSQL's errors. https://www.postgresql.org/docs/current/errcodes-appendix.html */
import { DatabaseError } from "pg";

/** Returns the SQLSTATE of an error of the server. Undefined for other errors, such as those of the network. */
export const getSqlState = (error: unknown): string | undefined =>
  error instanceof DatabaseError ? error.code : undefined;
