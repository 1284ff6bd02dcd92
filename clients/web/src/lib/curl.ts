/** Writes a message as a command line that does the same. The credential is the name of a variable, never its text. */

interface Request {
  readonly origin: string;
  readonly agentId: string | undefined;
  readonly sessionKey: string;
  readonly message: string;
}

export function toCurl({ origin, agentId, sessionKey, message }: Request): string {
  const body = JSON.stringify({
    model: agentId === undefined ? "openclaw" : `openclaw:${agentId}`,
    messages: [{ role: "user", content: message }],
    stream: true,
  });
  return [
    `curl -N ${origin}/v1/chat/completions`,
    `-H "Authorization: Bearer $OPENCLAW_GATEWAY_TOKEN"`,
    `-H "Content-Type: application/json"`,
    `-H ${quote(`x-openclaw-session-key: ${sessionKey}`)}`,
    `-H "x-openclaw-events: tools"`,
    `-d ${quote(body)}`,
  ].join(" \\\n  ");
}

/** Quotes any text as one word of a shell. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
