/** A disk of its own that a test can fill, where the system lets one be mounted. */
import { onTestFinished } from "vitest";
import { mountDisk, type Disk } from "../../../soak/disk.ts";

const probe = mountDisk();
probe?.unmount();

export const canMount: boolean = probe !== undefined;

if (!canMount) console.warn("A full disk is not tested: no tmpfs can be mounted here (on Linux, as root).");

/** Unmounted when the test has finished. */
export function mountSmallDisk(): Disk {
  const disk = mountDisk();
  if (disk === undefined) throw new Error("the disk could not be mounted");
  onTestFinished(disk.unmount);
  return disk;
}
