/** Names the tests that passed only on their second attempt, which CI allows them. Each is a race to find. */
import type { Reporter } from "vitest/node";

export function createFlakyReporter(): Reporter {
  const flaky: string[] = [];
  return {
    onTestCaseResult: (test) => {
      if (test.diagnostic()?.flaky === true) flaky.push(`${test.module.relativeModuleId} > ${test.fullName}`);
    },
    onTestRunEnd: () => {
      for (const name of flaky) console.log(`flaky  ${name} passed on its second attempt`);
    },
  };
}
