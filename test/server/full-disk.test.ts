/** Requests to a gateway whose disk is full. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import type { Turn } from "../../server/agent/types.ts";
import { createChatBody, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { mountDisk, type Disk } from "../../soak/disk.ts";

const probe = mountDisk();
probe?.unmount();
const canMount = probe !== undefined;
if (!canMount) console.warn("A full disk is not tested: no tmpfs can be mounted here (on Linux, as root).");

/** The disk is unmounted when the test finishes. */
function mountSmallDisk(): Disk {
  const disk = mountDisk();
  if (disk === undefined) throw new Error("the disk could not be mounted");
  onTestFinished(disk.unmount);
  return disk;
}

const session = { "x-openclaw-session-key": "trip" };
const getTextOrRole = (turn: Turn): string =>
  turn.role === "user"
    ? turn.content.map((part) => (part.type === "text" ? part.text : "")).join("")
    : turn.role;

test.skipIf(!canMount)(
  "on a full disk no model is called, the caller can retry, and the gateway recovers by itself",
  async () => {
    const disk = mountSmallDisk();
    const { model, modelCalls } = createModelSequence([says("hi")]);
    const gateway = await startTestGateway({ stateDir: disk.folder, model });
    const sendMessage = (content: string, headers: Record<string, string> = session): Promise<Response> =>
      postChat(gateway.url, createChatBody(content), { headers });
    expect((await sendMessage("one")).status).toBe(200);

    disk.fill();
    for (let i = 0; i < 3; i++) {
      const rejected = await sendMessage("two");
      expect([rejected.status, rejected.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await rejected.json()).toMatchObject({ error: { code: "storage_unavailable" } });
    }
    expect(modelCalls).toHaveLength(1);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect((await sendMessage("what is not stored", {})).status).toBe(200);

    disk.empty();
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect((await sendMessage("three")).status).toBe(200);
    await gateway.stop();

    const restarted = await startTestGateway({ stateDir: disk.folder, model });
    expect((await postChat(restarted.url, createChatBody("four"), { headers: session })).status).toBe(200);
    expect(modelCalls.at(-1)?.turns.map(getTextOrRole)).toEqual([
      "one",
      "assistant",
      "three",
      "assistant",
      "four",
    ]);
  },
);

test.skipIf(!canMount)("on a full disk an upload is 503, and nothing of it is stored", async () => {
  const disk = mountSmallDisk();
  const config = { gateway: { http: { endpoints: { responses: { enabled: true } } } } };
  const gateway = await startTestGateway({ stateDir: disk.folder, config });
  const upload = (bytes: number): Promise<Response> => {
    const form = new FormData();
    form.set("purpose", "user_data");
    form.set("file", new Blob([Buffer.alloc(bytes, 7)]), "a.bin");
    const headers = { authorization: `Bearer ${token}` };
    return fetch(`${gateway.url}/v1/files`, { method: "POST", headers, body: form });
  };
  const listContents = (): readonly string[] =>
    readdirSync(join(disk.folder, "files"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  expect((await upload(1_000)).status).toBe(200);
  const contents = listContents();

  // It does not fit, although the disk has room when it begins.
  const rejected = await upload(5_000_000);
  expect([rejected.status, rejected.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await rejected.json()).toMatchObject({ error: { code: "storage_unavailable" } });
  expect(listContents()).toEqual(contents);
  disk.fill();
  expect((await upload(1_000)).status).toBe(503);
  expect(listContents()).toEqual(contents);

  disk.empty();
  await expect.poll(async () => (await upload(2_000)).status).toBe(200);
  const list = await fetch(`${gateway.url}/v1/files`, { headers: { authorization: `Bearer ${token}` } });
  expect(
    ((await list.json()) as { data: readonly { bytes: number }[] }).data.map(({ bytes }) => bytes),
  ).toEqual([2_000, 1_000]);
  expect(listContents()).toHaveLength(2);
});
