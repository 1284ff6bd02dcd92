/** TypeScript's types of the socket: every schema, and maps from the names of methods and events to theirs. */
import openapiTS, { astToString } from "openapi-typescript";
import {
  describedEvents,
  describedMethods,
  nameOf,
  socketSchemas,
} from "../contracts/describe/socket-schemas.ts";

export async function socketTypes(): Promise<string> {
  const document = {
    openapi: "3.1.0",
    info: { title: "The socket", version: "1" },
    paths: {},
    components: { schemas: socketSchemas() },
  };
  const types = astToString(
    await openapiTS(JSON.stringify(document), { defaultNonNullable: false, silent: true }),
  );
  const schema = (name: string): string => `components["schemas"]["${name}"]`;
  const methods = describedMethods.map(({ contract, params, result, accepted }) => {
    const first = accepted === undefined ? "" : ` accepted: ${schema(nameOf(accepted))};`;
    return `    "${contract.method}": { params: ${schema(nameOf(params))};${first} result: ${schema(nameOf(result))} };`;
  });
  const events = describedEvents.map(({ event, payload }) => `    "${event}": ${schema(nameOf(payload))};`);
  return [
    types.trimEnd(),
    "/** What each method takes and answers with. */",
    "export interface SocketMethods {",
    ...methods,
    "}",
    "/** What each event carries. */",
    "export interface SocketEvents {",
    ...events,
    "}",
    "",
  ].join("\n");
}
