/** Measures CPU time and memory of a process, and the size of packages on disk. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * CPU time of all threads so far, in microseconds; NaN where there is no `/proc`. The scheduler counts it in nanoseconds, and
 * the ticks of `/proc/PID/stat` would be too coarse for a short window. The time of threads that have ended is not in it.
 */
export function readCpuMicroseconds(pid: number): number {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return Number.NaN;
  return readdirSync(folder).reduce((sum, thread) => {
    const [nanoseconds = ""] = readProc(pid, `task/${thread}/schedstat`).split(" ");
    return sum + Number(nanoseconds) / 1_000;
  }, 0);
}

/** Resident memory in MB; NaN where there is no `/proc`. */
export function readResidentMegabytes(pid: number): number {
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

/** Returns the MB of all production dependencies of the package in `folder`, each counted once. */
export function measureDependencyMegabytes(folder: string): number {
  const visited = new Set<string>();
  const visit = (from: string): void => {
    const manifest = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Manifest;
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      const packagePath = findPackage(name, from);
      if (packagePath === undefined || visited.has(packagePath)) continue;
      visited.add(packagePath);
      visit(packagePath);
    }
  };
  visit(folder);
  return [...visited].reduce((sum, path) => sum + measureFolderMegabytes(path), 0);
}

/** Finds a package as Node resolves it from the folder `from`. An optional package may be missing. */
function findPackage(name: string, from: string): string | undefined {
  const path = join(from, "node_modules", name);
  if (existsSync(path)) return path;
  return dirname(from) === from ? undefined : findPackage(name, dirname(from));
}

/** Returns the MB of a folder without its node_modules. */
export function measureFolderMegabytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.slice(folder.length).includes("/node_modules/"))
      bytes += lstatSync(path).size;
  }
  return bytes / 1_000_000;
}
