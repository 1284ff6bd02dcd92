/** Nodes whose connections go through PgBouncer in transaction mode, with fewer connections to the server than they have to it. */
import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:net";
import { expect, inject, onTestFinished, test } from "vitest";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { createTemporaryFolder, postChat } from "../support/gateway/gateway.ts";
import { createSharedConfig, startNodes } from "../support/postgres/nodes.ts";
import { findFreePort, hasProxy, proxyPath } from "../support/sockets/proxies.ts";

/** Starts PgBouncer with two connections to the server. Resolves to its address. */
async function startPooler(): Promise<string> {
  const server = new URL(inject("postgresUrl") ?? "");
  const port = await findFreePort();
  const folder = createTemporaryFolder();
  // It does not run as root, but as this user.
  chmodSync(folder, 0o755);
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${server.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`,
  );
  const user = process.getuid?.() === 0 ? ["-u", "postgres"] : [];
  const child = spawn("pgbouncer", [...user, file], { env: { ...process.env, PATH: proxyPath } });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  onTestFinished(() => void child.kill("SIGKILL"));
  await expect.poll(() => child.exitCode !== null || accepts(port)).toBe(true);
  if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${output}`);
  return `postgres://postgres@127.0.0.1:${port}${server.pathname}`;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

test.skipIf(!hasProxy("pgbouncer"))(
  "two nodes store turns in order and follow each other's responses through a pooler in transaction mode",
  async () => {
    const config = createSharedConfig();
    const store = config.session?.store;
    const pooled = {
      ...config,
      session: { store: { ...store, url: await startPooler(), listenUrl: inject("postgresUrl") ?? "" } },
    };
    const [first, second] = await startNodes(2, { config: pooled });
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const answer = await postChat(
          (index % 2 === 0 ? first : second).url,
          { model: "openclaw", messages: [{ role: "user", content: `question ${index}` }] },
          { headers: { "x-openclaw-session-key": `s${index % 6}` } },
        );
        await answer.text();
        return answer.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));

    const created = await createOpenAIClient(first).responses.create({
      model: "openclaw",
      input: "/slow 50ms\n/length 20",
      background: true,
    });
    const events: string[] = [];
    for await (const event of await createOpenAIClient(second).responses.retrieve(created.id, {
      stream: true,
    }))
      events.push(event.type);
    expect(events.at(-1)).toBe("response.completed");
  },
);
