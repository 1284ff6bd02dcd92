/** Mounts a disk that a test can fill, where the system allows it. */
import { onTestFinished } from "vitest";
import { mountDisk, type Disk } from "../../../soak/disk.ts";

const probe = mountDisk();
probe?.unmount();

export const canMount: boolean = probe !== undefined;

if (!canMount) console.warn("A full disk is not tested: no tmpfs can be mounted here (on Linux, as root).");

/** The disk is unmounted when the test finishes. */
export function mountSmallDisk(): Disk {
  const disk = mountDisk();
  if (disk === undefined) throw new Error("the disk could not be mounted");
  onTestFinished(disk.unmount);
  return disk;
}
