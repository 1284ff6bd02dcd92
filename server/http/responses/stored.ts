/** What becomes of a response that is kept: looked up, told again, cancelled, deleted, asked for its input. */
import type { listInputItems } from "../../../contracts/http/responses/input-items.ts";
import type { ListedItem } from "../../../contracts/http/responses/items.ts";
import type { Response } from "../../../contracts/http/responses/response.ts";
import type {
  cancelResponse,
  deleteResponse,
  retrieveResponse,
} from "../../../contracts/http/responses/stored.ts";
import type { ResponseFinish, ResponseStore, StoredResponse } from "../../agent/sessions/responses.ts";
import { GatewayError } from "../../errors.ts";
import type { Handler } from "../handler.ts";
import { failureEvents, runAborted } from "./endings.ts";
import { storedStream } from "./stored-events.ts";

interface StoredParts {
  readonly store: Pick<ResponseStore, "get" | "input" | "follow" | "finish" | "remove">;
  /** Aborts the run of a response; false when there is none in this process. */
  readonly abort: (id: string) => boolean;
}

interface StoredHandlers {
  readonly retrieveResponse: Handler<typeof retrieveResponse>;
  readonly deleteResponse: Handler<typeof deleteResponse>;
  readonly cancelResponse: Handler<typeof cancelResponse>;
  readonly listInputItems: Handler<typeof listInputItems>;
}

const itemsOfAPage = 20;

export function createStoredHandlers({ store, abort }: StoredParts): StoredHandlers {
  const find = async (id: string, viewer: string): Promise<StoredResponse> => {
    const found = await store.get(id, viewer);
    if (found === undefined) throw noSuchResponse(id);
    return found;
  };

  return {
    async retrieveResponse({ params: { response_id: id }, query, credential, signal }) {
      const found = await find(id, credential.name);
      if (query.stream !== "true") return { reply: shown(found) };
      const from = query.starting_after === undefined ? 0 : query.starting_after + 1;
      return storedStream(store, { id, viewer: credential.name }, from, signal);
    },

    async deleteResponse({ params: { response_id: id }, credential }) {
      await find(id, credential.name);
      abort(id);
      if (!(await store.remove(id, credential.name))) throw noSuchResponse(id);
      return { reply: { id, object: "response", deleted: true } };
    },

    async cancelResponse({ params: { response_id: id }, credential, signal }) {
      const found = await find(id, credential.name);
      if (!isOpen(found)) return { reply: shown(found) };
      if (!found.background) throw notInBackground(id);
      if (abort(id)) await ended(id, signal);
      else await store.finish(id, cancellation(found));
      return { reply: shown(await find(id, credential.name)) };
    },

    async listInputItems({ params: { response_id: id }, query, credential }) {
      const stored = await store.input(id, credential.name);
      if (stored === undefined) throw noSuchResponse(id);
      const items = JSON.parse(stored) as ListedItem[];
      if (query.order !== "asc") items.reverse();
      const from = query.after === undefined ? 0 : placeAfter(items, query.after);
      const data = items.slice(from, from + (query.limit ?? itemsOfAPage));
      return {
        reply: {
          object: "list",
          data,
          first_id: data[0]?.id ?? null,
          last_id: data.at(-1)?.id ?? null,
          has_more: from + data.length < items.length,
        },
      };
    },
  };

  /** Its run has told its end. */
  async function ended(id: string, signal: AbortSignal): Promise<void> {
    for await (const _event of store.follow(id, 0, signal));
  }
}

const isOpen = ({ status }: StoredResponse): boolean => status === "queued" || status === "in_progress";

/** The document as it was written last; what happened since is in the status. */
function shown(stored: StoredResponse): Response {
  const response = JSON.parse(stored.response) as Response;
  if (stored.status !== "interrupted") return { ...response, status: stored.status };
  const message = "The gateway stopped before the response was complete.";
  return { ...response, status: "failed", error: { code: "server_error", message } };
}

/** The end of a response that no run is at work on: it had not begun, or was another process's. */
function cancellation(stored: StoredResponse): ResponseFinish {
  const response: Response = { ...shown(stored), status: "cancelled" };
  const events = failureEvents(runAborted(), response, stored.events);
  return {
    status: "cancelled",
    response: JSON.stringify(response),
    events: events.map((event) => JSON.stringify(event)),
  };
}

function placeAfter(items: readonly ListedItem[], id: string): number {
  const place = items.findIndex((item) => item.id === id);
  if (place >= 0) return place + 1;
  const name = JSON.stringify(id.slice(0, 100));
  throw new GatewayError("invalid_value", `after: the response has no input item ${name}`, {
    param: "after",
  });
}

function noSuchResponse(id: string): GatewayError {
  const name = JSON.stringify(id.slice(0, 100));
  return new GatewayError("response_not_found", `There is no stored response ${name}.`, {
    param: "response_id",
  });
}

function notInBackground(id: string): GatewayError {
  const name = JSON.stringify(id.slice(0, 100));
  return new GatewayError(
    "invalid_value",
    `response_id: ${name} is not in the background; whoever asked for it stops it by leaving`,
    { param: "response_id" },
  );
}
