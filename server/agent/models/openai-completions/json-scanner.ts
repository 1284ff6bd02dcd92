/** Says whether text that arrives in fragments is a complete JSON object or array, without keeping or parsing it. */

export interface JsonScanner {
  push(fragment: string): void;
  /** Whether the text so far is complete, apart from white space. */
  readonly isComplete: () => boolean;
}

export function createJsonScanner(): JsonScanner {
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  let isComplete = false;
  return {
    push(fragment) {
      for (let i = 0; i < fragment.length; i++) {
        const character = fragment[i];
        if (isEscaped) isEscaped = false;
        else if (isInString) {
          if (character === "\\") isEscaped = true;
          else if (character === '"') isInString = false;
        } else if (character === '"') isInString = true;
        else if (character === "{" || character === "[") depth++;
        else if (character === "}" || character === "]") depth--;
        else continue;
        isComplete = depth === 0 && (character === "}" || character === "]") && !isInString;
      }
    },
    isComplete: () => isComplete,
  };
}
