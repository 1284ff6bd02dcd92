/** What the machine says of a process and of a package: CPU time, memory, size on disk. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Linux counts the CPU time of a process in hundredths of a second. */
const microsecondsPerTick = 10_000;

/** User and system time of all threads so far, in microseconds; NaN where there is no `/proc`. */
export function cpuMicroseconds(pid: number): number {
  const stat = readProc(pid, "stat");
  // The second field is the program's name in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}

/** Resident memory in MB; NaN where there is no `/proc`. */
export function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, "status"))?.[1]) / 1_000;
}

function readProc(pid: number, file: string): string {
  const path = `/proc/${pid}/${file}`;
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** MB of the packages that the one in `folder` needs in production, each counted once, without itself. */
export function dependencyMegabytes(folder: string): number {
  const seen = new Set<string>();
  const visit = (from: string): void => {
    const manifest = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Manifest;
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      const found = findPackage(name, from);
      if (found === undefined || seen.has(found)) continue;
      seen.add(found);
      visit(found);
    }
  };
  visit(folder);
  return [...seen].reduce((sum, path) => sum + folderMegabytes(path), 0);
}

/** Where Node finds a package that is asked for in `from`; an optional one may be nowhere. */
function findPackage(name: string, from: string): string | undefined {
  const path = join(from, "node_modules", name);
  if (existsSync(path)) return path;
  return dirname(from) === from ? undefined : findPackage(name, dirname(from));
}

/** Packages within are counted by themselves. */
export function folderMegabytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.slice(folder.length).includes("/node_modules/"))
      bytes += lstatSync(path).size;
  }
  return bytes / 1_000_000;
}
