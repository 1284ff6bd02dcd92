/** Sends a `Response` of the Fetch API: its status, its type and its body, which is read no faster than the client reads. */
import type { ServerResponse } from "node:http";
import { waitForDrain, type BackPressureLimits } from "../transport/back-pressure.ts";
import { streamHeaders } from "./event-stream.ts";

export async function sendResponse(
  res: ServerResponse,
  response: Response,
  headers: Readonly<Record<string, string>>,
  limits: BackPressureLimits,
): Promise<void> {
  const { status, body } = response;
  const type = response.headers.get("content-type");
  if (type?.startsWith("text/event-stream") === true && body !== null) {
    res.writeHead(status, { ...headers, ...streamHeaders });
    res.flushHeaders();
    for await (const chunk of body) {
      res.write(chunk);
      await waitForDrain(res, limits);
    }
    res.end();
    return;
  }
  const bytes = Buffer.from(await response.arrayBuffer());
  const typeHeader = bytes.length === 0 ? {} : { "content-type": "application/json; charset=utf-8" };
  res.writeHead(status, { ...headers, ...typeHeader, "content-length": bytes.length });
  res.end(bytes);
}
