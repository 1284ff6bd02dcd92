/** Returns a function that returns the CPU time of this thread since then, in milliseconds. A busy machine does not add to it. */
export function startCpuTimer(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  };
}
