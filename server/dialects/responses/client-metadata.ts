/** The ids of a client's own that a request carries: the log has them, so that both logs can be read side by side. */
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { Log } from "../../lib/ports.ts";

const loggedKeys = ["session_id", "thread_id", "turn_id"] as const;

export function logClientMetadata(
  log: Log,
  requestId: string,
  { client_metadata: metadata }: Pick<ResponseRequest, "client_metadata">,
): void {
  const ids = loggedKeys.flatMap((key) => {
    const value = metadata?.[key];
    return typeof value === "string" ? [[key, value] as const] : [];
  });
  if (ids.length > 0) log.debug("client metadata", { requestId, ...Object.fromEntries(ids) });
}
