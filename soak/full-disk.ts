/** A disk that fills up under the state folder: no provider is asked for what could not be kept, and it heals by itself. */
import { mountDisk } from "./disk.ts";
import { createGateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { question } from "./question.ts";
import { historyOf, say } from "./talk.ts";

export interface FullDiskReport {
  readonly refused: number;
  /** What was answered otherwise than it should have been. */
  readonly faults: readonly string[];
  /** Questions that reached the provider while the disk was full. */
  readonly paid: number;
}

/** Undefined where no disk can be mounted. */
export async function fullDisk(rounds: number): Promise<FullDiskReport | undefined> {
  const disk = mountDisk();
  if (disk === undefined) return undefined;
  try {
    await using provider = await startProvider();
    await using gateway = await createGateway({ provider, stateDir: disk.folder });
    await gateway.start();
    const faults: string[] = [];
    const kept: string[] = [];
    let refused = 0;
    const ask = (name: string) => say(gateway.url, { session: "disk", text: question(name) });
    const keep = async (name: string): Promise<void> => {
      const { status, text } = await ask(name);
      if (status === 200) kept.push(name);
      else faults.push(`${status} ${text} with a disk that is not full`);
    };
    for (let round = 0; round < rounds; round += 1) {
      await keep(`room/${round}`);
      disk.fill();
      for (let times = 0; times < 5; times += 1) {
        const { status, text } = await ask(`full/${round}-${times}`);
        if (status === 503 && text === "storage_unavailable") refused += 1;
        else faults.push(`${status} ${text} with a full disk`);
      }
      disk.empty();
      await keep(`healed/${round}`);
    }
    await gateway.end("SIGKILL");
    await gateway.start();
    const history = await historyOf(gateway.url, "disk");
    const asked = history.flatMap(({ role, content: [part] }) =>
      role === "user" && part?.type === "text" ? [part.text] : [],
    );
    if (asked.join() !== kept.join()) faults.push(`the history is ${asked.join()}, not ${kept.join()}`);
    return { refused, faults, paid: (await provider.calls("full")).length };
  } finally {
    disk.unmount();
  }
}
