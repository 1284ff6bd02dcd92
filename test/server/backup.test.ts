/** Backups of a running store: whole, of one moment, for the owner alone, and good to start from. */
import {
  copyFileSync,
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
import { run } from "../support/command-line.ts";
import {
  ask,
  postChat,
  startTestGateway,
  temporaryFolder,
  token,
  type TestGateway,
} from "../support/gateway.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { makeKey, manage, request } from "../support/keys.ts";
import { connect } from "../support/socket.ts";

interface Made {
  readonly path: string;
  readonly bytes: number;
}

const say = (gateway: Pick<TestGateway, "url">, key: string, words: string): Promise<Response> =>
  postChat(gateway.url, ask(words), { headers: { "x-openclaw-session-key": key } });

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test("a gateway that is started on a backup has the conversations and the keys of its moment", async () => {
  const gateway = await startTestGateway();
  await say(gateway, "trip", "My name is Ada.");
  const secret = await makeKey(gateway, "ada");
  const { path, bytes } = await manage<Made>(gateway, "sessions.backup");
  await say(gateway, "later", "hello");

  const folder = join(gateway.stateDir, "backups");
  expect(dirname(path)).toBe(folder);
  expect([statSync(path).size, mode(path), mode(folder)]).toEqual([bytes, "600", "700"]);
  expect(readdirSync(folder)).toHaveLength(1);

  const stateDir = temporaryFolder();
  copyFileSync(path, join(stateDir, "sessions.sqlite"));
  const restored = await startTestGateway({ stateDir });
  const { sessions } = (await (await request(restored, "/sessions")).json()) as {
    sessions: { sessionKey: string }[];
  };
  expect(sessions.map(({ sessionKey }) => sessionKey)).toEqual(["agent:main:trip"]);
  const answer = (await (await say(restored, "trip", "What is my name?")).json()) as {
    choices: [{ message: { content: string } }];
  };
  expect(answer.choices[0].message.content).toContain("Ada");
  expect((await request(restored, "/sessions", { secret })).status).toBe(200);
});

test("a backup that is made while conversations go on has whole ones", { timeout: 30_000 }, async () => {
  const gateway = await startTestGateway();
  const over = new AbortController();
  const talk = async (key: string): Promise<void> => {
    for (let turn = 0; !over.signal.aborted; turn += 1)
      expect((await say(gateway, key, `turn ${turn}`)).status).toBe(200);
  };
  const talking = ["a", "b", "c"].map(talk);
  const made: Made[] = [];
  try {
    for (let round = 0; round < 20; round += 1) made.push(await manage<Made>(gateway, "sessions.backup"));
  } finally {
    over.abort();
    await Promise.all(talking);
  }
  expect(new Set(made.map(({ path }) => path)).size).toBe(20);
  for (const { path } of made) {
    const copy = new DatabaseSync(path, { readOnly: true });
    expect(copy.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
    const gaps = copy
      .prepare("select session_id from entries group by session_id having count(*) <> max(seq)")
      .all();
    expect(gaps).toEqual([]);
    copy.close();
  }
});

test("those who ask while a backup is being made get that one", async () => {
  const gateway = await startTestGateway();
  const socket = await connect(gateway);
  const made = await Promise.all([1, 2, 3].map(() => socket.ask<Made>("sessions.backup")));
  expect(new Set(made.map(({ path }) => path)).size).toBe(1);
});

test("a caller has no say in where the backup goes, and only who keeps the gateway may ask", async () => {
  const gateway = await startTestGateway();
  const socket = await connect(gateway);
  for (const params of [{ path: "/tmp/x.db" }, { out: "x" }, { name: "../x" }]) {
    expect((await socket.call("sessions.backup", params)).error?.code).toBe("INVALID_REQUEST");
  }
  const writer = await connect(gateway, { scopes: ["operator.write"] });
  expect((await writer.call("sessions.backup")).error?.code).toBe("FORBIDDEN");
});

test("a folder that cannot be written to is told without its place, and nothing is left behind", async () => {
  const gateway = await startTestGateway();
  const inTheWay = join(gateway.stateDir, "backups");
  mkdirSync(dirname(inTheWay), { recursive: true });
  copyFileSync("/dev/null", inTheWay);
  const { error } = await (await connect(gateway)).call("sessions.backup");
  expect(error?.details?.["code"]).toBe("storage_unavailable");
  expect(error?.message).not.toContain(gateway.stateDir);
});

test(
  "the command prints where the backup is, or moves it to where it shall be",
  { timeout: 60_000 },
  async () => {
    const gateway = await startGatewayProcess();
    await say(gateway, "trip", "hello");
    const env = {
      OPENCLAW_STATE_DIR: gateway.stateDir,
      OPENCLAW_GATEWAY_TOKEN: token,
      HOME: temporaryFolder(),
    };
    const folder = join(gateway.stateDir, "backups");
    const kept = await run(env, ["sessions", "backup"]);
    expect(kept).toMatchObject({ code: 0, out: join(folder, readdirSync(folder)[0] ?? ""), err: "" });

    const out = join(temporaryFolder(), "copy.db");
    const trap = join(temporaryFolder(), "trap");
    writeFileSync(trap, "not a backup");
    symlinkSync(trap, `${out}.partial`);
    for (const _ of [1, 2]) {
      const moved = await run(env, ["sessions", "backup", "--out", out, "--json"]);
      expect(JSON.parse(moved.out)).toEqual({ ok: true, path: out, bytes: statSync(out).size });
    }
    expect([readdirSync(dirname(out)), mode(out), readdirSync(folder).length]).toEqual([
      ["copy.db"],
      "600",
      1,
    ]);
    expect(readFileSync(trap, "utf8")).toBe("not a backup");
    const copy = new DatabaseSync(out, { readOnly: true });
    expect(copy.prepare("select key from sessions").all()).toEqual([{ key: "agent:main:trip" }]);
    copy.close();

    const nowhere = await run(env, ["sessions", "backup", "--out", join(out, "x.db")]);
    expect(nowhere).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/^The copy stays at /) as string,
    });
    const elsewhere = { OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: token };
    expect(await run(elsewhere, ["sessions", "backup", "--out", out])).toMatchObject({
      code: 2,
      err: expect.stringContaining("may be on another machine") as string,
    });
  },
);
