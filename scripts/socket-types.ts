/** Renders the TypeScript types of the gateway WebSocket: every schema, and maps from method and event names to their types. */
import openapiTS, { astToString } from "openapi-typescript";
import {
  describedEvents,
  describedMethods,
  getSchemaName,
  createSocketSchemas,
} from "../contracts/describe/socket-schemas.ts";

export async function renderSocketTypes(): Promise<string> {
  const document = {
    openapi: "3.1.0",
    info: { title: "The socket", version: "1" },
    paths: {},
    components: { schemas: createSocketSchemas() },
  };
  const types = astToString(
    await openapiTS(JSON.stringify(document), { defaultNonNullable: false, silent: true }),
  );
  const schemaType = (name: string): string => `components["schemas"]["${name}"]`;
  const methods = describedMethods.map(({ contract, params, result, accepted }) => {
    const acceptedType = accepted === undefined ? "" : ` accepted: ${schemaType(getSchemaName(accepted))};`;
    return `    "${contract.method}": { params: ${schemaType(getSchemaName(params))};${acceptedType} result: ${schemaType(getSchemaName(result))} };`;
  });
  const events = describedEvents.map(
    ({ event, payload }) => `    "${event}": ${schemaType(getSchemaName(payload))};`,
  );
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
