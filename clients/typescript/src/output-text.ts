/** The text of a response. */
import type { AgentResponse } from "./schemas.ts";

/** What the agent says in all its messages, joined: empty when it says nothing. */
export function outputText({ output }: AgentResponse): string {
  return output
    .flatMap((item) => (item.type === "message" ? item.content : []))
    .map((part) => (part.type === "output_text" ? part.text : ""))
    .join("");
}
