/** Reads answers of a hostile provider on several connections, while others ask the same gateway for short answers. */
import { setTimeout as sleep } from "node:timers/promises";
import { readResidentMegabytes } from "../bench/measure.ts";
import { wireFormats } from "../test/support/providers/wire-formats.ts";
import { hostileCases, toAgentId, type HostileCaseName } from "./hostile-provider.ts";

export interface HostileReport {
  /** The largest growth of resident memory, in MB. */
  readonly addedMegabytes: number;
  /** Milliseconds of `GET /healthz`, which waits for nothing but the event loop. */
  readonly healthMs: readonly number[];
  readonly answers: number;
  /** Other outcomes than those that the cases have. */
  readonly faults: readonly string[];
}

interface HostileTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
}

const probeEveryMs = 50;
const warmUpAnswers = 200;
const names = Object.keys(hostileCases) as HostileCaseName[];

/** Sends each case in each wire format `repeats` times: whole, streamed, and streamed in a stored session. */
export async function loadHostileCases(
  { url, headers, pid }: HostileTarget,
  { repeats, connections }: { readonly repeats: number; readonly connections: number },
): Promise<HostileReport> {
  const faults: string[] = [];
  const ask = async (agent: string, options: { stream: boolean; session?: string }): Promise<string> => {
    const { stream, session } = options;
    const response = await fetch(new URL("/v1/chat/completions", url), {
      method: "POST",
      headers: { ...headers, ...(session !== undefined && { "x-openclaw-session-key": session }) },
      body: JSON.stringify({
        model: `openclaw/${agent}`,
        stream,
        messages: [{ role: "user", content: "hello" }],
      }),
    });
    return await readEnd(response);
  };
  const fine = toAgentId("openai-completions", "fine");
  for (let count = 0; count < warmUpAnswers; count += 1) await ask(fine, { stream: true });

  const tasks = wireFormats.flatMap(({ api }) =>
    names
      .filter(
        (name) =>
          hostileCases[name].outcome !== "slow" && (api === "openai-completions" || !name.startsWith("gzip")),
      )
      .flatMap((name) =>
        [{ stream: false }, { stream: true }, { stream: true, session: `${api}-${name}` }].map(
          (options) => async () => {
            const end = await ask(toAgentId(api, name), options);
            const isError = end.includes('"code":"upstream_protocol"');
            if (isError !== (hostileCases[name].outcome === "error"))
              faults.push(`${api} ${name} ${JSON.stringify(options)}: …${end.slice(-200)}`);
          },
        ),
      ),
  );
  const queue = Array.from({ length: repeats }, () => tasks).flat();
  const answers = queue.length;
  const before = readResidentMegabytes(pid);
  const state = { isDone: false, addedMegabytes: 0 };
  const work = async (): Promise<void> => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await task();
  };
  const load = Promise.all(Array.from({ length: connections }, work)).then(() => (state.isDone = true));
  const healthMs: number[] = [];
  while (!state.isDone) {
    const startedAt = performance.now();
    await (await fetch(new URL("/healthz", url))).arrayBuffer();
    healthMs.push(performance.now() - startedAt);
    state.addedMegabytes = Math.max(state.addedMegabytes, readResidentMegabytes(pid) - before);
    const text = await ask(fine, { stream: false });
    if (!text.includes("fine")) faults.push(`a short answer beside them: ${text}`);
    await Promise.race([load, sleep(probeEveryMs)]);
  }
  await load;
  return { addedMegabytes: state.addedMegabytes, healthMs, answers, faults };
}

/** Reads the body without keeping it, and returns its end. */
async function readEnd(response: Response): Promise<string> {
  let end = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? [])
    end = (end + decoder.decode(bytes as Uint8Array, { stream: true })).slice(-2_000);
  return end;
}
