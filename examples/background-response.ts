/** A background response continues after its reader is killed; a second reader resumes it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createClient, type ResponseEvent } from "openclaw-gateway-client";

const { responses } = createClient({
  baseUrl: process.env["OPENCLAW_GATEWAY_URL"] ?? "http://127.0.0.1:18789",
  token: process.env["OPENCLAW_GATEWAY_TOKEN"] ?? readFileSync(".openclaw/gateway-token", "utf8").trim(),
});

if (process.argv[2] === "reader") await printEvents();
else await resumeAfterKill();

/** Creates a response and prints its events. */
async function printEvents(): Promise<void> {
  const input = "/slow 20ms\n/length 50";
  const stream = await responses.create({ model: "openclaw", input, background: true, stream: true });
  for await (const event of stream) console.log(JSON.stringify(event));
}

async function resumeAfterKill(): Promise<void> {
  const reader = spawn(process.execPath, [import.meta.filename, "reader"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const first: ResponseEvent[] = [];
  for await (const line of createInterface({ input: reader.stdout })) {
    first.push(JSON.parse(line) as ResponseEvent);
    if (first.length === 20) reader.kill("SIGKILL");
  }
  console.log(`The reader was killed after ${first.length} events.`);

  const created = first.find((event) => event.type === "response.created");
  assert.ok(created);
  const { id } = created.response;
  const startingAfter = first.at(-1)?.sequence_number;
  const rest = await Array.fromAsync(await responses.retrieve(id, { stream: true, startingAfter }));
  console.log(`A second reader resumed: ${rest.length} events.`);

  const all = await Array.fromAsync(await responses.retrieve(id, { stream: true }));
  assert.deepEqual([...first, ...rest], all);
  console.log(`Together they have all ${all.length} events.`);
}
