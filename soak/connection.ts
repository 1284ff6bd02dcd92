/** A request on a connection of its own, for callers who do not read, and for those who leave. */
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { headers } from "./gateway.ts";

export interface Connection {
  /** Resolves when the headers of the answer have come. Nothing of it is read. */
  readonly answer: Promise<IncomingMessage>;
  /** Closes the connection. */
  leave(): void;
}

export function post(url: string, path: string, body: string): Connection {
  const sent = request(`${url}${path}`, { method: "POST", headers, agent: false });
  // Its end is what the scenario looks at.
  sent.on("error", () => {});
  sent.end(body);
  const answer = once(sent, "response").then(([response]) => {
    const answered = response as IncomingMessage;
    answered.on("error", () => {});
    return answered;
  });
  answer.catch(() => {});
  return { answer, leave: () => sent.destroy() };
}
