/** What a connection may do. The gateway decides; the page only leaves out what would be rejected. */

/** Each scope of an operator includes the ones before it. */
const operatorScopes = ["operator.read", "operator.write", "operator.admin"];

export const allScopes: readonly string[] = [...operatorScopes, "operator.config", "run", "tools", "metrics"];

/** Whether one of the needed scopes is granted. */
export function hasScope(granted: readonly string[], ...needed: readonly string[]): boolean {
  return needed.some((scope) =>
    granted.some(
      (each) =>
        each === scope ||
        (operatorScopes.includes(scope) && operatorScopes.indexOf(each) > operatorScopes.indexOf(scope)),
    ),
  );
}
