/** Backups of a running store: complete, consistent, readable by the owner only, and usable as a state folder. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { run } from "../support/clients/command-line.ts";
import {
  createChatBody,
  postChat,
  startTestGateway,
  createTemporaryFolder,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { createKey, callAsOperator, request } from "../support/gateway/keys.ts";
import { connectTestSocket } from "../support/sockets/socket.ts";

interface BackupResult {
  readonly path: string;
  readonly bytes: number;
}

const sendMessage = (gateway: Pick<TestGateway, "url">, key: string, text: string): Promise<Response> =>
  postChat(gateway.url, createChatBody(text), { headers: { "x-openclaw-session-key": key } });

/** Creates the environment of a command on the gateway's machine. */
const createEnv = ({ stateDir }: Pick<TestGateway, "stateDir">): NodeJS.ProcessEnv => ({
  OPENCLAW_STATE_DIR: stateDir,
  OPENCLAW_GATEWAY_TOKEN: token,
  HOME: createTemporaryFolder(),
});

const readMode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test("a gateway that starts on a backup has the conversations and the keys of that time", async () => {
  const gateway = await startTestGateway();
  await sendMessage(gateway, "trip", "My name is Ada.");
  const secret = await createKey(gateway, "ada");
  const { path, bytes } = await callAsOperator<BackupResult>(gateway, "sessions.backup");
  await sendMessage(gateway, "later", "hello");

  const folder = join(gateway.stateDir, "backups");
  expect(dirname(path)).toBe(folder);
  expect([statSync(path).size, readMode(path), readMode(folder)]).toEqual([bytes, "600", "700"]);
  expect(readdirSync(folder)).toHaveLength(1);

  const stateDir = createTemporaryFolder();
  copyFileSync(path, join(stateDir, "sessions.sqlite"));
  const restored = await startTestGateway({ stateDir });
  const { sessions } = (await (await request(restored, "/sessions")).json()) as {
    sessions: { sessionKey: string }[];
  };
  expect(sessions.map(({ sessionKey }) => sessionKey)).toEqual(["agent:main:trip"]);
  const answer = (await (await sendMessage(restored, "trip", "What is my name?")).json()) as {
    choices: [{ message: { content: string } }];
  };
  expect(answer.choices[0].message.content).toContain("Ada");
  expect((await request(restored, "/sessions", { secret })).status).toBe(200);
});

test("a backup during running conversations has no gaps", async () => {
  const gateway = await startTestGateway();
  const stopSending = new AbortController();
  const sendRepeatedly = async (key: string): Promise<void> => {
    for (let turn = 0; !stopSending.signal.aborted; turn += 1)
      expect((await sendMessage(gateway, key, `turn ${turn}`)).status).toBe(200);
  };
  const conversations = ["a", "b", "c"].map(sendRepeatedly);
  const backups: BackupResult[] = [];
  try {
    for (let round = 0; round < 20; round += 1)
      backups.push(await callAsOperator<BackupResult>(gateway, "sessions.backup"));
  } finally {
    stopSending.abort();
    await Promise.all(conversations);
  }
  expect(new Set(backups.map(({ path }) => path)).size).toBe(20);
  for (const { path } of backups) {
    const copy = new DatabaseSync(path, { readOnly: true });
    expect(copy.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
    const gaps = copy
      .prepare("select session_id from entries group by session_id having count(*) <> max(seq)")
      .all();
    expect(gaps).toEqual([]);
    copy.close();
  }
});

test("concurrent callers share one backup", async () => {
  const gateway = await startTestGateway();
  const socket = await connectTestSocket(gateway);
  const results = await Promise.all([1, 2, 3].map(() => socket.request<BackupResult>("sessions.backup")));
  expect(new Set(results.map(({ path }) => path)).size).toBe(1);
});

test("a caller cannot choose the path of the backup, and only an administrator can make one", async () => {
  const gateway = await startTestGateway();
  const socket = await connectTestSocket(gateway);
  for (const params of [{ path: "/tmp/x.db" }, { out: "x" }, { name: "../x" }]) {
    const { path } = await socket.request("sessions.backup", params);
    expect(dirname(String(path))).toBe(join(gateway.stateDir, "backups"));
  }
  const writer = await connectTestSocket(gateway, { scopes: ["operator.write"] });
  expect((await writer.call("sessions.backup")).error?.code).toBe("FORBIDDEN");
});

test("a folder that cannot be written to is an error that does not contain its path", async () => {
  const gateway = await startTestGateway();
  const blockingFile = join(gateway.stateDir, "backups");
  mkdirSync(dirname(blockingFile), { recursive: true });
  copyFileSync("/dev/null", blockingFile);
  const { error } = await (await connectTestSocket(gateway)).call("sessions.backup");
  expect(error?.details?.["code"]).toBe("storage_unavailable");
  expect(error?.message).not.toContain(gateway.stateDir);
});

test("the command prints the path of the backup, or moves the backup with --out", async () => {
  const gateway = await startGatewayProcess();
  await sendMessage(gateway, "trip", "hello");
  const env = createEnv(gateway);
  const folder = join(gateway.stateDir, "backups");
  const withoutFlags = await run(env, ["sessions", "backup"]);
  expect(withoutFlags).toMatchObject({ code: 0, out: join(folder, readdirSync(folder)[0] ?? ""), err: "" });

  const out = join(createTemporaryFolder(), "copy.db");
  const linkTarget = join(createTemporaryFolder(), "trap");
  writeFileSync(linkTarget, "not a backup");
  symlinkSync(linkTarget, `${out}.partial`);
  for (const _ of [1, 2]) {
    const moved = await run(env, ["sessions", "backup", "--out", out, "--json"]);
    expect(JSON.parse(moved.out)).toEqual({ ok: true, path: out, bytes: statSync(out).size });
  }
  expect([readdirSync(dirname(out)), readMode(out), readdirSync(folder).length]).toEqual([
    ["copy.db"],
    "600",
    1,
  ]);
  expect(readFileSync(linkTarget, "utf8")).toBe("not a backup");
  const copy = new DatabaseSync(out, { readOnly: true });
  expect(copy.prepare("select key from sessions").all()).toEqual([{ key: "agent:main:trip" }]);
  copy.close();

  const failedMove = await run(env, ["sessions", "backup", "--out", join(out, "x.db")]);
  expect(failedMove).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringMatching(/^The copy stays at /) as string,
  });
  const byUrl = { OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: token };
  expect(await run(byUrl, ["sessions", "backup", "--out", out])).toMatchObject({
    code: 2,
    err: expect.stringContaining("requires a gateway on this machine") as string,
  });
});

test("a backup is restored only while no gateway runs, and the store that was there is kept", async () => {
  const gateway = await startGatewayProcess();
  const env = createEnv(gateway);
  await sendMessage(gateway, "trip", "My name is Ada.");
  const { out: backup } = await run(env, ["sessions", "backup"]);
  await sendMessage(gateway, "later", "hello");

  const whileRunning = await run(env, ["sessions", "restore", backup]);
  expect(whileRunning.code).toBe(1);
  expect(whileRunning.err).toContain("is in use by the gateway at");
  await gateway.end("SIGTERM");

  const damaged = join(createTemporaryFolder(), "damaged.db");
  const bytes = readFileSync(backup);
  writeFileSync(damaged, bytes.fill(7, 4_096, 8_192));
  const otherDatabase = join(createTemporaryFolder(), "other.db");
  new DatabaseSync(otherDatabase).exec("create table t (a)");
  for (const [file, reason] of [
    [damaged, "is damaged or no database"],
    [otherDatabase, "is no store of this gateway"],
    [join(gateway.stateDir, "missing.db"), "There is no file"],
  ] as const) {
    const { code, err } = await run(env, ["sessions", "restore", file]);
    expect([file, code, err]).toEqual([file, 1, expect.stringContaining(reason)]);
  }

  const restored = await run(env, ["sessions", "restore", backup, "--json"]);
  const { path, replaced } = JSON.parse(restored.out) as { path: string; replaced: string };
  expect([path, readMode(path), existsSync(`${path}-wal`)]).toEqual([
    join(gateway.stateDir, "sessions.sqlite"),
    "600",
    false,
  ]);
  const readKeys = (file: string): readonly unknown[] =>
    new DatabaseSync(file, { readOnly: true }).prepare("select key from sessions order by key").all();
  expect(readKeys(replaced)).toEqual([{ key: "agent:main:later" }, { key: "agent:main:trip" }]);
  const next = await startGatewayProcess({ stateDir: gateway.stateDir });
  const { sessions } = (await (await request(next, "/sessions")).json()) as {
    sessions: { sessionKey: string }[];
  };
  expect(sessions.map(({ sessionKey }) => sessionKey)).toEqual(["agent:main:trip"]);

  await next.end("SIGTERM");
  writeFileSync(path, "no database ".repeat(1_000));
  const secondRestore = await run(env, ["sessions", "restore", backup, "--json"]);
  expect(readKeys(path)).toEqual([{ key: "agent:main:trip" }]);
  const { replaced: damagedStore } = JSON.parse(secondRestore.out) as { replaced: string };
  expect(readFileSync(damagedStore, "utf8")).toContain("no database");
});
