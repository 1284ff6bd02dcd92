/** Fills the disk of the state folder: no provider is asked when nothing can be stored, and the gateway recovers by itself. */
import { mountDisk } from "./disk.ts";
import { createGateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { fetchHistory, say } from "./talk.ts";

export interface FullDiskReport {
  readonly rejected: number;
  /** Unexpected responses. */
  readonly faults: readonly string[];
  /** Calls that reached the provider while the disk was full. */
  readonly providerCalls: number;
}

/** Resolves to undefined where no disk can be mounted. */
export async function runFullDisk(rounds: number): Promise<FullDiskReport | undefined> {
  const disk = mountDisk();
  if (disk === undefined) return undefined;
  try {
    await using provider = await startProvider();
    await using gateway = await createGateway({ provider, stateDir: disk.folder });
    await gateway.start();
    const faults: string[] = [];
    const stored: string[] = [];
    let rejected = 0;
    const ask = (name: string) => say(gateway.url, { session: "disk", text: createQuestion(name) });
    const askAndExpectStored = async (name: string): Promise<void> => {
      const { status, text } = await ask(name);
      if (status === 200) stored.push(name);
      else faults.push(`${status} ${text} with a disk that is not full`);
    };
    for (let round = 0; round < rounds; round += 1) {
      await askAndExpectStored(`room/${round}`);
      disk.fill();
      for (let times = 0; times < 5; times += 1) {
        const { status, text } = await ask(`full/${round}-${times}`);
        if (status === 503 && text === "storage_unavailable") rejected += 1;
        else faults.push(`${status} ${text} with a full disk`);
      }
      disk.empty();
      await askAndExpectStored(`healed/${round}`);
    }
    await gateway.end("SIGKILL");
    await gateway.start();
    const history = await fetchHistory(gateway.url, "disk");
    const storedQuestions = history.flatMap(({ role, content: [part] }) =>
      role === "user" && part?.type === "text" ? [part.text] : [],
    );
    if (storedQuestions.join() !== stored.join())
      faults.push(`the history is ${storedQuestions.join()}, not ${stored.join()}`);
    return { rejected, faults, providerCalls: (await provider.calls("full")).length };
  } finally {
    disk.unmount();
  }
}
