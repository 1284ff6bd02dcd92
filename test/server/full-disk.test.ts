/** What callers see of a gateway whose disk is full. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import type { Turn } from "../../server/agent/types.ts";
import { ask, postChat, startTestGateway } from "../support/gateway.ts";
import { sequence } from "../support/scripted-model.ts";
import { canMount, smallDisk } from "../support/small-disk.ts";

const session = { "x-openclaw-session-key": "trip" };
const words = (turn: Turn): string =>
  turn.role === "user"
    ? turn.content.map((part) => (part.type === "text" ? part.text : "")).join("")
    : turn.role;

test.skipIf(!canMount)(
  "a full disk costs nothing: no model is asked, the caller may come back, and it heals by itself",
  async () => {
    const disk = smallDisk();
    const { model, seen } = sequence([says("hi")]);
    const gateway = await startTestGateway({ stateDir: disk.folder, model });
    const say = (content: string, headers: Record<string, string> = session): Promise<Response> =>
      postChat(gateway.url, ask(content), { headers });
    expect((await say("one")).status).toBe(200);

    disk.fill();
    for (let i = 0; i < 3; i++) {
      const refused = await say("two");
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await refused.json()).toMatchObject({ error: { code: "storage_unavailable" } });
    }
    expect(seen).toHaveLength(1);
    expect((await say("what is not stored", {})).status).toBe(200);

    disk.empty();
    expect((await say("three")).status).toBe(200);
    await gateway.stop();

    const again = await startTestGateway({ stateDir: disk.folder, model });
    expect((await postChat(again.url, ask("four"), { headers: session })).status).toBe(200);
    expect(seen.at(-1)?.turns.map(words)).toEqual(["one", "assistant", "three", "assistant", "four"]);
  },
);
