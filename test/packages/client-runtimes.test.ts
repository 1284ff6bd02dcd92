/** The published client in other runtimes than Node: a whole reply, a stream, a page, an error and a socket. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { execute, packClient } from "../support/clients/npm-pack.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { quickstart } from "../support/gateway/quickstart.ts";

const installed = (name: string): string => join(packageRoot, ".runtimes/node_modules/.bin", name);

/** The command of each runtime. Its network permission is Deno's only one: the client must not need the environment. */
const runtimes = [
  ["Node", process.execPath, []],
  [
    "Deno",
    installed("deno"),
    ["run", "--no-prompt", "--allow-net", "--no-lock", "--node-modules-dir=manual"],
  ],
  ["Bun", installed("bun"), ["run"]],
] as const;

let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "gateway-runtimes-"));
  const folder = join(project, "node_modules/openclaw-gateway-client");
  await mkdir(folder, { recursive: true });
  const { tarball } = await packClient(project);
  await execute(project, "tar", "-xzf", tarball, "-C", folder, "--strip-components=1");
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module", dependencies: {} }));
});

afterAll(() => rm(project, { recursive: true, force: true }));

const program = `
  import { createClient, isGatewayError } from "openclaw-gateway-client";
  import { createChat } from "openclaw-gateway-client/chat";
  const options = { baseUrl: "GATEWAY", token: "TOKEN" };
  const client = createClient(options);
  const body = { model: "openclaw", messages: [{ role: "user", content: "repeat: one two" }] };
  const completion = await createChat(options).completions.create(body);
  console.log(completion.choices[0].message.content, completion._request_id.slice(0, 4));
  const stream = await client.chat.completions.create({ ...body, stream: true });
  console.log(await stream.text());
  for await (const { id } of client.models.list()) console.log(id);
  const error = await client.models.retrieve("openclaw:nobody").catch((error) => error);
  console.log(isGatewayError(error), error.code);
  const late = await client.chat.completions
    .create({ ...body, messages: [{ role: "user", content: "/stall" }] }, { timeout: 200 })
    .catch((error) => error);
  console.log(late.code);
  const socket = await client.connect();
  const { result } = await socket.run({ message: "repeat: three" }).result;
  console.log(result.meta.stopReason);
  socket.close();`;

for (const [name, command, args] of runtimes) {
  const isMissing = !existsSync(command);
  const reason = isMissing ? " (needs npm install --prefix .runtimes deno@2.9.6 bun@1.4.5)" : "";
  test.skipIf(isMissing)(`the client works in ${name}${reason}`, async () => {
    const { url } = await startTestGateway({ config: quickstart });
    await writeFile(join(project, "program.js"), program.replace("GATEWAY", url).replace("TOKEN", token));

    expect(await execute(project, command, ...args, "program.js")).toBe(
      "one two req_\none two\nopenclaw\nopenclaw:main\ntrue model_not_found\ntimeout\nstop\n",
    );
  });
}
