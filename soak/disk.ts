/** Mounts a small disk that can be filled. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Disk {
  readonly folder: string;
  fill(): void;
  empty(): void;
  unmount(): void;
}

/** Returns undefined where none can be mounted: it needs Linux and root. */
export function mountDisk(): Disk | undefined {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "openclaw", folder]).status === 0;
  const unmount = (): void => {
    if (mounted) spawnSync("umount", ["-l", folder]);
    rmdirSync(folder);
  };
  if (!mounted) {
    unmount();
    return undefined;
  }
  const filler = join(folder, "filler");
  return {
    folder,
    fill() {
      for (const size of [65_536, 4_096, 1]) {
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: "a" });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        }
      }
    },
    empty: () => rmSync(filler),
    unmount,
  };
}
