/** GET /: the page for people. */
import { endpoint } from "../endpoint.ts";
import { DocumentRequestHeaders, Page, PageHeaders, unchanged } from "./docs.ts";

export const getPage = endpoint({
  id: "getPage",
  method: "get",
  path: "/",
  pathSetting: "gateway.controlUi.basePath",
  tag: "Page",
  summary: "The page for people",
  description:
    "People talk to agents on it, see what these do, and look after the gateway. It is one HTML file and loads nothing from other origins; it calls the WebSocket of the gateway. Sent to callers whose `Accept` names `text/html`, as browsers do; others get 404. `gateway.controlUi.basePath` moves it.",
  auth: "public",
  enabledBy: ["gateway.controlUi.enabled"],
  headers: DocumentRequestHeaders,
  responses: { 200: { description: "The page.", body: Page, type: "text/html" }, 304: unchanged },
  replyHeaders: PageHeaders,
  errors: [],
});
