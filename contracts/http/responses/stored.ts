/** GET and DELETE /v1/responses/{response_id}, POST …/cancel: stored responses. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { limits, queryInteger, shortText } from "../../limits.ts";
import { runErrors } from "../../run-errors.ts";
import { ResponseEvent } from "./events.ts";
import { storedResponseLinks } from "../links.ts";
import { Response } from "./response.ts";

export const responseParams = z.object({
  response_id: shortText().describe(
    "Id of the response. A response that does not exist, has expired, was not stored or belongs to another credential is 404 `response_not_found`.",
  ),
});

export const retrieveResponse = endpoint({
  id: "retrieveResponse",
  method: "get",
  path: "/v1/responses/{response_id}",
  tag: "Responses",
  summary: "Retrieve a response",
  description:
    "Returns the current state of a stored response. With `stream=true` the events of a background response are sent again from the first one, with the same sequence numbers, and new events follow. The events of another response are not stored: when it has ended they are built from it, with one delta for each part and sequence numbers of their own, which never change. The stream of a failed response ends with the error of its run, which has a code of `createResponse`. Other query parameters are accepted and ignored.",
  auth: "follow",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  params: responseParams,
  query: z.object({
    stream: z.enum(["true", "false"]).optional().describe("Return its events. Default: false."),
    starting_after: z
      .preprocess(
        (text) => (text === "" ? undefined : text),
        queryInteger(z.int().min(0).max(limits.count)).optional(),
      )
      .describe(
        "With `stream`: only events with a greater `sequence_number`, to resume the broken stream of a background response. Beyond the last event of a response that has ended well, the stream has only `[DONE]`.",
      ),
  }),
  responses: { 200: Response },
  links: storedResponseLinks,
  events: ResponseEvent,
  eventNames: "type",
  sentinel: "[DONE]",
  errors: ["response_not_found", "storage_unavailable"],
  eventErrors: runErrors,
});

export const deleteResponse = endpoint({
  id: "deleteResponse",
  method: "delete",
  path: "/v1/responses/{response_id}",
  tag: "Responses",
  summary: "Delete a response",
  description:
    "Deletes a stored response and its events; a response in progress is cancelled first. Responses that continue it keep its conversation.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  params: responseParams,
  responses: {
    200: z
      .object({
        id: shortText().describe("Id of the response."),
        object: z.literal("response").describe("Always `response`."),
        deleted: z.literal(true).describe("Always true."),
      })
      .meta({ id: "ResponseDeleted", description: "The response is deleted." }),
  },
  errors: ["response_not_found", "storage_unavailable"],
});

export const cancelResponse = endpoint({
  id: "cancelResponse",
  method: "post",
  path: "/v1/responses/{response_id}/cancel",
  tag: "Responses",
  summary: "Cancel a background response",
  description:
    "Stops a response of a request with `background: true` and returns it as `cancelled`. A response that has ended is returned unchanged. One that is not in the background is 400 `invalid_value`: close its connection instead.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  params: responseParams,
  responses: { 200: Response },
  errors: ["response_not_found", "storage_unavailable"],
});
