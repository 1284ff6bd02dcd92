/** Watches files that may not exist, may be replaced, and may be links into folders that are swapped. */
import { watch } from "chokidar";

export interface FileWatcher {
  /** Replaces the watched files. */
  setFiles(files: readonly string[]): void;
  close(): Promise<void>;
}

/**
 * Only polling notices a swapped link, as Kubernetes uses it for its volumes, and changes in folders that are shared with
 * another machine. For some ten files it costs next to nothing.
 */
const pollIntervalMs = 250;
/** An editor may write a file in several steps. */
const settleMs = 200;

/** Calls `onChange` once for changes that come together. */
export function createFileWatcher(onChange: () => void): FileWatcher {
  const watched = new Set<string>();
  // A file that is found counts as a change: it may have been edited after it was read and before it was watched.
  const watcher = watch([], { usePolling: true, interval: pollIntervalMs });
  let timer: NodeJS.Timeout | undefined;
  watcher.on("all", (event, path) => {
    // A removed file is not watched any more, and it may come back.
    if (event === "unlink") watcher.unwatch(path).add(path);
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, settleMs).unref();
  });
  // The next change of the file is tried again.
  watcher.on("error", () => {});
  return {
    setFiles(files) {
      for (const file of watched) {
        if (files.includes(file)) continue;
        watcher.unwatch(file);
        watched.delete(file);
      }
      for (const file of files) {
        if (watched.has(file)) continue;
        watcher.add(file);
        watched.add(file);
      }
    },
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
