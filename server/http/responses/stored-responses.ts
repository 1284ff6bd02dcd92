/** Stored responses: retrieve, stream again, cancel, delete, list the input. */
import { itemPage, type listInputItems } from "../../../contracts/http/responses/input-items.ts";
import type { ListedItem } from "../../../contracts/http/responses/items.ts";
import type { Response } from "../../../contracts/http/responses/response.ts";
import type {
  cancelResponse,
  deleteResponse,
  retrieveResponse,
} from "../../../contracts/http/responses/stored.ts";
import type { ResponseResult, ResponseStore, StoredResponse } from "../../agent/sessions/responses.ts";
import { GatewayError } from "../../lib/errors.ts";
import { yieldAfterLongText } from "../../lib/yield-after-long-text.ts";
import type { Handler } from "../handler.ts";
import { createFailureEvents } from "../../dialects/responses/terminal-state.ts";
import { createRunAbortedError } from "../../lib/abort.ts";
import { isOpen, toResponse } from "../../dialects/responses/stored-response.ts";
import {
  createRebuiltEventStream,
  createStoredEventStream,
} from "../../dialects/responses/stored-event-stream.ts";

interface StoredResponsesDeps {
  readonly store: Pick<ResponseStore, "get" | "input" | "follow" | "finish" | "remove">;
  /** Aborts the run of a response. Returns false when this process has no such run. */
  readonly abort: (id: string) => Promise<boolean>;
}

interface StoredResponsesHandlers {
  readonly retrieveResponse: Handler<typeof retrieveResponse>;
  readonly deleteResponse: Handler<typeof deleteResponse>;
  readonly cancelResponse: Handler<typeof cancelResponse>;
  readonly listInputItems: Handler<typeof listInputItems>;
}

export function createStoredResponsesHandlers({
  store,
  abort,
}: StoredResponsesDeps): StoredResponsesHandlers {
  const getStored = async (id: string, viewer: string): Promise<StoredResponse> => {
    const found = await store.get(id, viewer);
    if (found === undefined) throw createResponseNotFoundError(id);
    return found;
  };

  return {
    async retrieveResponse({ params: { response_id: id }, query, credential, signal }) {
      const found = await getStored(id, credential.name);
      if (query.stream !== "true") return { reply: toResponse(found) };
      const from = query.starting_after === undefined ? 0 : query.starting_after + 1;
      // Older gateways stored the events of every response.
      const createStream = hasStoredEvents(found) ? createStoredEventStream : createRebuiltEventStream;
      return createStream(store, { id, viewer: credential.name }, from, signal);
    },

    async deleteResponse({ params: { response_id: id }, credential }) {
      await getStored(id, credential.name);
      void abort(id);
      if (!(await store.remove(id, credential.name))) throw createResponseNotFoundError(id);
      return { reply: { id, object: "response", deleted: true } };
    },

    async cancelResponse({ params: { response_id: id }, credential, signal }) {
      const found = await getStored(id, credential.name);
      if (!isOpen(found)) return { reply: toResponse(found) };
      if (!found.background) throw createNotInBackgroundError(id);
      if (await abort(id)) await waitForEnd(id, signal);
      else await store.finish(id, createCancellation(found));
      return { reply: toResponse(await getStored(id, credential.name)) };
    },

    async listInputItems({ params: { response_id: id }, query, credential }) {
      const stored = await store.input(id, credential.name);
      if (stored === undefined) throw createResponseNotFoundError(id);
      await yieldAfterLongText(stored);
      const items = JSON.parse(stored) as ListedItem[];
      if (query.order !== "asc") items.reverse();
      const from = query.after === undefined ? 0 : indexAfter(items, query.after);
      const data = items.slice(from, from + (query.limit ?? itemPage.default));
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

  /** Resolves when the run has ended. */
  async function waitForEnd(id: string, signal: AbortSignal): Promise<void> {
    for await (const _event of store.follow(id, 0, signal));
  }
}

const hasStoredEvents = ({ background, events }: StoredResponse): boolean => background || events > 0;

/** Creates the end of a response without a run in this process: it had not started, or another process runs it. */
function createCancellation(stored: StoredResponse): ResponseResult {
  const response: Response = { ...toResponse(stored), status: "cancelled" };
  const events = createFailureEvents(createRunAbortedError(), response, stored.events);
  return {
    status: "cancelled",
    response: JSON.stringify(response),
    events: events.map((event) => JSON.stringify(event)),
  };
}

function indexAfter(items: readonly ListedItem[], id: string): number {
  const index = items.findIndex((item) => item.id === id);
  if (index >= 0) return index + 1;
  const name = JSON.stringify(id.slice(0, 100));
  throw new GatewayError("invalid_value", `after: the response has no input item ${name}`, {
    param: "after",
  });
}

function createResponseNotFoundError(id: string): GatewayError {
  const name = JSON.stringify(id.slice(0, 100));
  return new GatewayError("response_not_found", `There is no stored response ${name}.`, {
    param: "response_id",
  });
}

function createNotInBackgroundError(id: string): GatewayError {
  const name = JSON.stringify(id.slice(0, 100));
  return new GatewayError(
    "invalid_value",
    `response_id: ${name} is not a background response; close its connection to cancel it`,
    { param: "response_id" },
  );
}
